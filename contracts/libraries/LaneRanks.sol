// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LaneSum} from "./LaneSum.sol";
import {ServerStep} from "./ServerStep.sol";

/// @title LaneRanks
/// @notice A sum that leaves out what stands out: lane by lane the `trim` lowest and highest are left out and the others
/// added, which makes a trimmed mean, or with the most that can be left out the median (Yin et al. 2018). Of updates where
/// they can be read; where nobody can read an update inside a cohort, of the cohorts' means. The off-chain side is
/// trainer/protocol/laneRanks.ts.
library LaneRanks {
    /// @notice How many of `count` are left: with so few that `trim` would leave none, one or two in the middle.
    function left(uint256 count, uint256 trim) internal pure returns (uint256) {
        return count - 2 * _cut(count, trim);
    }

    /// @notice The words of the sum.
    /// @param sums Of each cohort, or single updates: the same words of each. @param divisors Of each: what makes its sum a mean,
    /// 1 to 2^31, of an update 1.
    /// @param trim How many means are left out at either end; 0: the sums are just added.
    function sum(
        uint256[][] memory sums,
        uint256[] memory divisors,
        uint256 trim
    ) internal pure returns (uint256[] memory words) {
        words = new uint256[](sums[0].length);
        uint256 cut = _cut(sums.length, trim);
        for (uint256 w = 0; w < words.length; w++) {
            if (trim == 0) {
                for (uint256 c = 0; c < sums.length; c++) words[w] = LaneSum.add(words[w], sums[c][w]);
                continue;
            }
            for (uint256 shift = 0; shift < 256; shift += 32) {
                int256[] memory means = new int256[](sums.length);
                for (uint256 c = 0; c < sums.length; c++) {
                    _insert(means, c, ServerStep.roundDiv(ServerStep.lane(sums[c][w], shift), int256(divisors[c])));
                }
                int256 total = 0;
                for (uint256 c = cut; c < sums.length - cut; c++) total += means[c];
                // As all sums of lanes: modulo 2^32.
                words[w] |= uint256(uint32(uint256(total))) << shift;
            }
        }
    }

    /// @notice The same of updates, which are their own means.
    function sum(uint256[][] memory updates, uint256 trim) internal pure returns (uint256[] memory) {
        uint256[] memory ones = new uint256[](updates.length);
        for (uint256 u = 0; u < ones.length; u++) ones[u] = 1;
        return sum(updates, ones, trim);
    }

    function _cut(uint256 count, uint256 trim) private pure returns (uint256) {
        return count > 2 * trim ? trim : (count - 1) / 2;
    }

    /// @dev Puts `mean` among the first `count`, which are in order: the only loop over pairs, so it is written out.
    function _insert(int256[] memory means, uint256 count, int256 mean) private pure {
        assembly ("memory-safe") {
            let last := add(means, shl(5, count))
            for {} gt(last, means) {
                last := sub(last, 32)
            } {
                let before := mload(last)
                if iszero(sgt(before, mean)) {
                    break
                }
                mstore(add(last, 32), before)
            }
            mstore(add(last, 32), mean)
        }
    }
}
