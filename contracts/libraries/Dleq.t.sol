// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Dleq, SharedPointClaim, SharedPointProof} from "./Dleq.sol";
import {Secp256k1} from "./Secp256k1.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {MaskHarness} from "../test-support/MaskHarness.sol";
import {Points} from "../test-support/Points.t.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice Dleq against a prover that follows the protocol's words. Every way to tamper with a proof is in
/// test/contracts/maskLibraries.test.ts.
contract DleqTest {
    uint256 private constant KEY = 0xfeedfacecafebeef0123456789abcdef;
    uint256 private constant NONCE = 0x5eed5eed5eed5eed5eed5eed5eed5eed;

    MaskHarness private immutable harness = MaskHarness(Deploy.named("MaskHarness"));

    function test_TheSharedPointIsProved() external pure {
        SharedPointClaim memory claim = _claim(KEY);
        Dleq.verify(claim, _proof(claim, KEY));
    }

    function test_AnotherPointIsNotProvedByTheProversKey() external {
        SharedPointClaim memory claim = _claim(KEY);
        claim.shared = Points.times(2, claim.shared);
        SharedPointProof memory proof = _proof(claim, KEY);
        VM.expectPartialRevert(Dleq.WrongProof.selector);
        harness.verifyShared(claim, proof);
    }

    function test_AnotherPointIsNotProvedByItsOwnKey() external {
        SharedPointClaim memory claim = _claim(2 * KEY);
        claim.prover = Points.times(KEY, Points.generator());
        SharedPointProof memory proof = _proof(claim, 2 * KEY);
        VM.expectPartialRevert(Dleq.WrongProof.selector);
        harness.verifyShared(claim, proof);
    }

    function _claim(uint256 key) private pure returns (SharedPointClaim memory claim) {
        claim.domain = "domain";
        claim.round = 5;
        claim.prover = Points.times(key, Points.generator());
        claim.peer = Points.times(12345, Points.generator());
        claim.shared = Points.times(key, claim.peer);
    }

    function _proof(SharedPointClaim memory claim, uint256 key) private pure returns (SharedPointProof memory proof) {
        bytes32 challenge = keccak256(
            abi.encode(
                keccak256("Foedus/v1 dleq"),
                claim.domain,
                claim.round,
                claim.prover,
                claim.peer,
                claim.shared,
                VM.addr(NONCE),
                Secp256k1.addressOf(Points.times(NONCE, claim.peer))
            )
        );
        proof.c = uint256(challenge);
        proof.z = addmod(NONCE, mulmod(proof.c, key, Secp256k1.ORDER), Secp256k1.ORDER);
        proof.zPeer = Points.times(proof.z, claim.peer);
        proof.cShared = Points.times(proof.c % Secp256k1.ORDER, claim.shared);
        proof.inverse = Points.inverse(proof.zPeer.x, proof.cShared.x);
    }
}
