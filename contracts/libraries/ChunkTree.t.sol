// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {ChunkTree} from "./ChunkTree.sol";
import {VectorHarness} from "../test-support/VectorHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice ChunkTree over trees that are built here in full.
contract ChunkTreeTest {
    VectorHarness private immutable harness = new VectorHarness();

    function test_LeavesAndNodesHashWhatTheProtocolSays() external view {
        bytes memory chunk = _chunk(1, 0);
        bytes32 leaf = keccak256(bytes.concat(hex"00", hex"00000007", chunk));
        require(harness.leaf(7, chunk) == leaf, "leaf = keccak256(0x00, index, chunk)");
        require(ChunkTree.node("a", "b") == keccak256(bytes.concat(hex"01", "a", bytes31(0), "b", bytes31(0))), "node");
        require(ChunkTree.node("a", "b") != ChunkTree.node("b", "a"), "a node is positional");
    }

    function test_ATreeOfOneChunkIsItsLeaf() external view {
        bytes memory chunk = _chunk(2, 0);
        harness.verify(harness.leaf(0, chunk), 0, 0, chunk, new bytes32[](0));
    }

    function testFuzz_EveryChunkIsAcceptedAtItsPlace(uint256 seed) external view {
        for (uint256 depth = 0; depth < 5; depth++) {
            for (uint32 index = 0; index < 1 << depth; index++) {
                (bytes32 root, bytes32[] memory proof) = _tree(seed, depth, index);
                harness.verify(root, depth, index, _chunk(seed, index), proof);
            }
        }
    }

    function testFuzz_AChunkIsRefusedAtAnyOtherPlace(uint256 seed, uint32 index, uint32 claimed) external view {
        (index, claimed) = (index % 16, claimed % 16);
        if (index == claimed) claimed ^= 1;
        (bytes32 root, bytes32[] memory proof) = _tree(seed, 4, index);
        require(harness.rootOf(4, claimed, _chunk(seed, index), proof) != root, "accepted at another place");
        (, bytes32[] memory proofThere) = _tree(seed, 4, claimed);
        require(harness.rootOf(4, claimed, _chunk(seed, index), proofThere) != root, "accepted in another's place");
    }

    function testFuzz_AChangedByteIsRefused(uint256 seed, uint32 index, uint8 place, uint8 change) external view {
        index %= 16;
        if (change == 0) change = 1;
        (bytes32 root, bytes32[] memory proof) = _tree(seed, 4, index);
        bytes memory chunk = _chunk(seed, index);
        chunk[place % 128] ^= bytes1(change);
        require(harness.rootOf(4, index, chunk, proof) != root, "a changed chunk was accepted");
        proof[place % 4] ^= bytes32(uint256(change) << (place % 248));
        require(harness.rootOf(4, index, _chunk(seed, index), proof) != root, "a changed proof was accepted");
    }

    function test_AnotherRootIsRefusedAndBothAreNamed() external {
        (bytes32 root, bytes32[] memory proof) = _tree(1, 3, 5);
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.NotUnderRoot.selector, root, bytes32("another")));
        harness.verify("another", 3, 5, _chunk(1, 5), proof);
    }

    function test_AProofOfAnotherLengthIsRefused() external {
        (bytes32 root, bytes32[] memory proof) = _tree(1, 3, 5);
        uint256[3] memory depths = [uint256(2), 4, 0];
        for (uint256 i = 0; i < depths.length; i++) {
            VM.expectRevert(abi.encodeWithSelector(ChunkTree.ProofLength.selector, 3, depths[i]));
            harness.verify(root, depths[i], 5, _chunk(1, 5), proof);
        }
    }

    function testFuzz_AnIndexOutsideTheTreeIsRefused(uint32 index) external {
        if (index < 8) index += 8;
        (bytes32 root, bytes32[] memory proof) = _tree(1, 3, index % 8);
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.IndexOutsideTree.selector, index, 3));
        harness.verify(root, 3, index, _chunk(1, index % 8), proof);
    }

    function test_AChunkOfAnotherLengthIsRefused() external {
        uint256[4] memory lengths = [uint256(0), 64, 127, 129];
        for (uint256 i = 0; i < lengths.length; i++) {
            VM.expectRevert(abi.encodeWithSelector(ChunkTree.ChunkLength.selector, lengths[i], 128));
            harness.leaf(0, new bytes(lengths[i]));
        }
    }

    function test_TheDeepestTreeTakesTheHighestIndex() external view {
        bytes32[] memory proof = new bytes32[](32);
        bytes memory chunk = _chunk(3, 0);
        bytes32 hash = harness.leaf(type(uint32).max, chunk);
        for (uint256 level = 0; level < 32; level++) {
            proof[level] = keccak256(abi.encode(level));
            hash = keccak256(bytes.concat(hex"01", proof[level], hash)); // always the right child
        }
        harness.verify(hash, 32, type(uint32).max, chunk, proof);
    }

    /// @dev Chunk `index` of a vector that `seed` stands for.
    function _chunk(uint256 seed, uint256 index) private pure returns (bytes memory chunk) {
        for (uint256 i = 0; i < 4; i++) chunk = bytes.concat(chunk, keccak256(abi.encode(seed, index, i)));
    }

    /// @dev The root of that vector and the proof of one chunk, by hashing level after level.
    function _tree(uint256 seed, uint256 depth, uint32 index) private pure returns (bytes32, bytes32[] memory proof) {
        proof = new bytes32[](depth);
        bytes32[] memory hashes = new bytes32[](1 << depth);
        for (uint256 i = 0; i < hashes.length; i++) {
            hashes[i] = keccak256(bytes.concat(hex"00", bytes4(uint32(i)), _chunk(seed, i)));
        }
        for (uint256 level = 0; level < depth; level++) {
            proof[level] = hashes[(index >> level) ^ 1];
            for (uint256 i = 0; i < 1 << (depth - level - 1); i++) {
                hashes[i] = keccak256(bytes.concat(hex"01", hashes[2 * i], hashes[2 * i + 1]));
            }
        }
        return (hashes[0], proof);
    }
}
