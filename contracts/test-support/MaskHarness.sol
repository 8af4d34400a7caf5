// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChaCha20} from "../libraries/ChaCha20.sol";
import {Dleq, SharedPointClaim, SharedPointProof} from "../libraries/Dleq.sol";
import {EcdhSeed} from "../libraries/EcdhSeed.sol";
import {CurvePoint, Secp256k1} from "../libraries/Secp256k1.sol";
import {ShamirShares, ShareKind} from "../libraries/ShamirShares.sol";

/// @title MaskHarness
/// @notice Opens the libraries of masked rounds to tests that compare them with off-chain code, and tells their gas.
contract MaskHarness {
    /* CHACHA20 */

    function blocks(bytes32 key, uint256 row3) external pure returns (uint256[4] memory words) {
        (words[0], words[1], words[2], words[3]) = ChaCha20.blocks(key, row3);
    }

    function keystream(bytes32 key, uint32 chunk) external pure returns (uint256[4] memory words) {
        (words[0], words[1], words[2], words[3]) = ChaCha20.chunkOf(key, chunk);
    }

    function addChunk(
        uint256[] memory sum,
        bytes32 key,
        uint32 chunk,
        uint256 lanes
    ) external pure returns (uint256[] memory) {
        ChaCha20.addChunk(sum, key, chunk, lanes);
        return sum;
    }

    function subtractChunk(
        uint256[] memory sum,
        bytes32 key,
        uint32 chunk,
        uint256 lanes
    ) external pure returns (uint256[] memory) {
        ChaCha20.subtractChunk(sum, key, chunk, lanes);
        return sum;
    }

    /// @notice Gas of masking a chunk, both of its blocks.
    function gasOfChunk(bytes32 key, uint32 chunk, bool subtract) external view returns (uint256) {
        uint256[] memory sum = new uint256[](4);
        uint256 before = gasleft();
        if (subtract) ChaCha20.subtractChunk(sum, key, chunk, 32);
        else ChaCha20.addChunk(sum, key, chunk, 32);
        return before - gasleft();
    }

    /* POINTS */

    function checkPoint(CurvePoint calldata point) external pure {
        Secp256k1.check(point);
    }

    function addressOf(CurvePoint calldata point) external pure returns (address) {
        return Secp256k1.addressOf(point);
    }

    function addressOfDifference(uint256 a, uint256 b, CurvePoint calldata point) external pure returns (address) {
        return Secp256k1.addressOfDifference(a, b, point);
    }

    /* ECDH */

    function publicKeyAddress(uint256 secret) external pure returns (address) {
        return EcdhSeed.publicKeyAddress(secret);
    }

    function edgeSeed(
        bytes32 domain,
        uint32 round,
        uint16 one,
        uint16 other,
        uint256 secret,
        CurvePoint calldata peer
    ) external pure returns (bytes32) {
        return EcdhSeed.seed(domain, round, one, other, secret, peer);
    }

    function edgeSeedOf(
        bytes32 domain,
        uint32 round,
        uint16 one,
        uint16 other,
        address shared
    ) external pure returns (bytes32) {
        return EcdhSeed.seedOf(domain, round, one, other, shared);
    }

    function gasOfEdge(
        bytes32 domain,
        uint32 round,
        uint256 secret,
        CurvePoint calldata peer
    ) external view returns (uint256) {
        uint256 before = gasleft();
        EcdhSeed.seed(domain, round, 0, 31, secret, peer);
        return before - gasleft();
    }

    /* DLEQ */

    function verifyShared(SharedPointClaim calldata claim, SharedPointProof calldata proof) external pure {
        Dleq.verify(claim, proof);
    }

    function gasOfProof(
        SharedPointClaim calldata claim,
        SharedPointProof calldata proof
    ) external view returns (uint256) {
        uint256 before = gasleft();
        Dleq.verify(claim, proof);
        return before - gasleft();
    }

    /* SHARES */

    function leafOf(ShareKind kind, uint16 seat, bytes32 share) external pure returns (bytes32) {
        return ShamirShares.leafOf(kind, seat, share);
    }

    function sharesHash(bytes32[] calldata leaves) external pure returns (bytes32) {
        return ShamirShares.hashOf(leaves);
    }

    function checkDealt(bytes32[] calldata leaves, ShareKind kind, uint16 seat, bytes32 share) external pure {
        ShamirShares.checkDealt(leaves, kind, seat, share);
    }

    function secretOf(uint16[] calldata seats, bytes32[] calldata shares) external view returns (uint256) {
        return ShamirShares.secretOf(seats, shares);
    }

    function gasOfSecret(uint16[] calldata seats, bytes32[] calldata shares) external view returns (uint256) {
        uint256 before = gasleft();
        ShamirShares.secretOf(seats, shares);
        return before - gasleft();
    }
}
