// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Roster, RosterWord} from "./Roster.sol";

/// @notice A seat has one rank and a rank one seat, whichever seats a cohort has.
contract RosterTest {
    function testFuzz_ASetOfSeatsIsTheSetOfTheirRanks(uint256 random, uint8 size, uint256 set) external pure {
        (Roster roster, uint16[] memory seats) = _aRoster(random, size);
        uint256 within = 0;
        uint256 ranks = 0;
        for (uint256 rank = 0; rank < seats.length; rank++) {
            uint256 bit = 1 << uint256(seats[rank]);
            require(roster.bitOf(seats[rank]) == 1 << rank, "a seat's rank is how many are below it");
            require(roster.ranksOf(bit) == 1 << rank && roster.seatsOf(1 << rank) == bit, "one by one");
            within |= set & bit;
            if (set & bit != 0) ranks |= 1 << rank;
        }
        require(roster.ranksOf(set) == ranks, "ranks, and none for a seat of another cohort");
        require(roster.seatsOf(ranks) == within, "and back");
        uint256 all = (1 << seats.length) - 1;
        require(roster.seatsOf(all) == Roster.unwrap(roster), "all ranks are all seats");
        require(roster.ranksOf(Roster.unwrap(roster)) == all, "all seats are all ranks");
    }

    function testFuzz_ASeatOfAnotherCohortHasNoRank(uint256 random, uint8 size, uint8 seat) external pure {
        (Roster roster, ) = _aRoster(random, size);
        bool isIn = (Roster.unwrap(roster) >> seat) & 1 == 1;
        require((roster.bitOf(seat) != 0) == isIn, "bitOf");
        require((roster.ranksOf(1 << uint256(seat)) != 0) == isIn, "ranksOf");
    }

    function testFuzz_InTheOnlyCohortARankIsASeat(uint32 set, uint8 seat) external pure {
        Roster all = RosterWord.ALL;
        require(all.isAll() && all.bitOf(seat) == 1 << uint256(seat), "bitOf");
        require(all.ranksOf(set) == set && all.seatsOf(set) == set, "sets");
    }

    function test_TheHighestSeatsHaveTheHighestRanks() external pure {
        Roster roster = Roster.wrap(uint256(type(uint32).max) << 224);
        require(roster.bitOf(224) == 1 && roster.bitOf(255) == 1 << 31 && roster.bitOf(223) == 0, "bitOf");
        require(roster.seatsOf(1 << 31) == 1 << 255 && roster.ranksOf(1 << 255) == 1 << 31, "sets");
        require(Roster.wrap(0).bitOf(0) == 0 && Roster.wrap(0).ranksOf(type(uint256).max) == 0, "nobody");
    }

    /// @dev Up to 32 of 256 seats, ascending.
    function _aRoster(uint256 random, uint8 size) private pure returns (Roster roster, uint16[] memory seats) {
        uint256 left = 1 + (uint256(size) % 32);
        uint256 set = 0;
        for (uint256 i = 0; left > 0; i++) {
            uint256 bit = 1 << (uint256(keccak256(abi.encode(random, i))) % 256);
            if (set & bit != 0) continue;
            set |= bit;
            left--;
        }
        seats = new uint16[](1 + (uint256(size) % 32));
        uint256 rank = 0;
        for (uint16 seat = 0; seat < 256; seat++) {
            if ((set >> seat) & 1 == 1) seats[rank++] = seat;
        }
        return (Roster.wrap(set), seats);
    }
}
