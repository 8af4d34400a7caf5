// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Deploy} from "../test-support/Deploy.sol";
import {Points} from "../test-support/Points.t.sol";
import {CurvePoint, Secp256k1} from "./Secp256k1.sol";
import {MaskHarness} from "../test-support/MaskHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice Secp256k1 against the sums of points that its addresses stand for.
contract Secp256k1Test {
    MaskHarness private immutable harness = MaskHarness(Deploy.named("MaskHarness"));

    function test_MultiplesHaveTheAddressesOfTheirPoints() external pure {
        CurvePoint memory point = Points.times(0x1234567890abcdef, Points.generator());
        uint256[4] memory scalars = [uint256(1), 2, uint256(keccak256("any")) % Secp256k1.ORDER, Secp256k1.ORDER - 1];
        for (uint256 i = 0; i < scalars.length; i++) {
            address expected = Secp256k1.addressOf(Points.times(scalars[i], point));
            require(Secp256k1.addressOfMultiple(scalars[i], point) == expected, "of a point");
            expected = Secp256k1.addressOf(Points.times(scalars[i], Points.generator()));
            require(Secp256k1.addressOfKey(scalars[i]) == expected, "of the generator");
        }
    }

    function testFuzz_KeysHaveTheAddressesOfTheirAccounts(uint256 any) external pure {
        uint256 key = 1 + (any % (Secp256k1.ORDER - 1));
        require(Secp256k1.addressOfKey(key) == VM.addr(key), "another account");
    }

    function testFuzz_AnotherYIsNoPoint(uint256 y) external {
        CurvePoint memory point = Points.generator();
        harness.checkPoint(point);
        if (y == point.y || y == Secp256k1.FIELD - point.y) return;
        VM.expectRevert(abi.encodeWithSelector(Secp256k1.NotAPoint.selector, point.x, y));
        harness.checkPoint(CurvePoint(point.x, y));
    }

    function test_InfinityIsNoPoint() external {
        VM.expectRevert(abi.encodeWithSelector(Secp256k1.NotAPoint.selector, 0, 0));
        harness.checkPoint(CurvePoint(0, 0));
    }
}
