// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ServerRule} from "../interfaces/ITrainingTask.sol";
import {ChunkTree} from "./ChunkTree.sol";

/// @notice How a task steps its model: its rules' fields of the same names, and the divisor of the sum. Only the divisor
/// is checked here; the task's rules bound the others.
struct StepRule {
    ServerRule rule;
    uint256 divisor; // what makes a mean of the sum: 1 to 2^31
    uint256 serverRate; // FedAvgM and those after it: in 2^-16, below 2^32
    uint256 momentum; // the same: in 2^-16, below 2^16
    uint256 secondMomentum; // FedAdam, FedYogi: in 2^-16, below 2^16
    uint256 adaptivity; // FedAdam, FedYogi, FedAdagrad: tau in lanes, 1 to 2^32 - 1
    uint256 fractionBits; // the same: binary digits of a lane after the point, up to 30
}

/// @title ServerStep
/// @notice The server's step on words of eight signed 32-bit lanes. With mean = sum / divisor, rounded:
///   FedAvg, Uniform   w' = w + mean                                (McMahan et al. 2017)
///   FedAvgM           m' = b m + mean            w' = w + rate m'  (Hsu et al. 2019)
///   FedAdam           m' = b m + (1 - b) mean    u' = sqrt(b2 u^2 + (1 - b2) mean^2)
///                     w' = w + rate m' / (u' + tau)                (Reddi et al. 2021, without bias correction)
///   FedYogi           u' = sqrt(u^2 - (1 - b2) mean^2 sign(u^2 - mean^2)), else as FedAdam
///   FedAdagrad        u' = sqrt(u^2 + mean^2), else as FedAdam
/// Moments carry 8 more binary digits than the model. Results are rounded to the nearest integer, halves away from zero,
/// and saturate at the int32 range; only b m rounds towards zero, so that a moment dies out. The off-chain side, which
/// says why, is trainer/protocol/serverStep.ts.
library ServerStep {
    uint256 internal constant MAX_DIVISOR = 1 << 31;
    /// @dev A lane has this many units of a moment.
    int256 private constant MOMENT_UNITS = 1 << 8;
    /// @dev One, in the units of rates and momenta.
    int256 private constant ONE = 1 << 16;

    /// @notice The divisor of a step is 1 to 2^31.
    error DivisorOutOfRange(uint256 divisor, uint256 max);
    /// @notice A model has one to three vectors.
    error NotAModel(uint256 vectors);

    /// @notice How many vectors the root of a model covers: the model, and the moments that its rule keeps.
    function vectors(ServerRule rule) internal pure returns (uint256) {
        if (rule > ServerRule.FedAvgM) return 3;
        return rule == ServerRule.FedAvgM ? 2 : 1;
    }

    /// @notice The root of a model from its vectors' own: w, or node(w, m), or node(node(w, m), node(u, 0)).
    function rootOf(bytes32[] memory roots) internal pure returns (bytes32) {
        if (roots.length == 0 || roots.length > 3) revert NotAModel(roots.length);
        if (roots.length == 1) return roots[0];
        bytes32 both = ChunkTree.node(roots[0], roots[1]);
        return roots.length == 2 ? both : ChunkTree.node(both, ChunkTree.node(roots[2], 0));
    }

    /// @notice Steps eight lanes.
    /// @param state The same word of the model and of the moments that the rule keeps; any others are ignored.
    /// @param sum That word of the sum of the updates.
    /// @return next That word of the next model and its moments, and 0 for those that the rule does not keep.
    function step(
        StepRule memory rule,
        uint256[3] memory state,
        uint256 sum
    ) internal pure returns (uint256[3] memory next) {
        if (rule.divisor == 0 || rule.divisor > MAX_DIVISOR) revert DivisorOutOfRange(rule.divisor, MAX_DIVISOR);
        for (uint256 shift = 0; shift < 256; shift += 32) {
            int256 model = lane(state[0], shift);
            int256 mean = roundDiv(lane(sum, shift), int256(rule.divisor));
            if (rule.rule == ServerRule.FedAvgM) {
                (int256 moved, int256 m) = _momentum(rule, lane(state[1], shift), mean);
                next[0] |= _placed(model + moved, shift);
                next[1] |= _placed(m, shift);
            } else if (rule.rule > ServerRule.FedAvgM) {
                (int256 moved, int256 m, int256 u) = _adaptive(
                    rule,
                    lane(state[1], shift),
                    lane(state[2], shift),
                    mean
                );
                next[0] |= _placed(model + moved, shift);
                next[1] |= _placed(m, shift);
                next[2] |= _placed(u, shift);
            } else {
                next[0] |= _placed(model + mean, shift);
            }
        }
    }

    /// @dev Numbers of the rule have at most 32 bits and lanes 32, so nothing here comes near the ends of int256.
    function _momentum(StepRule memory rule, int256 m, int256 mean) private pure returns (int256, int256) {
        unchecked {
            m = _saturated((int256(rule.momentum) * m) / ONE + mean * MOMENT_UNITS);
            return (roundDiv(int256(rule.serverRate) * m, ONE * MOMENT_UNITS), m);
        }
    }

    /// @dev The same holds here: the numerator of the step has at most 32 + 30 + 32 bits. Saturated before it is used,
    /// the update keeps both moments within lanes whatever the sum is.
    function _adaptive(
        StepRule memory rule,
        int256 m,
        int256 u,
        int256 mean
    ) private pure returns (int256, int256, int256) {
        unchecked {
            int256 update = _saturated(mean * MOMENT_UNITS);
            m = (int256(rule.momentum) * m + (ONE - int256(rule.momentum)) * update) / ONE;
            uint256 squares = uint256(_secondMoment(rule, u * u, update * update));
            // The nearest integer to a root r is that of 2r, of which floor is enough, plus one, halved.
            u = _saturated(int256((Math.sqrt((4 * squares) / uint256(ONE)) + 1) / 2));
            int256 scaled = (int256(rule.serverRate) * m) << rule.fractionBits;
            return (roundDiv(scaled, ONE * (u + int256(rule.adaptivity) * MOMENT_UNITS)), m, u);
        }
    }

    /// @dev In 2^-16; never negative.
    function _secondMoment(StepRule memory rule, int256 before, int256 square) private pure returns (int256) {
        unchecked {
            if (rule.rule == ServerRule.FedAdagrad) return ONE * (before + square);
            int256 kept = int256(rule.secondMomentum);
            if (rule.rule == ServerRule.FedAdam) return kept * before + (ONE - kept) * square;
            int256 change = (ONE - kept) * square;
            if (before == square) return ONE * before;
            return before > square ? ONE * before - change : ONE * before + change;
        }
    }

    /// @notice The nearest integer to a quotient, halves away from zero.
    /// @dev SDIV truncates, so half a divisor is added in the direction of the numerator first, doubled to stay whole.
    function roundDiv(int256 numerator, int256 divisor) internal pure returns (int256) {
        unchecked {
            int256 twice = 2 * numerator;
            return (numerator < 0 ? twice - divisor : twice + divisor) / (2 * divisor);
        }
    }

    /// @notice The signed lane at a bit of a word.
    function lane(uint256 word, uint256 shift) internal pure returns (int256) {
        return int32(uint32(word >> shift));
    }

    function _placed(int256 value, uint256 shift) private pure returns (uint256) {
        return uint256(uint32(int32(_saturated(value)))) << shift;
    }

    function _saturated(int256 value) private pure returns (int256) {
        if (value > type(int32).max) return type(int32).max;
        return value < type(int32).min ? type(int32).min : value;
    }
}
