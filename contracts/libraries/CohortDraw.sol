// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CohortWord} from "../types/Cohort.sol";
import {Roster} from "../types/Roster.sol";

/// @title CohortDraw
/// @notice Who comes into which cohort: everybody with the same chance, by a shuffle of all seats taken (Fisher and Yates).
library CohortDraw {
    /// @param seats Those taken, as a set. @param cohorts How many to make, at least 1.
    /// @param random Known to nobody before all had their seats.
    /// @return rosters Disjoint, of sizes that differ by one at most, the larger ones first.
    function draw(uint256 seats, uint256 cohorts, bytes32 random) internal pure returns (Roster[] memory rosters) {
        uint256 left = CohortWord.count(seats);
        bytes memory deck = new bytes(left);
        uint256 next = 0;
        for (uint256 seat = 0; seat < 256; seat++) {
            if ((seats >> seat) & 1 == 1) deck[next++] = bytes1(uint8(seat));
        }
        rosters = new Roster[](cohorts);
        for (; left != 0; left--) {
            random = keccak256(abi.encode(random));
            uint256 place = uint256(random) % left;
            uint256 bit = 1 << uint256(uint8(deck[place]));
            deck[place] = deck[left - 1];
            uint256 cohort = (left - 1) % cohorts; // so that the first have one more
            rosters[cohort] = Roster.wrap(Roster.unwrap(rosters[cohort]) | bit);
        }
    }
}
