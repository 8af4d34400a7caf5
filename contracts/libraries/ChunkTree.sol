// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ChunkTree
/// @notice Whether a chunk of 128 bytes (32 lanes) stands at an index under a vector's root:
/// leaf = keccak256(0x00 ‖ uint32 index ‖ chunk), node = keccak256(0x01 ‖ left ‖ right). The tree is positional and its
/// depth is part of the task, so every length must be exact. The off-chain side is trainer/protocol/chunkTree.ts.
library ChunkTree {
    uint256 internal constant CHUNK_BYTES = 128;

    /// @notice A chunk has exactly 128 bytes.
    error ChunkLength(uint256 have, uint256 need);
    /// @notice A proof has exactly as many hashes as the tree is deep.
    error ProofLength(uint256 have, uint256 need);
    /// @notice Indices run from 0 to 2^depth - 1.
    error IndexOutsideTree(uint256 index, uint256 depth);
    /// @notice The path leads to another root than the one it was claimed for.
    error NotUnderRoot(bytes32 computed, bytes32 root);

    /// @notice Reverts unless `chunk` stands at `index` under `root` in a tree of `depth` levels above its leaves.
    /// @param proof Sibling hashes from the leaf upwards.
    function verify(
        bytes32 root,
        uint256 depth,
        uint32 index,
        bytes calldata chunk,
        bytes32[] calldata proof
    ) internal pure {
        bytes32 computed = rootOf(depth, index, chunk, proof);
        if (computed != root) revert NotUnderRoot(computed, root);
    }

    /// @notice The root that a path leads to; reverts when a length or the index does not fit the depth.
    function rootOf(
        uint256 depth,
        uint32 index,
        bytes calldata chunk,
        bytes32[] calldata proof
    ) internal pure returns (bytes32 hash) {
        if (proof.length != depth) revert ProofLength(proof.length, depth);
        if (uint256(index) >> depth != 0) revert IndexOutsideTree(index, depth);
        hash = leaf(index, chunk);
        for (uint256 level = 0; level < depth; level++) {
            bool isRight = (uint256(index) >> level) & 1 == 1;
            hash = isRight ? node(proof[level], hash) : node(hash, proof[level]);
        }
    }

    /// @notice Hash of a chunk at its position.
    function leaf(uint32 index, bytes calldata chunk) internal pure returns (bytes32) {
        if (chunk.length != CHUNK_BYTES) revert ChunkLength(chunk.length, CHUNK_BYTES);
        return keccak256(abi.encodePacked(bytes1(0x00), index, chunk));
    }

    /// @notice Hash of two neighbouring subtrees.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
