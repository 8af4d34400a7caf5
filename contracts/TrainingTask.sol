// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {
    Fault,
    Genesis,
    ITrainingTask,
    Phase,
    Proposal,
    SeatStatus,
    ServerRule,
    TaskConfig
} from "./interfaces/ITrainingTask.sol";
import {LaneRanks} from "./libraries/LaneRanks.sol";
import {RoundClock} from "./libraries/RoundClock.sol";
import {Rules} from "./libraries/Rules.sol";
import {TaskRules} from "./libraries/TaskRules.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";
import {Member} from "./types/Member.sol";
import {Round, RoundWord} from "./types/Round.sol";
import {Seat, SeatWord} from "./types/Seat.sol";

/// @title TrainingTask
/// @notice See ITrainingTask. What all tasks have in common: seats, proposals, verdicts, money. How updates get into a round
/// is for SealedTask and MaskedTask to say.
/// @dev Rounds and seats live in two sets of slots, for even and odd rounds, that are overwritten for ever: a steady
/// round writes no fresh slot but its one result. Before a seat is taken again, what its last round left is settled.
abstract contract TrainingTask is ITrainingTask, EIP712, Nonces, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    // | 0..31 current | 32..63 completed | 64..71 cancelled | 72..79 closed | 80..87 refunded | 88..215 earned |
    struct Progress {
        uint32 current; // the round under way; void rounds take numbers too
        uint32 completed; // final rounds
        bool cancelled;
        bool closed;
        bool refunded;
        uint128 earned; // wei of the budget that final rounds have given away
    }

    /// @dev The commitment stays after the reveal, which writes only events: who disputes an update opens it once more.
    struct Place {
        Seat seat;
        bytes32 commitment;
    }

    // | 0..95 dataRate | 96..191 computeShare | 192..255 endings |
    struct Result {
        uint96 dataRate; // wei per unit of weight
        uint96 computeShare; // wei per trainer
        uint64 endings; // byte c: the phase that cohort c has ended in (sealed: all seats are cohort 0); 0: not over
    }

    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(address trainer,address recipient,uint256 fee,uint256 nonce,uint256 deadline)"
    );
    /// @dev The part of a fine that goes to whoever had the trouble of taking it: a quarter.
    uint256 private constant FINE_SHARES = 4;
    /// @dev The part of the large slash that silence costs: a quarter.
    uint256 private constant SILENCE_SHARES = 4;
    /// @dev A challenger gets two fifths, so that more than half is burnt and nobody gains by challenging itself.
    uint256 private constant REWARD_FIFTHS = 2;

    IStakeVault private immutable _vault;
    address private immutable _implementation;
    /// @inheritdoc ITrainingTask
    address public immutable court;

    Progress internal _progress;
    Round[2] internal _rounds;
    bytes32[2] private _sumRoots;
    bytes32[2] private _modelRoots; // by the parity of completed rounds: the current model, and the one proposed
    mapping(uint256 seat => Place)[2] internal _places;
    mapping(address trainer => Member) private _members;
    mapping(uint256 round => Result) private _results;

    constructor(IStakeVault vault, address court_) EIP712("Foedus", "1") {
        _vault = vault;
        court = court_;
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
        _takeSeat(_roundIn(number, Phase.Entering), seat, weight);
    }

    /// @inheritdoc ITrainingTask
    function propose(
        uint32 number,
        uint16 seatIndex,
        bytes32 sumRoot,
        bytes32 modelRoot,
        bytes32 sumId,
        bytes32 modelId
    ) external {
        Round round = _roundIn(number, Phase.Aggregating);
        (, Seat seat) = _ownRevealedPlace(number, seatIndex);
        if (seat.barred()) revert Barred(seatIndex);
        // A drawn seat that cannot act any more is not waited for.
        if (seatIndex != round.drawn() && _missTurn(round)) {
            uint256 openToAllAt = uint256(round.endsAt()) - Rules.proposeSeconds() + Rules.graceSeconds();
            if (block.timestamp < openToAllAt) revert NotYourTurn(round.drawn(), openToAllAt);
        }
        (uint256 bond, , ) = _vault.stakeOf(address(this), msg.sender);
        if (bond < Rules.fraudFine()) revert InsufficientStake(bond, Rules.fraudFine());

        round = round.turned(Phase.Proposed, block.timestamp + Rules.challengeSeconds()).withProposal(seatIndex);
        _sumRoots[number & 1] = sumRoot;
        _modelRoots[(_progress.completed + 1) & 1] = modelRoot;
        _rounds[number & 1] = round;
        emit ModelProposed(number, seatIndex, sumRoot, modelRoot, sumId, modelId);
    }

    /// @inheritdoc ITrainingTask
    function missModel(uint32 number, uint16 seatIndex) external {
        Round round = _roundIn(number, Phase.Proposed);
        (Place storage own, Seat seat) = _ownRevealedPlace(number, seatIndex);
        if (seat.modelMissed() == round.proposals()) revert AlreadyActed(seatIndex, seat.status());
        if (seatIndex == round.proposer()) revert CannotAttestSeat(seatIndex, seat.status());
        own.seat = seat.withModelMissed(round.proposals());
        round = round.withMissed();
        emit ModelMissed(number, seatIndex);
        bool withheld = uint256(round.missed()) * 2 > uint256(round.revealed()) + round.struck();
        _rounds[number & 1] = withheld ? _reopened(round, true) : round;
        if (withheld) emit ProposalOverturned(number, round.proposer(), Fault.Withheld, 0, msg.sender);
    }

    /// @inheritdoc ITrainingTask
    function advance() external {
        Progress memory progress_ = _progress;
        if (progress_.closed) revert TaskIsClosed();
        (Round round, Phase endedIn) = _now(_rounds[progress_.current & 1]);
        if (round.phase() < Phase.Final) revert NothingToAdvance(round.phase(), round.endsAt());

        if (round.phase() == Phase.Final) _finalise(progress_, round);
        else _void(progress_, round, endedIn);
        _progress = progress_;
    }

    /// @inheritdoc ITrainingTask
    function settle(uint32 round, uint16 seatIndex) external nonReentrant {
        uint32 seatRound = _places[round & 1][seatIndex].seat.round();
        if (seatRound != round || round == 0) revert WrongRound(round, seatRound);
        _settle(round, seatIndex);
    }

    /* DISPUTES */

    modifier onlyCourt() {
        if (!_isCourt(msg.sender)) revert NotTheCourt(msg.sender, court);
        _;
    }

    /// @inheritdoc ITrainingTask
    function overturn(
        uint32 number,
        Fault fault,
        address rewarded
    ) external onlyCourt nonReentrant returns (uint256 fine) {
        Round round = _roundIn(number, Phase.Proposed);
        address proposer = _places[number & 1][round.proposer()].seat.trainer();
        bool isFraud = fault != Fault.Undisclosed;
        _rounds[number & 1] = _reopened(round, true);
        fine = _slash(proposer, isFraud ? Rules.fraudFine() : Rules.fraudFine() / SILENCE_SHARES, rewarded);
        emit ProposalOverturned(number, round.proposer(), fault, fine, rewarded);
    }

    /// @inheritdoc ITrainingTask
    function hold(uint32 number) external onlyCourt returns (uint256 answerBy) {
        Round round = _roundIn(number, Phase.Proposed);
        uint256 disclose = Rules.discloseSeconds();
        answerBy = block.timestamp + disclose;
        uint256 needed = answerBy + disclose;
        if (needed <= round.endsAt()) return answerBy;
        uint256 longer = needed - round.endsAt();
        uint256 held = round.held() + longer;
        if (held > TaskRules.MOST_HELD * disclose) revert HeldForTooLong(held, TaskRules.MOST_HELD * disclose);
        round = round.withHeld(longer);
        _rounds[number & 1] = round;
        emit ProposalHeld(number, round.endsAt());
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

        (Round round, ) = _now(_rounds[progress_.current & 1]);
        if (round.phase() == Phase.Entering) {
            // Nobody has trained for this round yet: it ends here, and nobody is at fault.
            _endRound(round, Phase.Entering);
            _close(progress_);
        }
        _progress = progress_;
        if (progress_.closed) _refund();
    }

    /// @inheritdoc ITrainingTask
    function refund() external nonReentrant {
        if (!_progress.closed) revert TaskStillRuns();
        if (_refund() == 0) revert NothingToRefund();
    }

    /// @inheritdoc ITrainingTask
    function release(address trainer) external nonReentrant {
        Member member = _members[trainer];
        _settle(member.lastRound(), member.lastSeat());
        _settle(member.previousRound(), member.previousSeat());
    }

    /* VIEWS */

    /// @inheritdoc ITrainingTask
    function config() external view returns (TaskConfig memory) {
        Rules.returnAll();
    }

    /// @inheritdoc ITrainingTask
    function thawSeconds() external view returns (uint256) {
        return Rules.longestRound();
    }

    /// @inheritdoc ITrainingTask
    function domain() public view returns (bytes32) {
        return UpdateCommitment.domain(address(this));
    }

    /// @inheritdoc ITrainingTask
    function clock() external view returns (uint32, Phase, uint256) {
        (Round round, ) = _now(_rounds[_progress.current & 1]);
        return (round.number(), round.phase(), round.endsAt());
    }

    /// @inheritdoc ITrainingTask
    function progress() external view returns (uint32 completed, bool closed, bytes32 modelRoot, uint256 earned) {
        return (_progress.completed, _progress.closed, _modelRoots[_progress.completed & 1], _progress.earned);
    }

    /// @inheritdoc ITrainingTask
    function proposal() external view returns (Proposal memory) {
        uint32 number = _progress.current;
        Round round = _roundIn(number, Phase.Proposed);
        (uint256 updates, uint256 weight, uint256 ranked) = _summed(round);
        uint8 trim = Rules.trim();
        uint256 divisor = Rules.serverRule() == ServerRule.Uniform ? updates : weight;
        if (trim != 0) divisor = LaneRanks.left(ranked, trim);
        return
            Proposal({
                round: number,
                seat: round.proposer(),
                ordinal: round.proposals(),
                updates: uint16(updates),
                divisor: uint32(divisor),
                trim: trim,
                endsAt: round.endsAt(),
                parameters: Rules.parameters(),
                sumRoot: _sumRoots[number & 1]
            });
    }

    /// @inheritdoc ITrainingTask
    function modelRoots() external view returns (bytes32 from, bytes32 proposed) {
        uint32 completed = _progress.completed;
        return (_modelRoots[completed & 1], _modelRoots[(completed + 1) & 1]);
    }

    /// @inheritdoc ITrainingTask
    function seatAt(
        uint32 round,
        uint16 seatIndex
    ) external view returns (address trainer, uint32 inRound, uint16 weight, SeatStatus status, bytes32 commitment) {
        Place storage place = _places[round & 1][seatIndex];
        Seat seat = place.seat;
        return (seat.trainer(), seat.round(), seat.weight(), seat.status(), place.commitment);
    }

    /// @inheritdoc ITrainingTask
    function claimable(address trainer) external view returns (uint256 amount) {
        Member member = _members[trainer];
        amount = member.credit();
        Seat last = _places[member.lastRound() & 1][member.lastSeat()].seat;
        if (last.round() == member.lastRound()) amount += _rewardOf(last, _results[last.round()]);
        Seat previous = _places[member.previousRound() & 1][member.previousSeat()].seat;
        if (previous.round() == member.previousRound()) amount += _rewardOf(previous, _results[previous.round()]);
    }

    /* INTERNAL: seats */

    function _isCourt(address account) internal view virtual returns (bool) {
        return account == court;
    }

    function _takeSeat(Round round, uint16 seatIndex, uint16 weight) internal {
        uint32 number = round.number();
        uint16 seats = Rules.maxTrainers();
        if (seatIndex >= seats) revert SeatOutOfRange(seatIndex, seats);
        if (weight == 0 || weight > Rules.maxWeight()) revert WeightOutOfRange(weight, Rules.maxWeight());
        Place storage place = _places[number & 1][seatIndex];
        Seat left = place.seat;
        if (left.round() == number) revert SeatTaken(seatIndex, left.trainer());
        Member member = _members[msg.sender];
        if (member.lastRound() >= number) revert AlreadyEntered(msg.sender, member.lastRound());
        uint256 stake = _vault.eligible(address(this), msg.sender);
        if (stake < Rules.minStake()) revert InsufficientStake(stake, Rules.minStake());

        place.seat = SeatWord.taken(msg.sender, number, weight);
        _members[msg.sender] = member.withEntered(number, seatIndex);
        round = round.withEntered();
        _noteEntrant(round, seatIndex);
        if (round.entered() == seats && round.phase() == Phase.Entering) round = _next(round, block.timestamp);
        _rounds[number & 1] = round;
        emit TrainerEntered(number, seatIndex, msg.sender, weight);

        // What the seat and the member remembered is two rounds old or older: over, and settled now that it is forgotten.
        _payOrFine(left, seatIndex);
        _settle(member.previousRound(), member.previousSeat());
    }

    /// @dev For a task that wants to know who sits in its next round; `round` has counted it.
    function _noteEntrant(Round round, uint16 seatIndex) internal virtual {}

    /// @dev The caller writes the round.
    function _commit(
        uint32 number,
        uint16 seatIndex,
        SeatStatus need,
        bytes32 commitment
    ) internal returns (Round, Seat seat) {
        if (commitment == 0) revert EmptyCommitment();
        Round round = _roundIn(number, Phase.Committing);
        Place storage place;
        (place, seat) = _ownPlace(number, seatIndex, need);
        place.seat = seat.to(SeatStatus.Committed);
        place.commitment = commitment;
        return (round.withCommitted(), seat);
    }

    function _takeNextSeat(uint32 round, uint16 seat, uint16 weight) internal {
        uint32 number = round + 1;
        Round following = _rounds[number & 1];
        if (following.number() != number) following = RoundWord.fresh(number);
        _takeSeat(following, seat, weight);
    }

    /// @dev Reservoir sampling: after k reveals each of the k seats is drawn with probability 1/k, without a loop.
    function _withRevealed(Round round, uint16 seatIndex, uint16 weight) internal view returns (Round) {
        round = round.withRevealed(weight);
        uint256 random = uint256(keccak256(abi.encode(block.prevrandao, round.number(), seatIndex)));
        return random % round.revealed() == 0 ? round.withDrawn(seatIndex) : round;
    }

    function _ownPlace(
        uint32 number,
        uint16 seatIndex,
        SeatStatus need
    ) internal view returns (Place storage place, Seat seat) {
        (place, seat) = _ownPlace(number, seatIndex);
        if (seat.status() != need) revert AlreadyActed(seatIndex, seat.status());
    }

    /// @dev Of a trainer that has revealed.
    function _ownRevealedPlace(uint32 number, uint16 seatIndex) internal view returns (Place storage place, Seat seat) {
        (place, seat) = _ownPlace(number, seatIndex);
        if (!_hasRevealed(seat.status())) revert AlreadyActed(seatIndex, seat.status());
    }

    /// @dev Who has a say about the round's model.
    function _hasRevealed(SeatStatus status) internal pure virtual returns (bool) {
        return status == SeatStatus.Revealed;
    }

    function _ownPlace(uint32 number, uint16 seatIndex) private view returns (Place storage place, Seat seat) {
        place = _places[number & 1][seatIndex];
        seat = place.seat;
        if (seat.trainer() != msg.sender || seat.round() != number) {
            revert NotYourSeat(seatIndex, seat.trainer(), msg.sender);
        }
    }

    function _isOver(uint32 round) private view returns (bool) {
        return _results[round].endings != 0;
    }

    /// @dev Settles a seat if it still remembers `round`, which must be over.
    function _settle(uint32 round, uint16 seatIndex) private {
        Place storage place = _places[round & 1][seatIndex];
        Seat seat = place.seat;
        if (round == 0 || seat.round() != round || seat.status() == SeatStatus.Settled) return;
        if (!_isOver(round)) revert RoundStillOpen(round);
        place.seat = seat.to(SeatStatus.Settled);
        _payOrFine(seat, seatIndex);
    }

    /// @dev The reward or fine of a seat whose round is over; nothing for one that is vacant or settled.
    function _payOrFine(Seat seat, uint16 seatIndex) private {
        if (seat.status() == SeatStatus.Vacant || seat.status() == SeatStatus.Settled) return;
        Result memory result = _results[seat.round()];
        uint256 reward = _rewardOf(seat, result);
        if (reward != 0) _credit(seat.trainer(), reward);
        if (!_missedDeadline(seat, _endOf(seat, result))) return;
        uint256 fine = Rules.missFine();
        // The vault, when it lets stake go, gets no part of a fine: nothing could take it out of there again.
        uint256 part = msg.sender == address(_vault) ? 0 : fine / FINE_SHARES;
        fine = _vault.slash(seat.trainer(), fine, msg.sender, part);
        emit SeatFined(seat.round(), seatIndex, seat.trainer(), fine);
    }

    function _rewardOf(Seat seat, Result memory result) private pure returns (uint256) {
        if (seat.status() != SeatStatus.Revealed && seat.status() != SeatStatus.Rebuilt) return 0;
        if (_endOf(seat, result) != Phase.Final) return 0;
        return uint256(result.dataRate) * seat.weight() + result.computeShare;
    }

    /// @dev Who has not shared is in no cohort yet; whichever it is taken for has at least begun to share.
    function _endOf(Seat seat, Result memory result) private pure returns (Phase) {
        return Phase(uint8(result.endings >> (8 * seat.cohort())));
    }

    function _missedDeadline(Seat seat, Phase endedIn) private pure returns (bool) {
        SeatStatus status = seat.status();
        return
            (status == SeatStatus.Entered && endedIn >= Phase.Sharing) ||
            (status == SeatStatus.Shared && endedIn >= Phase.Committing) ||
            (status == SeatStatus.Committed && endedIn >= Phase.Revealing) ||
            (status == SeatStatus.Committed && endedIn == Phase.Agreeing && !seat.attested()) ||
            status == SeatStatus.Rebuilt ||
            seat.missedTurn();
    }

    /// @dev Notes that the drawn aggregator was silent, unless it could not act any more or has missed its turn already.
    function _missTurn(Round round) internal returns (bool missed) {
        Place storage place = _places[round.number() & 1][round.drawn()];
        Seat seat = place.seat;
        if (!_hasRevealed(seat.status()) || seat.barred() || seat.missedTurn()) return false;
        place.seat = seat.withMissedTurn();
        emit TurnMissed(round.number(), round.drawn());
        return true;
    }

    /* INTERNAL: rounds */

    /// @dev The round with its phase ended at `time`: early because everybody has acted, or at its deadline.
    function _next(Round round, uint256 time) internal view virtual returns (Round);

    /// @dev How many updates the round's sum has, their weight, and how many vectors are ranked where the task trims.
    function _summed(Round round) internal view virtual returns (uint256 updates, uint256 weight, uint256 ranked) {
        return (round.revealed(), round.weight(), round.revealed());
    }

    /// @dev What Result keeps of how `round` has ended.
    function _endings(Round, Phase endedIn) internal view virtual returns (uint64) {
        return uint8(endedIn);
    }

    function _now(Round round) internal view returns (Round, Phase endedIn) {
        return RoundClock.asOf(round, block.timestamp, _next);
    }

    /// @dev The round `number`, carried forward to now.
    function _current(uint32 number) internal view returns (Round round) {
        round = _rounds[number & 1];
        if (round.number() != number) revert WrongRound(number, _progress.current);
        (round, ) = _now(round);
    }

    /// @dev The same, which must be in `need`. The caller writes it back.
    function _roundIn(uint32 number, Phase need) internal view returns (Round round) {
        round = _current(number);
        if (round.phase() != need) revert WrongPhase(round.phase(), need);
    }

    function _openNextRound(Progress memory progress_) private {
        uint32 number = progress_.current + 1;
        progress_.current = number;
        Round round = _rounds[number & 1];
        if (round.number() != number) round = RoundWord.fresh(number);
        round = round.turned(Phase.Entering, block.timestamp + Rules.enterSeconds());
        emit RoundOpened(number, round.endsAt());
        if (round.entered() == Rules.maxTrainers()) round = _next(round, block.timestamp);
        _rounds[number & 1] = round;
    }

    function _finalise(Progress memory progress_, Round round) private {
        uint32 number = round.number();
        (uint256 updates, uint256 weight, ) = _summed(round);
        uint256 dataRate = Math.min(Rules.maxDataRate(), Rules.dataPot() / weight);
        uint256 computeShare = Rules.computePot() / updates;
        uint256 rewards = dataRate * weight + computeShare * updates;
        _rounds[number & 1] = round;
        _results[number] = Result(uint96(dataRate), uint96(computeShare), _endings(round, Phase.Final));
        progress_.completed += 1;
        progress_.earned += uint128(rewards + Rules.aggregatorPay() + Rules.advanceTip());
        _credit(_places[number & 1][round.proposer()].seat.trainer(), Rules.aggregatorPay());
        _credit(msg.sender, Rules.advanceTip());
        emit RoundFinalised(number, uint128(dataRate), uint128(computeShare), msg.sender);
        if (progress_.completed == Rules.rounds() || progress_.cancelled) _close(progress_);
        else _openNextRound(progress_);
    }

    function _void(Progress memory progress_, Round round, Phase endedIn) private {
        if (endedIn == Phase.Aggregating) _missTurn(round);
        _endRound(round, endedIn);
        if (progress_.cancelled) _close(progress_);
        else _openNextRound(progress_);
    }

    function _endRound(Round round, Phase endedIn) private {
        _rounds[round.number() & 1] = round.turned(Phase.Void, block.timestamp);
        _results[round.number()].endings = _endings(round, endedIn);
        emit RoundVoided(round.number(), endedIn);
    }

    /// @dev Some may have entered the round that will now never open: it ends as one that too few entered.
    function _close(Progress memory progress_) private {
        progress_.closed = true;
        Round following = _rounds[(progress_.current + 1) & 1];
        if (following.number() == progress_.current + 1) _endRound(following, Phase.Entering);
        emit TaskClosed(progress_.completed);
    }

    /// @dev The round without its proposal: others propose anew, and the proposer too unless it is barred.
    function _reopened(Round round, bool barring) internal returns (Round) {
        Place storage place = _places[round.number() & 1][round.proposer()];
        if (barring) place.seat = place.seat.withBarred();
        return round.turned(Phase.Aggregating, block.timestamp + Rules.proposeSeconds());
    }

    /* INTERNAL: money */

    function _slash(address trainer, uint256 fine, address rewarded) internal returns (uint256) {
        return _vault.slash(trainer, fine, rewarded, (fine * REWARD_FIFTHS) / 5);
    }

    function _credit(address account, uint256 amount) private {
        _members[account] = _members[account].withCredit(amount);
    }

    function _claim(address trainer, address recipient, uint256 fee) private returns (uint256 amount) {
        Member member = _members[trainer];
        if (_isOver(member.lastRound())) _settle(member.lastRound(), member.lastSeat());
        if (_isOver(member.previousRound())) _settle(member.previousRound(), member.previousSeat());

        member = _members[trainer];
        amount = member.credit();
        if (fee > amount) revert FeeAboveReward(fee, amount);
        if (amount == 0) return 0;
        _members[trainer] = member.withoutCredit();
        emit RewardClaimed(trainer, recipient, amount, fee);
        Rules.rewardToken().safeTransfer(recipient, amount - fee);
        if (fee != 0) Rules.rewardToken().safeTransfer(msg.sender, fee);
    }

    function _refund() private returns (uint256 unspent) {
        if (_progress.refunded) return 0;
        unspent = Rules.budget() - _progress.earned;
        if (unspent == 0) return 0;
        _progress.refunded = true;
        emit BudgetRefunded(unspent);
        Rules.rewardToken().safeTransfer(Rules.sponsor(), unspent);
    }
}
