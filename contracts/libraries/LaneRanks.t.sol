// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {LaneRanks} from "./LaneRanks.sol";

/// @notice LaneRanks against the plain words of the rule: sort the cohorts' means, leave out as many at either end, add
/// the rest.
contract LaneRanksTest {
    uint256 private constant WORDS = 2;

    /* AGAINST A SLOW MODEL */

    function testFuzz_AWordIsTheSumOfTheMeansThatAreLeft(uint256 seed, uint8 cohorts, uint8 trim) external pure {
        uint256 count = 1 + (uint256(cohorts) % 8);
        uint256 cut = 1 + (uint256(trim) % 4);
        (uint256[][] memory sums, uint256[] memory divisors) = _anySums(seed, count, 1);
        uint256[] memory words = LaneRanks.sum(sums, divisors, cut);
        // With too few cohorts the one or two in the middle are left.
        if (2 * cut >= count) cut = (count - 1) / 2;
        for (uint256 i = 0; i < 8 * WORDS; i++) {
            int256[] memory means = new int256[](count);
            for (uint256 c = 0; c < count; c++) means[c] = _mean(_lane(sums[c], i), int256(divisors[c]));
            int256 total = 0;
            for (uint256 c = 0; c < count; c++) {
                uint256 below = _rankOf(means, c);
                if (below >= cut && below < count - cut) total += means[c];
            }
            require(_lane(words, i) == int32(uint32(uint256(total))), "another sum");
        }
    }

    function testFuzz_WithoutTrimmingItIsTheSumOfAllLanes(uint256 seed, uint8 cohorts) external pure {
        uint256 count = 1 + (uint256(cohorts) % 8);
        (uint256[][] memory sums, uint256[] memory divisors) = _anySums(seed, count, 1);
        uint256[] memory words = LaneRanks.sum(sums, divisors, 0);
        for (uint256 i = 0; i < 8 * WORDS; i++) {
            int256 total = 0;
            for (uint256 c = 0; c < count; c++) total += _lane(sums[c], i);
            require(_lane(words, i) == int32(uint32(uint256(total))), "another sum");
        }
    }

    function testFuzz_TheOrderOfCohortsDoesNotMatter(uint256 seed, uint8 cohorts, uint8 trim) external pure {
        uint256 count = 2 + (uint256(cohorts) % 7);
        (uint256[][] memory sums, uint256[] memory divisors) = _anySums(seed, count, 1);
        uint256[] memory words = LaneRanks.sum(sums, divisors, trim % 4);
        uint256 other = 1 + (seed % (count - 1));
        (sums[0], sums[other]) = (sums[other], sums[0]);
        (divisors[0], divisors[other]) = (divisors[other], divisors[0]);
        require(_same(LaneRanks.sum(sums, divisors, trim % 4), words), "another sum");
    }

    /* WHAT IT IS FOR */

    /// @dev Whatever one of five cohorts says of whatever weight, each lane stays within what the others say of it.
    function testFuzz_OneWildCohortMovesNothingBeyondTheOthers(
        uint256 seed,
        uint8 wild,
        bool isTrimmedTwice
    ) external pure {
        uint256 trim = isTrimmedTwice ? 2 : 1;
        (uint256[][] memory sums, uint256[] memory divisors) = _anySums(seed, 5, 8);
        uint256[] memory words = LaneRanks.sum(sums, divisors, trim);
        for (uint256 i = 0; i < 8 * WORDS; i++) {
            int256 lowest = type(int256).max;
            int256 highest = type(int256).min;
            for (uint256 c = 0; c < 5; c++) {
                if (c == wild % 5) continue;
                int256 mean = _mean(_lane(sums[c], i), int256(divisors[c]));
                if (mean < lowest) lowest = mean;
                if (mean > highest) highest = mean;
            }
            // With these divisors the sum of three means does not wrap.
            int256 sum = _lane(words, i);
            int256 left = int256(LaneRanks.left(5, trim));
            require(sum >= left * lowest && sum <= left * highest, "one cohort has moved the sum");
        }
    }

    function test_OneOfThreeIsTheMedian() external pure {
        require(_of([int256(10), -20, 30], [uint256(1), 1, 1]) == 10, "in the middle");
        require(_of([int256(10), 10, -2_000_000_000], [uint256(1), 1, 1]) == 10, "whatever the lowest");
        require(_of([int256(-10), 2_147_483_647, -10], [uint256(1), 1, 1]) == -10, "whatever the highest");
        require(_of([int256(100), 20, 90], [uint256(10), 1, 3]) == 20, "means of 10, 20 and 30");
        require(_of([int256(-3), -5, 1], [uint256(2), 2, 2]) == -2, "halves go away from zero");
    }

    function test_HowManyMeansAreLeft() external pure {
        require(LaneRanks.left(8, 0) == 8 && LaneRanks.left(8, 3) == 2 && LaneRanks.left(7, 3) == 1, "enough");
        require(LaneRanks.left(3, 1) == 1 && LaneRanks.left(5, 2) == 1, "just enough");
        require(LaneRanks.left(1, 1) == 1 && LaneRanks.left(2, 1) == 2, "too few to leave any out");
        require(LaneRanks.left(6, 3) == 2 && LaneRanks.left(5, 3) == 1 && LaneRanks.left(4, 3) == 2, "fewer");
    }

    /* INTERNAL */

    function _of(int256[3] memory lanes, uint256[3] memory divisors_) private pure returns (int256) {
        uint256[][] memory sums = new uint256[][](3);
        uint256[] memory divisors = new uint256[](3);
        for (uint256 c = 0; c < 3; c++) {
            sums[c] = new uint256[](1);
            // In the highest lane, with a neighbour of its own.
            sums[c][0] = (uint256(uint32(uint256(lanes[c]))) << 224) | (c << 192);
            divisors[c] = divisors_[c];
        }
        return _lane(LaneRanks.sum(sums, divisors, 1), 0);
    }

    /// @dev How many come before it in order; of equal ones the first comes first.
    function _rankOf(int256[] memory means, uint256 c) private pure returns (uint256 below) {
        for (uint256 i = 0; i < means.length; i++) {
            if (means[i] < means[c] || (means[i] == means[c] && i < c)) below++;
        }
    }

    /// @dev The nearest integer, halves away from zero, by trying: no other is nearer.
    function _mean(int256 lane, int256 divisor) private pure returns (int256 mean) {
        int256 magnitude = lane < 0 ? -lane : lane;
        mean = magnitude / divisor;
        if (2 * (magnitude - mean * divisor) >= divisor) mean += 1;
        return lane < 0 ? -mean : mean;
    }

    function _lane(uint256[] memory words, uint256 index) private pure returns (int256) {
        return int32(uint32(words[index / 8] >> (224 - 32 * (index % 8))));
    }

    /// @dev Some lanes of any bits, some small and often alike, and the ends; divisors small or large.
    function _anySums(
        uint256 seed,
        uint256 count,
        uint256 leastDivisor
    ) private pure returns (uint256[][] memory sums, uint256[] memory divisors) {
        sums = new uint256[][](count);
        divisors = new uint256[](count);
        for (uint256 c = 0; c < count; c++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, c)));
            divisors[c] = leastDivisor + (dice % (dice >> 255 == 0 ? 8 : (1 << 31) - 8));
            sums[c] = new uint256[](WORDS);
            for (uint256 i = 0; i < 8 * WORDS; i++) {
                uint256 random = uint256(keccak256(abi.encode(seed, c, i)));
                uint256 lane = uint32(random);
                if (random >> 254 == 0) lane = uint32(uint256(int256(lane % 64) - 32));
                if (random >> 252 == 15) lane = random & (1 << 40) == 0 ? 0x80000000 : 0x7fffffff;
                sums[c][i / 8] |= lane << (224 - 32 * (i % 8));
            }
        }
    }

    function _same(uint256[] memory a, uint256[] memory b) private pure returns (bool) {
        return keccak256(abi.encode(a)) == keccak256(abi.encode(b));
    }
}
