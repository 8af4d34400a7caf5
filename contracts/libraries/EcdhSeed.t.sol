// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {EcdhSeed} from "./EcdhSeed.sol";
import {CurvePoint, Secp256k1} from "./Secp256k1.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {MaskHarness} from "../test-support/MaskHarness.sol";
import {Points} from "../test-support/Points.t.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice EcdhSeed: both ends of an edge find one seed, and what could leak a key is refused.
contract EcdhSeedTest {
    MaskHarness private immutable harness = MaskHarness(Deploy.named("MaskHarness"));

    function test_BothEndsFindOneSeed() external pure {
        (uint256 one, uint256 other) = (uint256(keccak256("one")), uint256(keccak256("other")) >> 1);
        CurvePoint memory onePublic = Points.times(one % Secp256k1.ORDER, Points.generator());
        CurvePoint memory otherPublic = Points.times(other, Points.generator());
        bytes32 seed = EcdhSeed.seed("domain", 3, 4, 9, one % Secp256k1.ORDER, otherPublic);
        require(EcdhSeed.seed("domain", 3, 9, 4, other, onePublic) == seed, "from the other end");
        address shared = Secp256k1.addressOf(Points.times(other, onePublic));
        require(EcdhSeed.seedOf("domain", 3, 4, 9, shared) == seed, "from the shared point");
        require(keccak256(abi.encode(bytes32("domain"), 3, 4, 9, shared)) == seed, "as the protocol says");
    }

    function testFuzz_ASecretTimesTheGeneratorIsItsAccount(uint256 any) external pure {
        uint256 secret = 1 + (any % (Secp256k1.ORDER - 1));
        require(EcdhSeed.publicKeyAddress(secret) == VM.addr(secret), "another account");
        bytes32 seed = EcdhSeed.seed("domain", 1, 0, 1, secret, Points.generator());
        require(seed == EcdhSeed.seedOf("domain", 1, 0, 1, VM.addr(secret)), "another seed");
    }

    function testFuzz_ScalarsOutOfRangeAreRefused(uint256 any) external {
        uint256 secret = any % 2 == 0 ? 0 : Secp256k1.ORDER + (any % (type(uint256).max - Secp256k1.ORDER));
        VM.expectRevert(abi.encodeWithSelector(Secp256k1.NotAScalar.selector, secret));
        harness.publicKeyAddress(secret);
        VM.expectRevert(abi.encodeWithSelector(Secp256k1.NotAScalar.selector, secret));
        harness.edgeSeed("domain", 1, 0, 1, secret, Points.generator());
    }

    function test_NoPointAndNoEdgeAreRefused() external {
        CurvePoint memory point = Points.generator();
        VM.expectRevert(abi.encodeWithSelector(Secp256k1.NotAPoint.selector, point.x, point.y ^ 2));
        harness.edgeSeed("domain", 1, 0, 1, 5, CurvePoint(point.x, point.y ^ 2));
        VM.expectRevert(abi.encodeWithSelector(EcdhSeed.NotAnEdge.selector, 7));
        harness.edgeSeed("domain", 1, 7, 7, 5, point);
    }
}
