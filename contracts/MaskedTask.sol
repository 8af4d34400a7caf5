// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TrainingTask} from "./TrainingTask.sol";
import {CohortSets, DealtSeat, IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Phase, SeatStatus} from "./interfaces/ITrainingTask.sol";
import {Dealing} from "./libraries/Dealing.sol";
import {EcdhSeed} from "./libraries/EcdhSeed.sol";
import {RoundClock} from "./libraries/RoundClock.sol";
import {Rules} from "./libraries/Rules.sol";
import {Cohort, CohortWord} from "./types/Cohort.sol";
import {Round} from "./types/Round.sol";
import {Seat} from "./types/Seat.sol";

/// @title MaskedTask
/// @notice See IMaskedTask.
contract MaskedTask is IMaskedTask, TrainingTask {
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(uint32 round,uint256 members,bytes32 cohortView)"
    );

    /// @inheritdoc IMaskedTask
    address public immutable maskCourt;

    Cohort[2] private _cohorts;
    mapping(uint256 seat => bytes32)[2] private _dealings;
    /// @dev Votes for a set in a round; forgotten when one of them has won.
    mapping(bytes32 ballot => uint256) private _votes;

    constructor(IStakeVault vault, address court_, address maskCourt_) TrainingTask(vault, court_) {
        maskCourt = maskCourt_;
    }

    /* A ROUND, IN ORDER */

    /// @inheritdoc IMaskedTask
    function share(
        uint32 number,
        uint16 seatIndex,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash,
        bytes32 sharesId,
        bytes32 r,
        bytes32 vs
    ) external {
        Round round = _roundIn(number, Phase.Sharing);
        (Place storage place, Seat seat) = _ownPlace(number, seatIndex, SeatStatus.Entered);
        bytes32 taskDomain = domain();
        address recovered = ECDSA.recover(Dealing.possession(taskDomain, number, msg.sender), r, vs);
        if (recovered != keyAddress) revert WrongPossession(keyAddress, recovered);

        place.seat = seat.to(SeatStatus.Shared);
        _dealings[number & 1][seatIndex] = Dealing.hash(
            taskDomain,
            number,
            msg.sender,
            keyAddress,
            maskHash,
            sharesHash
        );
        Cohort cohort_ = _cohortOf(number).withShared(seatIndex);
        _cohorts[number & 1] = cohort_;
        emit KeyShared(number, seatIndex, keyAddress, maskHash, sharesHash, sharesId, r, vs);
        _keep(round, cohort_.sharedCount() == round.entered());
    }

    /// @inheritdoc IMaskedTask
    function commitMasked(uint32 round, uint16 seat, bytes32 root, bytes32 contentId) external {
        _commitMasked(round, seat, root, contentId);
    }

    /// @inheritdoc IMaskedTask
    function commitMaskedAndEnter(
        uint32 round,
        uint16 seat,
        bytes32 root,
        bytes32 contentId,
        uint16 weight
    ) external nonReentrant {
        _commitMasked(round, seat, root, contentId);
        _takeNextSeat(round, seat, weight);
    }

    /// @inheritdoc IMaskedTask
    function agree(
        uint32 number,
        uint16 seatIndex,
        uint256 missing,
        bytes32 cohortView,
        bytes calldata signature
    ) external {
        Round round = _roundIn(number, Phase.Agreeing);
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        if (seat.round() != number || seat.status() != SeatStatus.Committed || seat.attested()) {
            revert AlreadyActed(seatIndex, seat.status());
        }
        Cohort cohort_ = _cohorts[number & 1];
        if (missing & ~cohort_.committed() != 0) revert NotInTheSet(missing, cohort_.committed());
        uint256 members = cohort_.committed() & ~missing;
        if (CohortWord.count(members) < Rules.minTrainers()) {
            revert TooFewMembers(CohortWord.count(members), Rules.minTrainers());
        }
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(AGREEMENT_TYPEHASH, number, members, cohortView)));
        if (ECDSA.recover(digest, signature) != seat.trainer()) revert WrongSigner(seat.trainer());

        place.seat = seat.withAttested();
        emit SetAgreed(number, seatIndex, members, cohortView, signature);
        uint256 votes = _votes[digest] + 1;
        bool agreed = votes == Rules.shareThreshold();
        _votes[digest] = agreed ? 0 : votes;
        if (!agreed) return;
        _cohorts[number & 1] = cohort_.withMembers(members);
        emit SetFixed(number, members, cohortView);
        for (; missing != 0; missing &= missing - 1) {
            Place storage struck = _places[number & 1][_lowest(missing)];
            struck.seat = struck.seat.to(SeatStatus.Struck);
        }
        _keep(round, true);
    }

    /// @inheritdoc IMaskedTask
    function revealSeed(
        uint32 number,
        uint16 seatIndex,
        bytes32 seed,
        address keyAddress,
        bytes32 sharesHash,
        bytes32[] calldata keyShares
    ) external {
        Round round = _roundIn(number, Phase.Revealing);
        (Place storage place, Seat seat) = _ownPlace(number, seatIndex, SeatStatus.Committed);
        Cohort cohort_ = _cohorts[number & 1];
        _checkDealing(number, seatIndex, seat, keyAddress, Dealing.hashOfSeed(seed), sharesHash);
        uint256 dropped = CohortWord.count(cohort_.dropped());
        if (keyShares.length != dropped) revert WrongNumberOfShares(keyShares.length, dropped);

        place.seat = seat.to(SeatStatus.Revealed);
        round = _withRevealed(round, seatIndex, seat.weight());
        emit SeedRevealed(number, seatIndex, seed, keyShares, round.drawn());
        _keepSecret(round, cohort_.withSeed(seatIndex));
    }

    /// @inheritdoc IMaskedTask
    function rebuildKey(uint32 number, uint16 seatIndex, bytes32 key, bytes32 maskHash, bytes32 sharesHash) external {
        Round round = _roundOpenToSecrets(number);
        Cohort cohort_ = _cohorts[number & 1];
        _checkUnknown(seatIndex, cohort_.dropped(), cohort_.keys());
        Seat seat = _places[number & 1][seatIndex].seat;
        _checkDealing(number, seatIndex, seat, EcdhSeed.publicKeyAddress(uint256(key)), maskHash, sharesHash);

        emit KeyRebuilt(number, seatIndex, key);
        _keepSecret(round, cohort_.withKey(seatIndex));
    }

    /// @inheritdoc IMaskedTask
    function giveShares(uint32 number, uint16 seatIndex, uint256 owners, bytes32[] calldata seedShares) external {
        _roundIn(number, Phase.Recovering);
        (Place storage place, Seat seat) = _ownPlace(number, seatIndex, SeatStatus.Revealed);
        if (seat.gaveShares()) revert AlreadyActed(seatIndex, seat.status());
        uint256 members = _cohorts[number & 1].members();
        if (owners & ~members != 0) revert NotInTheSet(owners, members);
        if (seedShares.length != CohortWord.count(owners)) {
            revert WrongNumberOfShares(seedShares.length, CohortWord.count(owners));
        }
        place.seat = seat.withSharesGiven();
        emit SharesGiven(number, seatIndex, owners, seedShares);
    }

    /// @inheritdoc IMaskedTask
    function rebuildSeed(
        uint32 number,
        uint16 seatIndex,
        bytes32 seed,
        address keyAddress,
        bytes32 sharesHash
    ) external {
        Round round = _roundIn(number, Phase.Recovering);
        Cohort cohort_ = _cohorts[number & 1];
        _checkUnknown(seatIndex, cohort_.members(), cohort_.seeds());
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        _checkDealing(number, seatIndex, seat, keyAddress, Dealing.hashOfSeed(seed), sharesHash);

        place.seat = seat.to(SeatStatus.Rebuilt);
        emit SeedRebuilt(number, seatIndex, seed);
        _keepSecret(round.withRevealed(seat.weight()), cohort_.withSeed(seatIndex));
    }

    /* DISPUTES */

    /// @inheritdoc IMaskedTask
    function blame(uint32 number) external onlyCourt returns (uint256 endsAt) {
        Round round = _roundIn(number, Phase.Proposed);
        endsAt = block.timestamp + Rules.blameSeconds();
        _rounds[number & 1] = round.turned(Phase.Blaming, endsAt);
        emit SumBlamed(number, uint40(endsAt));
    }

    /// @inheritdoc IMaskedTask
    function convict(
        uint32 number,
        uint16 seatIndex,
        address rewarded
    ) external onlyCourt nonReentrant returns (uint256 fine) {
        Round round = _rounds[number & 1];
        if (round.number() != number) revert WrongRound(number, _progress.current);
        (round, ) = _now(round);
        if (round.phase() < Phase.Revealing || round.phase() > Phase.Blaming) {
            revert WrongPhase(round.phase(), Phase.Blaming);
        }
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        if (seat.round() != number || seat.convicted()) revert AlreadyConvicted(seatIndex);
        place.seat = seat.withConviction();
        fine = _slash(seat.trainer(), Rules.fraudFine(), rewarded);
        emit SeatConvicted(number, seatIndex, fine, rewarded);
    }

    /* VIEWS */

    /// @inheritdoc IMaskedTask
    function cohort(uint32 round) external view returns (CohortSets memory) {
        Cohort cohort_ = _cohortOf(round);
        return CohortSets(cohort_.shared(), cohort_.members(), cohort_.seeds(), cohort_.keys());
    }

    /// @inheritdoc IMaskedTask
    function dealingAt(uint32 round, uint16 seat) external view returns (bytes32) {
        return _dealings[round & 1][seat];
    }

    /// @inheritdoc IMaskedTask
    function seatsAt(uint32 round, uint256 set) external view returns (DealtSeat[] memory seats) {
        seats = new DealtSeat[](CohortWord.count(set));
        uint256 i = 0;
        for (uint256 seatIndex = 0; i < seats.length; seatIndex++) {
            if (set & (1 << seatIndex) == 0) continue;
            DealtSeat memory dealt = seats[i++];
            Place storage place = _places[round & 1][seatIndex];
            Seat seat = place.seat;
            (dealt.trainer, dealt.weight) = (seat.trainer(), seat.weight());
            dealt.commitment = place.commitment;
            dealt.dealing = _dealings[round & 1][seatIndex];
        }
    }

    /* INTERNAL */

    function _commitMasked(uint32 number, uint16 seatIndex, bytes32 root, bytes32 contentId) private {
        _cohorts[number & 1] = _cohorts[number & 1].withCommitted(seatIndex);
        _commit(number, seatIndex, SeatStatus.Shared, root);
        emit MaskedCommitted(number, seatIndex, root, contentId);
    }

    function _checkDealing(
        uint32 number,
        uint16 seatIndex,
        Seat seat,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash
    ) private view {
        bytes32 dealt = _dealings[number & 1][seatIndex];
        bytes32 opened = Dealing.hash(domain(), number, seat.trainer(), keyAddress, maskHash, sharesHash);
        if (opened != dealt) revert DealingMismatch(seatIndex, dealt, opened);
    }

    /// @dev The slot still holds the cohort of an earlier round until somebody shares.
    function _cohortOf(uint32 number) private view returns (Cohort cohort_) {
        cohort_ = _cohorts[number & 1];
        if (cohort_.round() != number) cohort_ = CohortWord.fresh(number);
    }

    function _checkUnknown(uint16 seatIndex, uint256 wanted, uint256 known) private pure {
        uint256 bit = 1 << uint256(seatIndex);
        if (wanted & bit == 0) revert NotInTheSet(bit, wanted);
        if (known & bit != 0) revert AlreadyKnown(seatIndex);
    }

    /// @dev The round while keys may be rebuilt: revealing or recovering.
    function _roundOpenToSecrets(uint32 number) private view returns (Round round) {
        round = _rounds[number & 1];
        if (round.number() != number) revert WrongRound(number, _progress.current);
        (round, ) = _now(round);
        if (round.phase() != Phase.Revealing && round.phase() != Phase.Recovering) {
            revert WrongPhase(round.phase(), Phase.Revealing);
        }
    }

    function _keepSecret(Round round, Cohort cohort_) private {
        _cohorts[round.number() & 1] = cohort_;
        _keep(round, cohort_.isUnmasked());
    }

    /// @dev Writes the round, in its next phase when everybody has acted.
    function _keep(Round round, bool everybodyHasActed) private {
        _rounds[round.number() & 1] = everybodyHasActed ? _next(round, block.timestamp) : round;
    }

    function _lowest(uint256 set) private pure returns (uint256) {
        return Math.log2(set & (~set + 1));
    }

    function _next(Round round, uint256 time) internal view override returns (Round) {
        return RoundClock.nextMasked(round, _cohortOf(round.number()), time);
    }

    function _expected(Round round) internal view override returns (uint256) {
        return _cohortOf(round.number()).sharedCount();
    }

    function _isCourt(address account) internal view override returns (bool) {
        return account == maskCourt || super._isCourt(account);
    }
}
