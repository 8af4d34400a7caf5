// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Roster} from "../types/Roster.sol";
import {CohortDraw} from "./CohortDraw.sol";

/// @notice Everybody is drawn into one cohort, all of which are as large as they can be alike, and nobody can say who meets
/// whom.
contract CohortDrawTest {
    function testFuzz_EverybodyIsInOneCohort(uint256 seats, uint8 cohorts, bytes32 random) external pure {
        uint256 count = 1 + (uint256(cohorts) % 8);
        Roster[] memory rosters = CohortDraw.draw(seats, count, random);
        require(rosters.length == count, "another number of cohorts");
        uint256 drawn = 0;
        for (uint256 c = 0; c < count; c++) {
            uint256 roster = Roster.unwrap(rosters[c]);
            require(roster & drawn == 0, "a seat in two cohorts");
            drawn |= roster;
            // The size that a round's clock waits for.
            require(_count(roster) == (_count(seats) + count - 1 - c) / count, "another size");
        }
        require(drawn == seats, "a seat in no cohort, or from nowhere");
    }

    function test_CohortsDifferByOneAtMost() external pure {
        for (uint256 seats = 0; seats <= 40; seats++) {
            for (uint256 count = 1; count <= 8; count++) {
                Roster[] memory rosters = CohortDraw.draw((1 << seats) - 1, count, bytes32(seats));
                uint256 most = _count(Roster.unwrap(rosters[0]));
                uint256 fewest = _count(Roster.unwrap(rosters[count - 1]));
                require(most - fewest <= 1, "uneven");
            }
        }
    }

    function testFuzz_TheSameDrawComesOfTheSameRandomness(uint256 seats, bytes32 random) external pure {
        Roster[] memory once = CohortDraw.draw(seats, 4, random);
        Roster[] memory again = CohortDraw.draw(seats, 4, random);
        for (uint256 c = 0; c < 4; c++) require(Roster.unwrap(once[c]) == Roster.unwrap(again[c]), "another draw");
    }

    /// @dev Nine seats in three cohorts, a thousand times from fixed randomness, so that it is the same at any run. A pair
    /// meets with a probability of 1/4: 250 times, with a standard deviation of 13.7. Of 36 pairs five of those are not
    /// left in one of forty thousand such tests.
    function test_EveryPairMeetsAsOftenAsEveryOther() external pure {
        uint16[9] memory sits = [uint16(0), 1, 2, 4, 6, 10, 45, 47, 255];
        uint256 seats = 0;
        for (uint256 i = 0; i < 9; i++) seats |= 1 << uint256(sits[i]);
        uint256[9][9] memory met;
        for (uint256 i = 0; i < 1000; i++) {
            Roster[] memory rosters = CohortDraw.draw(seats, 3, keccak256(abi.encode("draw", i)));
            for (uint256 c = 0; c < 3; c++) {
                uint256 roster = Roster.unwrap(rosters[c]);
                for (uint256 a = 0; a < 9; a++) {
                    if ((roster >> sits[a]) & 1 == 0) continue;
                    met[a][a] += c;
                    for (uint256 b = a + 1; b < 9; b++) met[a][b] += (roster >> sits[b]) & 1;
                }
            }
        }
        for (uint256 a = 0; a < 9; a++) {
            // The mean index of its cohorts is 1, with a standard deviation of 0.026.
            require(met[a][a] > 870 && met[a][a] < 1130, "a seat in the same cohort too often");
            for (uint256 b = a + 1; b < 9; b++)
                require(met[a][b] > 181 && met[a][b] < 319, "a pair too often or too rarely");
        }
    }

    function _count(uint256 set) private pure returns (uint256 size) {
        for (uint256 i = 0; i < 256; i++) size += (set >> i) & 1;
    }
}
