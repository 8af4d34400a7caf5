// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CohortWord} from "./Cohort.sol";

/// @notice Who is in a cohort: bit s is seat s. Among them a seat has a rank, by which a cohort's own sets fit into 32 bits:
/// how many of them have lower seats.
type Roster is uint256;

using RosterWord for Roster global;

/// @title RosterWord
/// @notice Translates between sets of seats and sets of ranks.
library RosterWord {
    /// @notice Of the only cohort: a seat's rank is its number.
    Roster internal constant ALL = Roster.wrap(type(uint256).max);

    /// @notice The bit of a seat's rank; 0 for a seat that is not in the cohort.
    function bitOf(Roster roster, uint16 seat) internal pure returns (uint256) {
        if (roster.isAll()) return 1 << uint256(seat);
        uint256 seatBit = 1 << uint256(seat);
        uint256 seats = Roster.unwrap(roster);
        return seats & seatBit == 0 ? 0 : 1 << CohortWord.count(seats & (seatBit - 1));
    }

    /// @notice The ranks of those of `seats` who are in the cohort.
    function ranksOf(Roster roster, uint256 seats) internal pure returns (uint256 ranks) {
        if (roster.isAll()) return seats;
        uint256 left = Roster.unwrap(roster);
        for (uint256 bit = 1; left != 0; bit <<= 1) {
            if (seats & left & (~left + 1) != 0) ranks |= bit;
            left &= left - 1;
        }
    }

    /// @notice The seats of some ranks.
    function seatsOf(Roster roster, uint256 ranks) internal pure returns (uint256 seats) {
        if (roster.isAll()) return ranks;
        uint256 left = Roster.unwrap(roster);
        if (ranks == (1 << CohortWord.count(left)) - 1) return left;
        for (; ranks != 0; ranks >>= 1) {
            if (ranks & 1 == 1) seats |= left & (~left + 1);
            left &= left - 1;
        }
    }

    function isAll(Roster roster) internal pure returns (bool) {
        return Roster.unwrap(roster) == type(uint256).max;
    }
}
