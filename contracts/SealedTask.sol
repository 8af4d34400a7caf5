// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TrainingTask} from "./TrainingTask.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Fault, Phase, SeatStatus} from "./interfaces/ITrainingTask.sol";
import {RoundClock} from "./libraries/RoundClock.sol";
import {Rules} from "./libraries/Rules.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";
import {Round} from "./types/Round.sol";
import {Seat} from "./types/Seat.sol";

/// @title SealedTask
/// @notice See ISealedTask.
contract SealedTask is ISealedTask, TrainingTask {
    constructor(IStakeVault vault, address court_) TrainingTask(vault, court_) {}

    /* A ROUND, IN ORDER */

    /// @inheritdoc ISealedTask
    function commit(uint32 round, uint16 seat, bytes32 commitment) external {
        _commitSealed(round, seat, commitment);
    }

    /// @inheritdoc ISealedTask
    function commitAndEnter(uint32 round, uint16 seat, bytes32 commitment, uint16 weight) external nonReentrant {
        _commitSealed(round, seat, commitment);
        _takeNextSeat(round, seat, weight);
    }

    /// @inheritdoc ISealedTask
    function reveal(uint32 number, uint16 seatIndex, bytes32 root, bytes32 contentKeyHash, bytes32 contentId) external {
        Round round = _roundIn(number, Phase.Revealing);
        (Place storage place, Seat seat) = _ownPlace(number, seatIndex, SeatStatus.Committed);
        bytes32 committed = place.commitment;
        bytes32 revealed = UpdateCommitment.hash(domain(), number, msg.sender, root, contentKeyHash);
        if (committed != revealed) revert CommitmentMismatch(committed, revealed);

        place.seat = seat.to(SeatStatus.Revealed);
        round = _withRevealed(round, seatIndex, seat.weight());
        emit UpdateRevealed(number, seatIndex, root, contentKeyHash, contentId, round.drawn());
        // Who was expelled meanwhile has revealed, too.
        if (round.revealed() + round.struck() == round.committed()) round = _next(round, block.timestamp);
        _rounds[number & 1] = round;
    }

    /// @inheritdoc ISealedTask
    /// @dev The loop runs over the bits of `missing`: at most one per seat, and paid for by who sets them.
    function attest(uint32 number, uint16 seatIndex, uint256 missing) external {
        Round round = _roundIn(number, Phase.Attesting);
        // A seat counts if it is struck, too: in what order they speak must not decide who is struck.
        (Place storage own, Seat attester) = _ownRevealedPlace(number, seatIndex);
        if (attester.attested()) revert AlreadyActed(seatIndex, attester.status());
        own.seat = attester.withAttested();
        emit SeatsAttested(number, seatIndex, missing);

        uint256 cohort = uint256(round.revealed()) + round.struck();
        for (uint256 left = missing; left != 0; left &= left - 1) {
            uint16 index = uint16(Math.log2(left & (~left + 1)));
            if (index >= Rules.maxTrainers()) revert SeatOutOfRange(index, Rules.maxTrainers());
            Place storage place = _places[number & 1][index];
            Seat seat = place.seat;
            // Whom others have taken out of the round meanwhile needs no strike any more.
            bool isOut = seat.status() == SeatStatus.Struck || seat.status() == SeatStatus.Expelled;
            if (seat.round() == number && isOut) continue;
            if (index == seatIndex || seat.round() != number || seat.status() != SeatStatus.Revealed) {
                revert CannotAttestSeat(index, seat.status());
            }
            seat = seat.withStrike();
            if (uint256(seat.strikes()) * 2 > cohort) {
                seat = seat.to(SeatStatus.Struck);
                round = round.withStruck(seat.weight());
                emit SeatStruck(number, index);
            }
            place.seat = seat;
        }
        _rounds[number & 1] = round;
    }

    /* DISPUTES */

    /// @inheritdoc ISealedTask
    function expel(
        uint32 number,
        uint16 seatIndex,
        address rewarded
    ) external onlyCourt nonReentrant returns (uint256 fine) {
        Round round = _current(number);
        if (round.phase() < Phase.Revealing || round.phase() > Phase.Proposed) {
            revert WrongPhase(round.phase(), Phase.Attesting);
        }
        Place storage place = _places[number & 1][seatIndex];
        Seat seat = place.seat;
        bool counts = seat.status() == SeatStatus.Revealed;
        if (seat.round() != number || (!counts && seat.status() != SeatStatus.Struck)) {
            revert CannotExpelSeat(seatIndex, seat.status());
        }
        place.seat = seat.to(SeatStatus.Expelled);
        if (counts) round = round.withStruck(seat.weight());
        // Nor does a proposal stand whose bond the fine has taken.
        bool overturned = round.phase() == Phase.Proposed && (counts || seatIndex == round.proposer());
        if (overturned) round = _reopened(round, false);
        // With too few left the round ends as one that too few have attested: void.
        if (round.phase() == Phase.Aggregating && round.revealed() < Rules.minSummed()) {
            round = round.turned(Phase.Attesting, block.timestamp);
        }
        _rounds[number & 1] = round;
        if (overturned) emit ProposalOverturned(number, round.proposer(), Fault.SetChanged, 0, rewarded);
        fine = _slash(seat.trainer(), Rules.fraudFine(), rewarded);
        emit SeatExpelled(number, seatIndex, fine, rewarded);
    }

    /* INTERNAL */

    function _commitSealed(uint32 number, uint16 seatIndex, bytes32 commitment) private {
        (Round round, ) = _commit(number, seatIndex, SeatStatus.Entered, commitment);
        if (round.committed() == round.entered()) round = _next(round, block.timestamp);
        _rounds[number & 1] = round;
        emit UpdateCommitted(number, seatIndex, commitment);
    }

    /// @dev With its update struck a trainer is still one of those who revealed, of whom majorities are.
    function _hasRevealed(SeatStatus status) internal pure override returns (bool) {
        return status == SeatStatus.Revealed || status == SeatStatus.Struck;
    }

    function _next(Round round, uint256 time) internal view override returns (Round) {
        return RoundClock.next(round, time);
    }
}
