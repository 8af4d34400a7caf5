// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SeatStatus} from "../interfaces/ITrainingTask.sol";

/// @notice Who sits somewhere in which round, in one slot:
/// | 0..159 trainer | 160..191 round | 192..207 weight | 208..215 status | 216 attested | 217 missedTurn | 218..233 strikes
/// | 234 barred | 235..246 modelMissed | 247 convicted | 248 gaveShares | 249..251 cohort |
/// `missedTurn`: was drawn to aggregate and did not; `strikes`: how many could not fetch its update; `barred`: its proposal
/// was overturned; `modelMissed`: the last proposal whose model it could not have, by its ordinal; masked: `convicted` of a
/// fraud in its round, `gaveShares` of others' seeds, and the `cohort` in which it has shared.
/// A word and no struct, as Round is.
type Seat is uint256;

using SeatWord for Seat global;

/// @title SeatWord
/// @notice Reads a seat and writes changed copies of it.
library SeatWord {
    uint256 private constant STATUS_MASK = type(uint8).max;
    uint256 private constant ATTESTED = 1 << 216;
    uint256 private constant MISSED_TURN = 1 << 217;
    uint256 private constant ONE_STRIKE = 1 << 218; // at most 255, one from each other seat
    uint256 private constant BARRED = 1 << 234;
    uint256 private constant CONVICTED = 1 << 247;
    uint256 private constant GAVE_SHARES = 1 << 248;
    uint256 private constant COHORT_MASK = (1 << 3) - 1;
    uint256 private constant ORDINAL_MASK = (1 << 12) - 1;

    /// @notice A seat just taken.
    function taken(address by, uint32 round_, uint16 weight_) internal pure returns (Seat) {
        uint256 word = uint160(by) | (uint256(round_) << 160) | (uint256(weight_) << 192);
        return Seat.wrap(word).to(SeatStatus.Entered);
    }

    function trainer(Seat seat) internal pure returns (address) {
        return address(uint160(Seat.unwrap(seat)));
    }

    function round(Seat seat) internal pure returns (uint32) {
        return uint32(Seat.unwrap(seat) >> 160);
    }

    function weight(Seat seat) internal pure returns (uint16) {
        return uint16(Seat.unwrap(seat) >> 192);
    }

    function status(Seat seat) internal pure returns (SeatStatus) {
        return SeatStatus(uint8(Seat.unwrap(seat) >> 208));
    }

    function attested(Seat seat) internal pure returns (bool) {
        return Seat.unwrap(seat) & ATTESTED != 0;
    }

    function missedTurn(Seat seat) internal pure returns (bool) {
        return Seat.unwrap(seat) & MISSED_TURN != 0;
    }

    function strikes(Seat seat) internal pure returns (uint16) {
        return uint16(Seat.unwrap(seat) >> 218);
    }

    function barred(Seat seat) internal pure returns (bool) {
        return Seat.unwrap(seat) & BARRED != 0;
    }

    function modelMissed(Seat seat) internal pure returns (uint16) {
        return uint16((Seat.unwrap(seat) >> 235) & ORDINAL_MASK);
    }

    function convicted(Seat seat) internal pure returns (bool) {
        return Seat.unwrap(seat) & CONVICTED != 0;
    }

    function gaveShares(Seat seat) internal pure returns (bool) {
        return Seat.unwrap(seat) & GAVE_SHARES != 0;
    }

    /// @notice 0 until it has shared.
    function cohort(Seat seat) internal pure returns (uint8) {
        return uint8((Seat.unwrap(seat) >> 249) & COHORT_MASK);
    }

    /// @notice With another status.
    function to(Seat seat, SeatStatus next) internal pure returns (Seat) {
        return Seat.wrap((Seat.unwrap(seat) & ~(STATUS_MASK << 208)) | (uint256(next) << 208));
    }

    /// @notice Having attested.
    function withAttested(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | ATTESTED);
    }

    /// @notice Having missed its turn to aggregate.
    function withMissedTurn(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | MISSED_TURN);
    }

    /// @notice With one strike more.
    function withStrike(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) + ONE_STRIKE);
    }

    /// @notice Barred from proposing in this round again.
    function withBarred(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | BARRED);
    }

    /// @notice Having missed the model of the proposal with this ordinal.
    function withModelMissed(Seat seat, uint16 ordinal) internal pure returns (Seat) {
        return Seat.wrap((Seat.unwrap(seat) & ~(ORDINAL_MASK << 235)) | (uint256(ordinal) << 235));
    }

    /// @notice Convicted of a fraud in its round.
    function withConviction(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | CONVICTED);
    }

    /// @notice Having given its shares of others' seeds.
    function withSharesGiven(Seat seat) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | GAVE_SHARES);
    }

    /// @notice In a cohort, below 8.
    function withCohort(Seat seat, uint8 index) internal pure returns (Seat) {
        return Seat.wrap(Seat.unwrap(seat) | (uint256(index) << 249));
    }
}
