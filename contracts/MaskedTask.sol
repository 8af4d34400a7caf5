// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TrainingTask} from "./TrainingTask.sol";
import {CohortSets, DealtSeat, IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Phase, SeatStatus} from "./interfaces/ITrainingTask.sol";
import {CohortDraw} from "./libraries/CohortDraw.sol";
import {Dealing} from "./libraries/Dealing.sol";
import {EcdhSeed} from "./libraries/EcdhSeed.sol";
import {RoundClock} from "./libraries/RoundClock.sol";
import {Rules} from "./libraries/Rules.sol";
import {Cohort, CohortWord} from "./types/Cohort.sol";
import {Roster, RosterWord} from "./types/Roster.sol";
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

    mapping(uint256 cohort => Cohort)[2] private _cohorts;
    mapping(uint256 cohort => Roster)[2] private _rosters; // drawn, where a task has several cohorts
    uint256[2] private _entrants; // and of these tasks, who is to be drawn: bit s is seat s
    mapping(uint256 seat => bytes32)[2] private _dealings;
    /// @dev Votes for a set in a round; forgotten when one of them has won.
    mapping(bytes32 ballot => uint256) private _votes;

    constructor(IStakeVault vault, address court_, address maskCourt_) TrainingTask(vault, court_) {
        maskCourt = maskCourt_;
    }

    /* A ROUND, IN ORDER */

    /// @inheritdoc IMaskedTask
    function draw(uint32 number) external {
        Round round = _roundIn(number, Phase.Drawing);
        // In a later block: nobody enters last who knows the draw.
        uint256 began = round.endsAt() - Rules.shareSeconds();
        if (block.timestamp <= began) revert DrawTooEarly(began);
        bytes32 random = keccak256(abi.encode(block.prevrandao, number));
        Roster[] memory rosters = CohortDraw.draw(_entrants[number & 1], _cohortCount(round), random);
        for (uint256 index = 0; index < rosters.length; index++) _rosters[number & 1][index] = rosters[index];
        _rounds[number & 1] = round.turned(Phase.Sharing, block.timestamp + Rules.shareSeconds());
        emit CohortsDrawn(number, rosters);
    }

    /// @inheritdoc IMaskedTask
    function share(
        uint32 number,
        uint16 seatIndex,
        uint8 cohortIndex,
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

        if (cohortIndex >= _cohortCount(round)) revert NotInTheCohort(seatIndex, cohortIndex);
        uint256 bit = _rosterOf(number, cohortIndex).bitOf(seatIndex);
        if (bit == 0) revert NotInTheCohort(seatIndex, cohortIndex);
        place.seat = seat.to(SeatStatus.Shared).withCohort(cohortIndex);
        _dealings[number & 1][seatIndex] = Dealing.hash(
            taskDomain,
            number,
            msg.sender,
            keyAddress,
            maskHash,
            sharesHash
        );
        emit KeyShared(number, seatIndex, keyAddress, maskHash, sharesHash, sharesId, r, vs);
        _keep(round, cohortIndex, _cohortOf(number, cohortIndex).withShared(bit));
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
        Cohort cohort_ = _cohortOf(number, seat.cohort());
        Roster roster = _rosterOf(number, seat.cohort());
        uint256 members = roster.seatsOf(cohort_.committed());
        if (missing & ~members != 0) revert NotInTheSet(missing, members);
        members &= ~missing;
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
        emit SetFixed(number, members, cohortView);
        for (; missing != 0; missing &= missing - 1) {
            Place storage struck = _places[number & 1][_lowest(missing)];
            struck.seat = struck.seat.to(SeatStatus.Struck);
        }
        _keep(round, seat.cohort(), cohort_.withMembers(roster.ranksOf(members)));
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
        Cohort cohort_ = _cohortOf(number, seat.cohort());
        uint256 bit = _checkUnknown(seat, seatIndex, cohort_.members(), cohort_.seeds());
        _checkDealing(number, seatIndex, seat, keyAddress, Dealing.hashOfSeed(seed), sharesHash);
        uint256 dropped = CohortWord.count(cohort_.dropped());
        if (keyShares.length != dropped) revert WrongNumberOfShares(keyShares.length, dropped);

        place.seat = seat.to(SeatStatus.Revealed);
        round = _withRevealed(round, seatIndex, seat.weight());
        emit SeedRevealed(number, seatIndex, seed, keyShares, round.drawn());
        _keep(round, seat.cohort(), cohort_.withSeed(bit, seat.weight()));
    }

    /// @inheritdoc IMaskedTask
    function rebuildKey(uint32 number, uint16 seatIndex, bytes32 key, bytes32 maskHash, bytes32 sharesHash) external {
        Round round = _roundOpenToSecrets(number);
        Seat seat = _places[number & 1][seatIndex].seat;
        Cohort cohort_ = _cohortOf(number, seat.cohort());
        if (cohort_.members() == 0) revert NotInTheSet(1 << uint256(seatIndex), 0);
        uint256 bit = _checkUnknown(seat, seatIndex, cohort_.dropped(), cohort_.keys());
        _checkDealing(number, seatIndex, seat, EcdhSeed.publicKeyAddress(uint256(key)), maskHash, sharesHash);

        emit KeyRebuilt(number, seatIndex, key);
        _keep(round, seat.cohort(), cohort_.withKey(bit));
    }

    /// @inheritdoc IMaskedTask
    function giveShares(uint32 number, uint16 seatIndex, uint256 owners, bytes32[] calldata seedShares) external {
        _roundIn(number, Phase.Recovering);
        (Place storage place, Seat seat) = _ownPlace(number, seatIndex, SeatStatus.Revealed);
        if (seat.gaveShares()) revert AlreadyActed(seatIndex, seat.status());
        uint256 members = _rosterOf(number, seat.cohort()).seatsOf(_cohortOf(number, seat.cohort()).members());
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
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        Cohort cohort_ = _cohortOf(number, seat.cohort());
        uint256 bit = _checkUnknown(seat, seatIndex, cohort_.members(), cohort_.seeds());
        _checkDealing(number, seatIndex, seat, keyAddress, Dealing.hashOfSeed(seed), sharesHash);

        place.seat = seat.to(SeatStatus.Rebuilt);
        emit SeedRebuilt(number, seatIndex, seed);
        _keep(round, seat.cohort(), cohort_.withSeed(bit, seat.weight()));
    }

    /* DISPUTES */

    /// @inheritdoc IMaskedTask
    function blame(uint32 number, uint8 cohortIndex) external onlyCourt returns (uint256 endsAt) {
        Round round = _roundIn(number, Phase.Proposed);
        Cohort cohort_ = _cohortOf(number, cohortIndex);
        if (!cohort_.isSummed()) revert NotInTheSum(cohortIndex);
        _cohorts[number & 1][cohortIndex] = cohort_.spoiled();
        endsAt = block.timestamp + Rules.blameSeconds();
        _rounds[number & 1] = round.turned(Phase.Blaming, endsAt);
        emit SumBlamed(number, cohortIndex, uint40(endsAt));
    }

    /// @inheritdoc IMaskedTask
    function convict(
        uint32 number,
        uint16 seatIndex,
        address rewarded
    ) external onlyCourt nonReentrant returns (bool isFirst) {
        Round round = _current(number);
        if (round.phase() < Phase.Revealing || round.phase() > Phase.Proposed) {
            revert WrongPhase(round.phase(), Phase.Blaming);
        }
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        if (seat.round() != number || seat.convicted()) return false;
        place.seat = seat.withConviction();
        uint256 fine = _slash(seat.trainer(), Rules.fraudFine(), rewarded);
        emit SeatConvicted(number, seatIndex, fine, rewarded);
        return true;
    }

    /* VIEWS */

    /// @inheritdoc IMaskedTask
    function cohorts(uint32 number) external view returns (CohortSets[] memory sets) {
        Round round = _rounds[number & 1];
        sets = new CohortSets[](round.number() == number ? _cohortCount(round) : 0);
        for (uint256 index = 0; index < sets.length; index++) {
            Roster roster = _rosterOf(number, index);
            Cohort cohort_ = _cohortOf(number, index);
            sets[index] = CohortSets({
                roster: Roster.unwrap(roster),
                shared: roster.seatsOf(cohort_.shared()),
                members: roster.seatsOf(cohort_.members()),
                seeds: roster.seatsOf(cohort_.seeds()),
                roundKeys: roster.seatsOf(cohort_.keys()),
                isSummed: cohort_.isSummed()
            });
        }
    }

    /// @inheritdoc IMaskedTask
    function dealingAt(uint32 round, uint16 seat) external view returns (bytes32) {
        return _dealings[round & 1][seat];
    }

    /// @inheritdoc IMaskedTask
    function seatsAt(uint32 round, uint256 set) external view returns (DealtSeat[] memory) {
        // Written as they are returned: every proof asks for whole cohorts, and structs would be copied.
        bytes memory encoded = new bytes(64 + 128 * CohortWord.count(set));
        uint256 at;
        assembly ("memory-safe") {
            at := add(encoded, 96)
            mstore(add(encoded, 32), 32)
            mstore(add(encoded, 64), shr(7, sub(mload(encoded), 64)))
        }
        for (uint256 seatIndex = 0; set >> seatIndex != 0; seatIndex++) {
            if ((set >> seatIndex) & 1 == 0) continue;
            Place storage place = _places[round & 1][seatIndex];
            Seat seat = place.seat;
            (address trainer, uint256 weight, bytes32 commitment) = (seat.trainer(), seat.weight(), place.commitment);
            bytes32 dealing = _dealings[round & 1][seatIndex];
            assembly ("memory-safe") {
                mstore(at, trainer)
                mstore(add(at, 32), weight)
                mstore(add(at, 64), commitment)
                mstore(add(at, 96), dealing)
                at := add(at, 128)
            }
        }
        assembly ("memory-safe") {
            return(add(encoded, 32), mload(encoded))
        }
    }

    /* INTERNAL */

    function _commitMasked(uint32 number, uint16 seatIndex, bytes32 root, bytes32 contentId) private {
        (Round round, Seat seat) = _commit(number, seatIndex, SeatStatus.Shared, root);
        uint256 bit = _rosterOf(number, seat.cohort()).bitOf(seatIndex);
        emit MaskedCommitted(number, seatIndex, root, contentId);
        _keep(round, seat.cohort(), _cohortOf(number, seat.cohort()).withCommitted(bit));
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

    /// @dev Of `seat`, which is in `wanted` and not in `known`, the bit of its rank.
    function _checkUnknown(
        Seat seat,
        uint16 seatIndex,
        uint256 wanted,
        uint256 known
    ) private view returns (uint256 bit) {
        Roster roster = _rosterOf(seat.round(), seat.cohort());
        bit = roster.bitOf(seatIndex);
        if (wanted & bit == 0) revert NotInTheSet(1 << uint256(seatIndex), roster.seatsOf(wanted));
        if (known & bit != 0) revert AlreadyKnown(seatIndex);
    }

    /// @dev The round while keys may be rebuilt: revealing or recovering.
    function _roundOpenToSecrets(uint32 number) private view returns (Round round) {
        round = _current(number);
        if (round.phase() != Phase.Revealing && round.phase() != Phase.Recovering) {
            revert WrongPhase(round.phase(), Phase.Revealing);
        }
    }

    /// @dev Writes the round with one of its cohorts, in its next phase when no cohort waits for anybody.
    function _keep(Round round, uint256 index, Cohort cohort_) private {
        _cohorts[round.number() & 1][index] = cohort_;
        _rounds[round.number() & 1] = _isDone(round, index) ? _next(round, block.timestamp) : round;
    }

    /// @dev The one that somebody has just acted in is asked first: mostly that is enough.
    function _isDone(Round round, uint256 first) private view returns (bool) {
        uint256 count = _cohortCount(round);
        uint256 enough = Rules.minTrainers();
        for (uint256 i = 0; i < count; i++) {
            uint256 index = (first + i) % count;
            // They are drawn one after another: the first have one more.
            uint256 size = (round.entered() + count - 1 - index) / count;
            if (!_cohortOf(round.number(), index).isDone(round.phase(), size, enough)) return false;
        }
        return true;
    }

    /* INTERNAL: cohorts */

    /// @dev As few as hold everybody.
    function _cohortCount(Round round) private view returns (uint256) {
        uint256 most = Rules.cohorts();
        return most == 1 ? 1 : Math.max(1, Math.ceilDiv(round.entered() * most, Rules.maxTrainers()));
    }

    /// @dev The slot still holds the cohort of an earlier round until somebody shares.
    function _cohortOf(uint32 number, uint256 index) private view returns (Cohort cohort_) {
        cohort_ = _cohorts[number & 1][index];
        if (cohort_.round() != number) cohort_ = CohortWord.fresh(number);
    }

    function _cohortsOf(Round round) private view returns (Cohort[] memory all) {
        all = new Cohort[](_cohortCount(round));
        for (uint256 index = 0; index < all.length; index++) all[index] = _cohortOf(round.number(), index);
    }

    function _rosterOf(uint32 number, uint256 index) private view returns (Roster) {
        return Rules.cohorts() == 1 ? RosterWord.ALL : _rosters[number & 1][index];
    }

    function _noteEntrant(Round round, uint16 seatIndex) internal override {
        if (Rules.cohorts() == 1) return;
        uint256 parity = round.number() & 1;
        uint256 before = round.entered() == 1 ? 0 : _entrants[parity];
        _entrants[parity] = before | (1 << uint256(seatIndex));
    }

    function _summed(Round round) internal view override returns (uint256 updates, uint256 weight, uint256 ranked) {
        Cohort[] memory all = _cohortsOf(round);
        for (uint256 index = 0; index < all.length; index++) {
            if (!all[index].isSummed()) continue;
            ranked++;
            updates += CohortWord.count(all[index].members());
            weight += all[index].weight();
        }
    }

    function _endings(Round round, Phase endedIn) internal view override returns (uint64 endings) {
        Cohort[] memory all = _cohortsOf(round);
        for (uint256 index = 0; index < all.length; index++) {
            Phase own = all[index].endedIn(Rules.minTrainers());
            endings |= uint64(uint256(own < endedIn ? own : endedIn)) << uint64(8 * index);
        }
    }

    function _lowest(uint256 set) private pure returns (uint256) {
        return Math.log2(set & (~set + 1));
    }

    function _next(Round round, uint256 time) internal view override returns (Round) {
        return RoundClock.nextMasked(round, _cohortsOf(round), time);
    }

    function _isCourt(address account) internal view override returns (bool) {
        return account == maskCourt || super._isCourt(account);
    }
}
