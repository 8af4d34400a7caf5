// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title FixedPointStep
/// @notice The server's step (FedAvg) on a word of eight signed 32-bit lanes:
/// model + round(sum / totalWeight), halves away from zero, saturating at the int32 range. The off-chain side is
/// trainer/protocol/serverStep.ts.
library FixedPointStep {
    uint256 internal constant MAX_TOTAL_WEIGHT = 1 << 31;

    /// @notice The divisor of a step is 1 to 2^31.
    error TotalWeightOutOfRange(uint256 totalWeight, uint256 max);

    /// @notice Steps the eight lanes of a word of the model by the same lanes of the sum.
    function step(uint256 model, uint256 sum, uint256 totalWeight) internal pure returns (uint256 next) {
        if (totalWeight == 0 || totalWeight > MAX_TOTAL_WEIGHT) {
            revert TotalWeightOutOfRange(totalWeight, MAX_TOTAL_WEIGHT);
        }
        int256 weight = int256(totalWeight);
        for (uint256 shift = 0; shift < 256; shift += 32) {
            int32 lane = stepLane(int32(uint32(model >> shift)), int32(uint32(sum >> shift)), weight);
            next |= uint256(uint32(lane)) << shift;
        }
    }

    /// @dev SDIV truncates, so half a divisor is added in the direction of the sum first, doubled to stay whole. With
    /// 32-bit lanes and a weight up to 2^31 nothing here comes near the ends of int256.
    function stepLane(int32 model, int32 sum, int256 weight) private pure returns (int32) {
        unchecked {
            int256 twice = 2 * int256(sum);
            int256 mean = (sum < 0 ? twice - weight : twice + weight) / (2 * weight);
            int256 stepped = int256(model) + mean;
            if (stepped > type(int32).max) return type(int32).max;
            if (stepped < type(int32).min) return type(int32).min;
            return int32(stepped);
        }
    }
}
