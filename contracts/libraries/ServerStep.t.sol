// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {FixedPointStep} from "./FixedPointStep.sol";
import {VectorHarness} from "../test-support/VectorHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice FixedPointStep against what rounding means: no integer is nearer, and a half goes away from zero.
contract FixedPointStepTest {
    VectorHarness private immutable harness = new VectorHarness();

    function test_HalvesGoAwayFromZero() external pure {
        require(_step(0, 1, 2) == 1 && _step(0, -1, 2) == -1, "1/2");
        require(_step(0, 3, 2) == 2 && _step(0, -3, 2) == -2, "3/2");
        require(_step(10, -1, 2) == 9 && _step(-10, 1, 2) == -9, "whatever the sign of the model");
        require(_step(0, 1, 3) == 0 && _step(0, -1, 3) == 0, "1/3");
        require(_step(0, 2, 3) == 1 && _step(0, -2, 3) == -1, "2/3");
        require(_step(0, 1 << 30, 1 << 31) == 1 && _step(0, -(1 << 30), 1 << 31) == -1, "half of the largest divisor");
        require(_step(0, (1 << 30) - 1, 1 << 31) == 0, "just below");
    }

    function test_StepSaturatesAtBothEnds() external pure {
        int32 max = type(int32).max;
        int32 min = type(int32).min;
        require(_step(max, 1, 1) == max && _step(max, max, 1) == max, "upper end");
        require(_step(min, -1, 1) == min && _step(min, min, 1) == min, "lower end");
        require(_step(max, min, 1) == -1 && _step(min, max, 1) == -1, "not when it stays inside");
    }

    function testFuzz_StepAddsTheNearestIntegerToTheMean(int32 model, int32 sum, uint32 anyWeight) external pure {
        uint256 weight = _weightFrom(anyWeight);
        int256 stepped = _step(model, sum, weight);
        if (stepped == type(int32).max || stepped == type(int32).min) {
            // At an end the mean, rounded, must lead there or beyond: at least that less a half.
            int256 wanted = (stepped - model) * 2 * int256(weight);
            int256 twice = 2 * int256(sum);
            if (stepped > 0) require(twice >= wanted - int256(weight), "saturated too early");
            else require(twice <= wanted + int256(weight), "saturated too early");
            return;
        }
        int256 mean = stepped - model;
        // |sum / weight - mean| <= 1/2, and at exactly 1/2 the mean is the one further from zero.
        int256 off = 2 * (int256(sum) - mean * int256(weight));
        int256 magnitude = off < 0 ? -off : off;
        require(magnitude <= int256(weight), "another integer is nearer");
        if (magnitude == int256(weight)) require((off < 0) == (sum > 0), "the half went towards zero");
    }

    function testFuzz_LanesAreIndependent(uint256 model, uint256 sum, uint32 anyWeight) external pure {
        uint256 weight = _weightFrom(anyWeight);
        uint256 next = FixedPointStep.step(model, sum, weight);
        for (uint256 shift = 0; shift < 256; shift += 32) {
            int32 lane = _step(int32(uint32(model >> shift)), int32(uint32(sum >> shift)), weight);
            require(int32(uint32(next >> shift)) == lane, "one lane differs");
        }
    }

    function testFuzz_ADivisorOutOfRangeIsRefused(uint256 weight) external {
        if (weight <= 1 << 31) weight = 0;
        _expectRefusal(weight);
    }

    function test_TheDivisorsNextToTheRangeAreRefused() external {
        _expectRefusal(0);
        _expectRefusal((1 << 31) + 1);
        _expectRefusal(type(uint256).max);
    }

    function _expectRefusal(uint256 weight) private {
        uint256[] memory one = new uint256[](1);
        VM.expectRevert(abi.encodeWithSelector(FixedPointStep.TotalWeightOutOfRange.selector, weight, 1 << 31));
        harness.stepWords(one, one, weight);
    }

    /// @dev Small weights, where halves are frequent, as often as large ones.
    function _weightFrom(uint32 any) private pure returns (uint256) {
        uint256 most = any % 2 == 0 ? 1 << 31 : 64;
        return 1 + (any % most);
    }

    /// @dev One lane, put in the word's lowest place with different neighbours.
    function _step(int32 model, int32 sum, uint256 weight) private pure returns (int32) {
        uint256 neighbours = uint256(keccak256("neighbours")) << 32;
        uint256 next = FixedPointStep.step(neighbours | uint32(model), neighbours | uint32(sum), weight);
        return int32(uint32(next));
    }
}
