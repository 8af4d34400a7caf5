// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LaneSum} from "./LaneSum.sol";
import {ServerStep} from "./ServerStep.sol";

/// @title CohortMeans
/// @notice One sum of several cohorts' sums. Nobody can read an update inside a cohort, but the cohorts' means can be
/// compared: lane by lane the `trim` lowest and highest of them are left out and the others added, as the trimmed mean and the
/// median do with updates (Yin et al. 2018). Without trimming the sum is that of all updates. The off-chain side is
/// trainer/protocol/cohortMeans.ts.
library CohortMeans {
    /// @notice How many of `cohorts` means are left: with so few that `trim` would leave none, one or two in the middle.
    function left(uint256 cohorts, uint256 trim) internal pure returns (uint256) {
        return cohorts - 2 * _cut(cohorts, trim);
    }

    /// @notice The words of the sum.
    /// @param sums Of each cohort, the same words. @param divisors Of each: what makes its sum a mean, 1 to 2^31.
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

    function _cut(uint256 cohorts, uint256 trim) private pure returns (uint256) {
        return cohorts > 2 * trim ? trim : (cohorts - 1) / 2;
    }

    /// @dev Among the first `count`, which are in order.
    function _insert(int256[] memory means, uint256 count, int256 mean) private pure {
        uint256 place = count;
        for (; place > 0 && means[place - 1] > mean; place--) means[place] = means[place - 1];
        means[place] = mean;
    }
}
