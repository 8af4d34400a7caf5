// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Genesis, ITrainingTask, Phase, SeatStatus, TaskConfig} from "./interfaces/ITrainingTask.sol";
import {Round, RoundClock} from "./libraries/RoundClock.sol";
import {Rules} from "./libraries/Rules.sol";
import {TaskRules} from "./libraries/TaskRules.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";

/// @title TrainingTask
/// @notice See ITrainingTask.
/// @dev Rounds and seats live in two sets of slots, for even and odd rounds, that are overwritten for ever: a steady
/// round writes no fresh slot but its one result. Before a seat is taken again, what its last round left is settled.
contract TrainingTask is ITrainingTask, EIP712, Nonces, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using RoundClock for Round;

    // | 0..31 current | 32..63 completed | 64..71 cancelled | 72..79 closed | 80..87 refunded | 88..215 earned |
    struct Progress {
        uint32 current; // the round under way; void rounds take numbers too
        uint32 completed; // final rounds
        bool cancelled;
        bool closed;
        bool refunded;
        uint128 earned; // wei of the budget that final rounds have given away
    }

    // | 0..159 trainer | 160..191 round | 192..207 weight | 208..215 status | 216..223 attested | 224..231 missedTurn
    // | 232..247 strikes |   next slot: content
    struct Seat {
        address trainer;
        uint32 round;
        uint16 weight;
        SeatStatus status;
        bool attested;
        bool missedTurn;
        uint16 strikes;
        bytes32 content; // the commitment, from the reveal on the update's root
    }

    // | 0..127 credit | 128..159 lastRound | 160..175 lastSeat | 176..207 previousRound | 208..223 previousSeat |
    struct Member {
        uint128 credit; // settled and not yet claimed, in wei
        uint32 lastRound;
        uint16 lastSeat;
        uint32 previousRound;
        uint16 previousSeat;
    }

    // | 0..111 dataRate | 112..223 computeShare | 224..231 endedIn |
    struct Result {
        uint112 dataRate; // wei per unit of weight
        uint112 computeShare; // wei per trainer
        Phase endedIn; // Final, or for a void round the phase it failed in; Idle while the round is not over
    }

    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("Claim(address trainer,address recipient,uint256 fee,uint256 nonce,uint256 deadline)");
    /// @dev The part of a fine that goes to whoever had the trouble of taking it: a quarter.
    uint256 private constant FINE_SHARES = 4;

    IStakeVault private immutable _vault;
    address private immutable _implementation;

    Progress private _progress;
    Round[2] private _rounds;
    bytes32[2] private _sumRoots;
    bytes32[2] private _modelRoots; // by the parity of completed rounds: the current model, and the one proposed
    mapping(uint256 seat => Seat)[2] private _seats;
    mapping(address trainer => Member) private _members;
    mapping(uint256 round => Result) private _results;

    constructor(IStakeVault vault) EIP712("Foedus", "1") {
        _vault = vault;
        _implementation = address(this);
    }

    /* OPENING */

    /// @inheritdoc ITrainingTask
    function open(Genesis calldata genesis) external {
        if (address(this) == _implementation) revert NotACloneOfFoedus();
        Progress memory progress_ = _progress;
        if (progress_.current != 0) revert AlreadyOpened();
        _modelRoots[0] = genesis.modelRoot;
        _openNextRound(progress_);
        _progress = progress_;
    }

    /* A ROUND, IN ORDER */

    /// @inheritdoc ITrainingTask
    function enter(uint16 seat, uint16 weight) external nonReentrant {
        uint32 number = _progress.current;
        Round memory round = _roundIn(number, Phase.Entering);
        _takeSeat(round, seat, weight);
        if (round.entered == Rules.maxTrainers()) round.next(block.timestamp);
        _rounds[number & 1] = round;
    }

    /// @inheritdoc ITrainingTask
    function commit(uint32 round, uint16 seat, bytes32 commitment) external {
        _commit(round, seat, commitment);
    }

    /// @inheritdoc ITrainingTask
    function commitAndEnter(uint32 round, uint16 seat, bytes32 commitment, uint16 weight) external nonReentrant {
        _commit(round, seat, commitment);

        uint32 number = round + 1;
        Round memory following = _rounds[number & 1];
        if (following.number != number) following = _freshRound(number);
        _takeSeat(following, seat, weight);
        _rounds[number & 1] = following;
    }

    /// @inheritdoc ITrainingTask
    function reveal(
        uint32 number,
        uint16 seatIndex,
        bytes32 root,
        bytes32 contentKeyHash,
        bytes32 salt,
        bytes32 contentId
    ) external {
        Round memory round = _roundIn(number, Phase.Revealing);
        Seat storage seat = _ownSeat(number, seatIndex, SeatStatus.Committed);
        bytes32 commitment = UpdateCommitment.hash(domain(), number, msg.sender, root, contentKeyHash, salt);
        if (commitment != seat.content) revert CommitmentMismatch(seat.content, commitment);

        seat.status = SeatStatus.Revealed;
        seat.content = root;
        round.revealed += 1;
        round.weight += seat.weight;
        // Reservoir sampling: after k reveals each of the k seats is drawn with probability 1/k, without a loop.
        if (uint256(keccak256(abi.encode(block.prevrandao, number, seatIndex))) % round.revealed == 0) {
            round.drawn = seatIndex;
        }
        emit UpdateRevealed(number, seatIndex, root, contentKeyHash, contentId, round.drawn);
        if (round.revealed == round.committed) round.next(block.timestamp);
        _rounds[number & 1] = round;
    }

    /// @inheritdoc ITrainingTask
    /// @dev The loop runs over the bits of `missing`: at most one per seat, and paid for by who sets them.
    function attest(uint32 number, uint16 seatIndex, uint256 missing) external {
        Round memory round = _roundIn(number, Phase.Attesting);
        Seat storage own = _ownSeat(number, seatIndex, SeatStatus.Revealed);
        if (own.attested) revert AlreadyActed(seatIndex, SeatStatus.Revealed);
        own.attested = true;
        emit SeatsAttested(number, seatIndex, missing);

        uint256 cohort = uint256(round.revealed) + round.struck;
        for (uint256 left = missing; left != 0; left &= left - 1) {
            uint16 index = uint16(Math.log2(left & (~left + 1)));
            if (index >= Rules.maxTrainers()) revert SeatOutOfRange(index, Rules.maxTrainers());
            Seat storage seat = _seats[number & 1][index];
            if (seat.round == number && seat.status == SeatStatus.Struck) continue;
            if (index == seatIndex || seat.round != number || seat.status != SeatStatus.Revealed) {
                revert CannotAttestSeat(index, seat.status);
            }
            uint16 strikes = seat.strikes + 1;
            seat.strikes = strikes;
            if (uint256(strikes) * 2 > cohort) {
                seat.status = SeatStatus.Struck;
                round.struck += 1;
                round.revealed -= 1;
                round.weight -= seat.weight;
                emit SeatStruck(number, index);
            }
        }
        _rounds[number & 1] = round;
    }

    /// @inheritdoc ITrainingTask
    function propose(uint32 number, uint16 seatIndex, bytes32 sumRoot, bytes32 modelRoot, bytes32 modelId) external {
        Round memory round = _roundIn(number, Phase.Aggregating);
        _ownSeat(number, seatIndex, SeatStatus.Revealed);
        if (seatIndex != round.drawn) {
            uint256 openToAllAt = uint256(round.endsAt) - Rules.proposeSeconds() + Rules.graceSeconds();
            bool drawnMissed = _seats[number & 1][round.drawn].status == SeatStatus.Revealed;
            if (drawnMissed && block.timestamp < openToAllAt) revert NotYourTurn(round.drawn, openToAllAt);
            if (drawnMissed) _missTurn(round);
        }
        (uint256 bond,,) = _vault.stakeOf(address(this), msg.sender);
        if (bond < Rules.fraudFine()) revert InsufficientStake(bond, Rules.fraudFine());

        round.phase = Phase.Proposed;
        round.endsAt = uint40(block.timestamp + Rules.challengeSeconds());
        round.proposer = seatIndex;
        _sumRoots[number & 1] = sumRoot;
        _modelRoots[(_progress.completed + 1) & 1] = modelRoot;
        _rounds[number & 1] = round;
        emit ModelProposed(number, seatIndex, sumRoot, modelRoot, modelId);
    }

    /// @inheritdoc ITrainingTask
    function advance() external {
        Progress memory progress_ = _progress;
        if (progress_.closed) revert TaskIsClosed();
        Round memory round = _rounds[progress_.current & 1];
        Phase endedIn = round.tick(block.timestamp);
        if (round.phase < Phase.Final) revert NothingToAdvance(round.phase, round.endsAt);

        if (round.phase == Phase.Final) _finalise(progress_, round);
        else _void(progress_, round, endedIn);
        _progress = progress_;
    }

    /// @inheritdoc ITrainingTask
    function settle(uint32 round, uint16 seatIndex) external nonReentrant {
        Seat storage seat = _seats[round & 1][seatIndex];
        if (seat.round != round || round == 0) revert WrongRound(round, seat.round);
        if (_results[round].endedIn == Phase.Idle) revert RoundStillOpen(round);
        _settle(seat, seatIndex);
    }

    /* MONEY */

    /// @inheritdoc ITrainingTask
    function claim(address trainer) external nonReentrant returns (uint256) {
        return _claim(trainer, trainer, 0);
    }

    /// @inheritdoc ITrainingTask
    function claimBySignature(
        address trainer,
        address recipient,
        uint256 fee,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant returns (uint256) {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(CLAIM_TYPEHASH, trainer, recipient, fee, _useNonce(trainer), deadline))
        );
        if (!SignatureChecker.isValidSignatureNow(trainer, digest, signature)) revert WrongSigner(trainer);
        return _claim(trainer, recipient, fee);
    }

    /// @inheritdoc ITrainingTask
    function cancel() external nonReentrant {
        Progress memory progress_ = _progress;
        if (msg.sender != Rules.sponsor()) revert NotSponsor(msg.sender, Rules.sponsor());
        if (progress_.closed) revert TaskIsClosed();
        progress_.cancelled = true;
        emit CancelRequested();

        Round memory round = _rounds[progress_.current & 1];
        round.tick(block.timestamp);
        if (round.phase == Phase.Entering) {
            // Nobody has trained for this round yet: it ends here, and nobody is at fault.
            _endRound(round, Phase.Entering);
            _close(progress_);
        }
        _progress = progress_;
        if (progress_.closed) _refund();
    }

    /// @inheritdoc ITrainingTask
    function refund() external nonReentrant {
        _refund();
    }

    /// @inheritdoc ITrainingTask
    function release(address trainer) external nonReentrant {
        Member memory member = _members[trainer];
        _releaseSeat(member.lastRound, member.lastSeat);
        _releaseSeat(member.previousRound, member.previousSeat);
    }

    /* VIEWS */

    /// @inheritdoc ITrainingTask
    function config() external view returns (TaskConfig memory) {
        return Rules.all();
    }

    /// @inheritdoc ITrainingTask
    function thawSeconds() external view returns (uint256) {
        return TaskRules.longestRound(Rules.all());
    }

    /// @inheritdoc ITrainingTask
    function domain() public view returns (bytes32) {
        return UpdateCommitment.domain(address(this));
    }

    /// @inheritdoc ITrainingTask
    function clock() external view returns (uint32, Phase, uint256) {
        Round memory round = _rounds[_progress.current & 1];
        round.tick(block.timestamp);
        return (round.number, round.phase, round.endsAt);
    }

    /// @inheritdoc ITrainingTask
    function progress() external view returns (uint32 completed, bool closed, bytes32 modelRoot, uint256 earned) {
        return (_progress.completed, _progress.closed, _modelRoots[_progress.completed & 1], _progress.earned);
    }

    /// @inheritdoc ITrainingTask
    function seatAt(uint32 round, uint16 seatIndex)
        external
        view
        returns (address trainer, uint32 inRound, uint16 weight, SeatStatus status, bytes32 content)
    {
        Seat storage seat = _seats[round & 1][seatIndex];
        return (seat.trainer, seat.round, seat.weight, seat.status, seat.content);
    }

    /// @inheritdoc ITrainingTask
    function claimable(address trainer) external view returns (uint256 amount) {
        Member memory member = _members[trainer];
        amount = member.credit;
        Seat storage last = _seats[member.lastRound & 1][member.lastSeat];
        if (last.round == member.lastRound) amount += _rewardOf(last);
        Seat storage previous = _seats[member.previousRound & 1][member.previousSeat];
        if (previous.round == member.previousRound) amount += _rewardOf(previous);
    }

    /// @inheritdoc ITrainingTask
    function nonces(address trainer) public view override(ITrainingTask, Nonces) returns (uint256) {
        return super.nonces(trainer);
    }

    /* INTERNAL: seats */

    function _takeSeat(Round memory round, uint16 seatIndex, uint16 weight) private {
        uint32 number = round.number;
        if (seatIndex >= Rules.maxTrainers()) revert SeatOutOfRange(seatIndex, Rules.maxTrainers());
        if (weight == 0 || weight > Rules.maxWeight()) revert WeightOutOfRange(weight, Rules.maxWeight());
        Seat storage seat = _seats[number & 1][seatIndex];
        if (seat.round == number) revert SeatTaken(seatIndex, seat.trainer);
        uint256 stake = _vault.eligible(address(this), msg.sender);
        if (stake < Rules.minStake()) revert InsufficientStake(stake, Rules.minStake());

        // Whatever these slots still remember is two rounds old or older, so it is over and can be settled.
        _settle(seat, seatIndex);
        Member memory member = _members[msg.sender];
        if (member.lastRound >= number) revert AlreadyEntered(msg.sender, member.lastRound);
        _releaseSeat(member.previousRound, member.previousSeat);

        member.credit = _members[msg.sender].credit;
        (member.previousRound, member.previousSeat) = (member.lastRound, member.lastSeat);
        (member.lastRound, member.lastSeat) = (number, seatIndex);
        _members[msg.sender] = member;
        seat.trainer = msg.sender;
        seat.round = number;
        seat.weight = weight;
        seat.status = SeatStatus.Entered;
        seat.attested = false;
        seat.missedTurn = false;
        seat.strikes = 0;
        round.entered += 1;
        emit TrainerEntered(number, seatIndex, msg.sender, weight);
    }

    function _commit(uint32 number, uint16 seatIndex, bytes32 commitment) private {
        if (commitment == 0) revert EmptyCommitment();
        Round memory round = _roundIn(number, Phase.Committing);
        Seat storage seat = _ownSeat(number, seatIndex, SeatStatus.Entered);
        seat.status = SeatStatus.Committed;
        seat.content = commitment;
        round.committed += 1;
        emit UpdateCommitted(number, seatIndex, commitment);
        if (round.committed == round.entered) round.next(block.timestamp);
        _rounds[number & 1] = round;
    }

    function _ownSeat(uint32 number, uint16 seatIndex, SeatStatus need) private view returns (Seat storage seat) {
        seat = _seats[number & 1][seatIndex];
        if (seat.trainer != msg.sender || seat.round != number) revert NotYourSeat(seatIndex, seat.trainer, msg.sender);
        if (seat.status != need) revert AlreadyActed(seatIndex, seat.status);
    }

    /// @dev Settles a seat if it still remembers `round`, which must be over.
    function _releaseSeat(uint32 round, uint16 seatIndex) private {
        Seat storage seat = _seats[round & 1][seatIndex];
        if (round == 0 || seat.round != round || seat.status == SeatStatus.Settled) return;
        if (_results[round].endedIn == Phase.Idle) revert RoundStillOpen(round);
        _settle(seat, seatIndex);
    }

    /// @dev Credits or fines a seat whose round is over; does nothing for one that is vacant or settled.
    function _settle(Seat storage seat, uint16 seatIndex) private {
        if (seat.status == SeatStatus.Vacant || seat.status == SeatStatus.Settled) return;
        (address trainer, uint32 round) = (seat.trainer, seat.round);
        uint256 reward = _rewardOf(seat);
        uint256 fine = _missedDeadline(seat, _results[round].endedIn) ? Rules.missFine() : 0;
        seat.status = SeatStatus.Settled;
        if (reward != 0) _members[trainer].credit += uint128(reward);
        if (fine != 0) fine = _vault.slash(trainer, fine, msg.sender, fine / FINE_SHARES);
        emit SeatSettled(round, seatIndex, trainer, reward, fine);
    }

    function _rewardOf(Seat storage seat) private view returns (uint256) {
        if (seat.status != SeatStatus.Revealed) return 0;
        Result memory result = _results[seat.round];
        return uint256(result.dataRate) * seat.weight + result.computeShare;
    }

    function _missedDeadline(Seat storage seat, Phase endedIn) private view returns (bool) {
        return (seat.status == SeatStatus.Entered && endedIn >= Phase.Committing)
            || (seat.status == SeatStatus.Committed && endedIn >= Phase.Revealing) || seat.missedTurn;
    }

    function _missTurn(Round memory round) private {
        _seats[round.number & 1][round.drawn].missedTurn = true;
        emit TurnMissed(round.number, round.drawn);
    }

    /* INTERNAL: rounds */

    /// @dev The round `number` in memory, carried forward to now; it must then be in `need`. The caller writes it back.
    function _roundIn(uint32 number, Phase need) private view returns (Round memory round) {
        round = _rounds[number & 1];
        if (round.number != number) revert WrongRound(number, _progress.current);
        round.tick(block.timestamp);
        if (round.phase != need) revert WrongPhase(round.phase, need);
    }

    function _freshRound(uint32 number) private pure returns (Round memory round) {
        round.number = number;
    }

    function _openNextRound(Progress memory progress_) private {
        uint32 number = progress_.current + 1;
        progress_.current = number;
        Round memory round = _rounds[number & 1];
        if (round.number != number) round = _freshRound(number);
        round.phase = Phase.Entering;
        round.endsAt = uint40(block.timestamp + Rules.enterSeconds());
        emit RoundOpened(number, round.endsAt);
        if (round.entered == Rules.maxTrainers()) round.next(block.timestamp);
        _rounds[number & 1] = round;
    }

    function _finalise(Progress memory progress_, Round memory round) private {
        uint32 number = round.number;
        uint256 dataRate = Math.min(Rules.maxDataRate(), Rules.dataPot() / round.weight);
        uint256 computeShare = Rules.computePot() / round.revealed;
        _rounds[number & 1] = round;
        _results[number] = Result(uint112(dataRate), uint112(computeShare), Phase.Final);
        progress_.completed += 1;
        progress_.earned += uint128(
            dataRate * round.weight + computeShare * round.revealed + Rules.aggregatorPay() + Rules.advanceTip()
        );
        _members[_seats[number & 1][round.proposer].trainer].credit += Rules.aggregatorPay();
        _members[msg.sender].credit += Rules.advanceTip();
        emit RoundFinalised(number, uint128(dataRate), uint128(computeShare), msg.sender);
        if (progress_.completed == Rules.rounds() || progress_.cancelled) _close(progress_);
        else _openNextRound(progress_);
    }

    function _void(Progress memory progress_, Round memory round, Phase endedIn) private {
        bool drawnWasSilent = endedIn == Phase.Aggregating
            && _seats[round.number & 1][round.drawn].status == SeatStatus.Revealed;
        if (drawnWasSilent) _missTurn(round);
        _endRound(round, endedIn);
        if (progress_.cancelled) _close(progress_);
        else _openNextRound(progress_);
    }

    function _endRound(Round memory round, Phase endedIn) private {
        round.phase = Phase.Void;
        _rounds[round.number & 1] = round;
        _results[round.number].endedIn = endedIn;
        emit RoundVoided(round.number, endedIn);
    }

    /// @dev Some may have entered the round that will now never open: it ends as one that too few entered.
    function _close(Progress memory progress_) private {
        progress_.closed = true;
        Round memory following = _rounds[(progress_.current + 1) & 1];
        if (following.number == progress_.current + 1) _endRound(following, Phase.Entering);
        emit TaskClosed(progress_.completed);
    }

    /* INTERNAL: money */

    function _claim(address trainer, address recipient, uint256 fee)
        private
        returns (uint256 amount)
    {
        Member memory member = _members[trainer];
        _settleIfOver(member.lastRound, member.lastSeat);
        _settleIfOver(member.previousRound, member.previousSeat);
        amount = _members[trainer].credit;
        if (fee > amount) revert FeeAboveReward(fee, amount);
        if (amount == 0) return 0;
        _members[trainer].credit = 0;
        emit RewardClaimed(trainer, recipient, amount, fee);
        Rules.rewardToken().safeTransfer(recipient, amount - fee);
        if (fee != 0) Rules.rewardToken().safeTransfer(msg.sender, fee);
    }

    function _settleIfOver(uint32 round, uint16 seatIndex) private {
        if (_results[round].endedIn != Phase.Idle) _releaseSeat(round, seatIndex);
    }

    function _refund() private {
        Progress memory stored = _progress;
        if (!stored.closed) revert WrongPhase(_rounds[stored.current & 1].phase, Phase.Final);
        uint256 unspent = TaskRules.budget(Rules.all()) - stored.earned;
        if (stored.refunded || unspent == 0) revert NothingToRefund();
        _progress.refunded = true;
        emit BudgetRefunded(unspent);
        Rules.rewardToken().safeTransfer(Rules.sponsor(), unspent);
    }
}
