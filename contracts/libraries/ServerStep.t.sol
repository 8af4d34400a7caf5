// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {ServerRule} from "../interfaces/ITrainingTask.sol";
import {ChunkTree} from "./ChunkTree.sol";
import {ServerStep, StepRule} from "./ServerStep.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {VectorHarness} from "../test-support/VectorHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice ServerStep against what rounding means: no integer is nearer, and a half goes away from zero.
contract ServerStepTest {
    int256 private constant ONE = 1 << 16;
    int256 private constant UNITS = 1 << 8;
    int32 private constant MAX = type(int32).max;
    int32 private constant MIN = type(int32).min;

    VectorHarness private immutable harness = VectorHarness(Deploy.named("VectorHarness"));

    /* THE MEAN */

    function test_HalvesGoAwayFromZero() external pure {
        require(_average(0, 1, 2) == 1 && _average(0, -1, 2) == -1, "1/2");
        require(_average(0, 3, 2) == 2 && _average(0, -3, 2) == -2, "3/2");
        require(_average(10, -1, 2) == 9 && _average(-10, 1, 2) == -9, "whatever the sign of the model");
        require(_average(0, 1, 3) == 0 && _average(0, -1, 3) == 0, "1/3");
        require(_average(0, 2, 3) == 1 && _average(0, -2, 3) == -1, "2/3");
        require(_average(0, 1 << 30, 1 << 31) == 1 && _average(0, -(1 << 30), 1 << 31) == -1, "half of the largest");
        require(_average(0, (1 << 30) - 1, 1 << 31) == 0, "just below");
    }

    function test_StepSaturatesAtBothEnds() external pure {
        require(_average(MAX, 1, 1) == MAX && _average(MAX, MAX, 1) == MAX, "upper end");
        require(_average(MIN, -1, 1) == MIN && _average(MIN, MIN, 1) == MIN, "lower end");
        require(_average(MAX, MIN, 1) == -1 && _average(MIN, MAX, 1) == -1, "not when it stays inside");
    }

    function testFuzz_StepAddsTheNearestIntegerToTheMean(int32 model, int32 sum, uint32 anyDivisor) external pure {
        uint256 divisor = _divisorFrom(anyDivisor);
        _requireNearest(int256(sum), int256(divisor), model, _average(model, sum, divisor));
    }

    /* FEDAVGM */

    function testFuzz_MomentumIsKeptInPartAndTheMeanAdded(uint256 seed, int32[3] calldata lanes) external pure {
        StepRule memory rule = _ruleFrom(seed, ServerRule.FedAvgM);
        (int32 w, int32 m, ) = _step(rule, lanes[0], lanes[1], 0, lanes[2]);
        int256 kept = (int256(rule.momentum) * lanes[1]) / ONE;
        require(m == _saturated(kept + int256(_meanOf(rule, lanes[2])) * UNITS), "moment");
        _requireNearest(int256(rule.serverRate) * m, ONE * UNITS, lanes[0], w);
    }

    function testFuzz_WithoutMomentumAndAtRateOneItIsFedAvg(uint256 model, uint256 sum, uint24 more) external pure {
        StepRule memory rule = _ruleFrom(0, ServerRule.FedAvgM);
        (rule.serverRate, rule.momentum) = (uint256(ONE), 0);
        rule.divisor = 300 + uint256(more); // so that no moment saturates
        uint256 withMoment = ServerStep.step(rule, [model, 0, 0], sum)[0];
        rule.rule = ServerRule.FedAvg;
        require(withMoment == ServerStep.step(rule, [model, 0, 0], sum)[0], "another model");
    }

    function testFuzz_AMomentWithoutUpdatesDiesOut(uint256 seed, int32 moment) external pure {
        for (uint256 i = 0; i < 2; i++) {
            ServerRule which = i == 0 ? ServerRule.FedAvgM : ServerRule.FedAdam;
            (, int32 m, ) = _step(_ruleFrom(seed, which), 0, moment, 0, 0);
            if (moment > 0) require(m >= 0 && m < moment, "not nearer to zero from above");
            else if (moment < 0) require(m <= 0 && m > moment, "not nearer to zero from below");
            else require(m == 0, "came from nothing");
        }
    }

    /* ADAPTIVE RULES */

    function testFuzz_BothMomentsFollowFromWhatTheyWereAndTheUpdate(
        uint256 seed,
        int32[4] calldata lanes
    ) external pure {
        for (uint256 i = uint256(ServerRule.FedAdam); i <= uint256(ServerRule.FedAdagrad); i++) {
            _requireMomentsThatFollow(_ruleFrom(seed, ServerRule(i)), lanes);
        }
    }

    function _requireMomentsThatFollow(StepRule memory rule, int32[4] calldata lanes) private pure {
        int256 before = lanes[2] < 0 ? int256(0) : int256(lanes[2]); // a root is never negative
        (int32 w, int32 m, int32 u) = _step(rule, lanes[0], lanes[1], int32(before), lanes[3]);
        int256 update = _saturated(int256(_meanOf(rule, lanes[3])) * UNITS);
        int256 share = int256(rule.momentum);
        require(m == (share * lanes[1] + (ONE - share) * update) / ONE, "first moment");
        // u - 1/2 <= root < u + 1/2, squared and times four; only a root of 2^31 saturates
        int256 squares = 4 * _secondMoment(rule, before * before, update * update);
        int256 twice = 2 * int256(u);
        require(u == MAX || squares < (twice + 1) * (twice + 1) * ONE, "second moment too small");
        require(u >= 0, "a negative root");
        if (u > 0) require(squares >= (twice - 1) * (twice - 1) * ONE, "second moment too large");
        int256 divisor = ONE * (u + int256(rule.adaptivity) * UNITS);
        _requireNearest((int256(rule.serverRate) * m) << rule.fractionBits, divisor, lanes[0], w);
    }

    /// @dev Reddi et al. 2021, Algorithm 2, in 2^-16.
    function _secondMoment(StepRule memory rule, int256 before, int256 square) private pure returns (int256) {
        if (rule.rule == ServerRule.FedAdagrad) return ONE * (before + square);
        int256 share = int256(rule.secondMomentum);
        if (rule.rule == ServerRule.FedAdam) return share * before + (ONE - share) * square;
        int256 sign =
            before > square
                ? int256(1)
                : before < square
                    ? -1
                    : int256(0);
        return ONE * before - (ONE - share) * square * sign;
    }

    /* EVERY RULE */

    function testFuzz_NoStepRevertsAndNothingIsKeptThatTheRuleDoesNotKeep(
        uint256 seed,
        uint256[3] calldata state,
        uint256 sum
    ) external pure {
        for (uint256 i = 0; i <= uint256(ServerRule.FedAdagrad); i++) {
            ServerRule which = ServerRule(i);
            uint256[3] memory next = ServerStep.step(_ruleFrom(seed, which), state, sum);
            for (uint256 v = ServerStep.vectors(which); v < 3; v++) require(next[v] == 0, "a moment from nowhere");
        }
    }

    function testFuzz_AFreshModelRestsWhileTheSumIsZero(uint256 seed, uint256 model) external pure {
        for (uint256 i = 0; i < 4; i++) {
            uint256[3] memory next = ServerStep.step(_ruleFrom(seed, ServerRule(i)), [model, 0, 0], 0);
            require(next[0] == model && next[1] == 0 && next[2] == 0, "it moved");
        }
    }

    function testFuzz_LanesAreIndependent(uint256 seed, uint256[3] calldata state, uint256 sum) external pure {
        StepRule memory rule = _ruleFrom(seed, ServerRule(seed % 4));
        uint256[3] memory next = ServerStep.step(rule, state, sum);
        for (uint256 shift = 0; shift < 256; shift += 32) {
            (int32 w, int32 m, int32 u) = _step(
                rule,
                _lane(state[0], shift),
                _lane(state[1], shift),
                _lane(state[2], shift),
                _lane(sum, shift)
            );
            require(_lane(next[0], shift) == w, "one lane of the model differs");
            require(_lane(next[1], shift) == m && _lane(next[2], shift) == u, "one lane of a moment differs");
        }
    }

    function test_TheRootCoversTheVectorsInTheirOrder() external pure {
        bytes32[] memory roots = new bytes32[](1);
        roots[0] = keccak256("w");
        require(ServerStep.rootOf(roots) == roots[0], "one vector");
        roots = new bytes32[](2);
        (roots[0], roots[1]) = (keccak256("w"), keccak256("m"));
        bytes32 both = ChunkTree.node(roots[0], roots[1]);
        require(ServerStep.rootOf(roots) == both, "two vectors");
        roots = new bytes32[](3);
        (roots[0], roots[1], roots[2]) = (keccak256("w"), keccak256("m"), keccak256("u"));
        require(ServerStep.rootOf(roots) == ChunkTree.node(both, ChunkTree.node(roots[2], 0)), "three vectors");
    }

    function test_ARootOfNoVectorsOrOfFourIsRefused() external {
        for (uint256 count = 0; count <= 4; count += 4) {
            VM.expectRevert(abi.encodeWithSelector(ServerStep.NotAModel.selector, count));
            harness.modelRoot(new bytes32[](count));
        }
    }

    function testFuzz_ADivisorOutOfRangeIsRefused(uint256 divisor) external {
        if (divisor <= 1 << 31) divisor = 0;
        _expectRefusal(divisor);
    }

    function test_TheDivisorsNextToTheRangeAreRefused() external {
        _expectRefusal(0);
        _expectRefusal((1 << 31) + 1);
        _expectRefusal(type(uint256).max);
    }

    function _expectRefusal(uint256 divisor) private {
        uint256[] memory one = new uint256[](1);
        for (uint256 i = 0; i < 4; i++) {
            StepRule memory rule = _ruleFrom(i, ServerRule(i));
            rule.divisor = divisor;
            VM.expectRevert(abi.encodeWithSelector(ServerStep.DivisorOutOfRange.selector, divisor, 1 << 31));
            harness.stepWords(rule, [one, one, one], one);
        }
    }

    /// @dev `stepped` is `from` and the integer nearest to numerator / divisor, or the end of the range towards it.
    function _requireNearest(int256 numerator, int256 divisor, int256 from, int256 stepped) private pure {
        int256 moved = stepped - from;
        // |numerator / divisor - moved| <= 1/2, and at exactly 1/2 the integer is the one further from zero.
        int256 off = 2 * (numerator - moved * divisor);
        // Beyond an end it can be any further.
        if (stepped == MAX && off > 0) return;
        if (stepped == MIN && off < 0) return;
        int256 magnitude = off < 0 ? -off : off;
        require(magnitude <= divisor, "another integer is nearer");
        if (magnitude == divisor) require((off < 0) == (numerator > 0), "the half went towards zero");
    }

    /// @dev Any numbers a task may have, small ones and the ends as often as others.
    function _ruleFrom(uint256 seed, ServerRule rule) private pure returns (StepRule memory) {
        return
            StepRule({
                rule: rule,
                divisor: _divisorFrom(uint32(uint256(keccak256(abi.encode(seed, 0))))),
                serverRate: _upTo(seed, 1, type(uint32).max),
                momentum: _upTo(seed, 2, type(uint16).max),
                secondMomentum: _upTo(seed, 3, type(uint16).max),
                adaptivity: 1 + _upTo(seed, 4, type(uint32).max - 1),
                fractionBits: 1 + _upTo(seed, 5, 29)
            });
    }

    function _upTo(uint256 seed, uint256 field, uint256 most) private pure returns (uint256) {
        uint256 random = uint256(keccak256(abi.encode(seed, field)));
        uint256 kind = random % 8;
        if (kind < 2) return kind * most;
        uint256 number = (random >> 8) % (most + 1);
        return kind < 4 ? number % (1 + (most >> 8)) : number;
    }

    /// @dev Small divisors, where halves are frequent, as often as large ones.
    function _divisorFrom(uint32 any) private pure returns (uint256) {
        uint256 most = any % 2 == 0 ? 1 << 31 : 64;
        return 1 + (any % most);
    }

    function _average(int32 model, int32 sum, uint256 divisor) private pure returns (int32 next) {
        StepRule memory rule;
        rule.divisor = divisor;
        (next, , ) = _step(rule, model, 0, 0, sum);
        rule.rule = ServerRule.Uniform;
        (int32 uniform, , ) = _step(rule, model, 0, 0, sum);
        require(uniform == next, "Uniform is another average");
    }

    function _meanOf(StepRule memory rule, int32 sum) private pure returns (int32) {
        return _average(0, sum, rule.divisor);
    }

    /// @dev One lane, put in the word's lowest place with different neighbours.
    function _step(
        StepRule memory rule,
        int32 w,
        int32 m,
        int32 u,
        int32 sum
    ) private pure returns (int32, int32, int32) {
        uint256 neighbours = uint256(keccak256("neighbours")) << 32;
        uint256[3] memory state = [neighbours | uint32(w), neighbours | uint32(m), neighbours | uint32(u)];
        uint256[3] memory next = ServerStep.step(rule, state, neighbours | uint32(sum));
        return (_lane(next[0], 0), _lane(next[1], 0), _lane(next[2], 0));
    }

    function _lane(uint256 word, uint256 shift) private pure returns (int32) {
        return int32(uint32(word >> shift));
    }

    function _saturated(int256 value) private pure returns (int256) {
        return
            value > MAX
                ? int256(MAX)
                : value < MIN
                    ? int256(MIN)
                    : value;
    }
}
