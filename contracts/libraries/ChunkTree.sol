// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title ChunkTree
/// @notice Whether a chunk of 128 bytes (32 lanes) stands at an index under a vector's root:
/// leaf = keccak256(0x00 ‖ uint32 index ‖ chunk), node = keccak256(0x01 ‖ left ‖ right). The tree is positional and its
/// depth is part of the task, so every length must be exact. The off-chain side is trainer/protocol/chunkTree.ts.
library ChunkTree {
    uint256 internal constant CHUNK_BYTES = 128;
    uint256 internal constant CHUNK_LANES = 32;

    /// @notice A chunk has exactly 128 bytes.
    error ChunkLength(uint256 have, uint256 need);
    /// @notice An opening is a chunk and exactly as many hashes as the tree is deep.
    error OpeningLength(uint256 have, uint256 need);
    /// @notice Indices run from 0 to 2^depth - 1.
    error IndexOutsideTree(uint256 index, uint256 depth);
    /// @notice The path leads to another root than the one it was claimed for.
    error NotUnderRoot(bytes32 computed, bytes32 root);

    /// @notice Levels above the leaves of the tree over a vector of `lanes` 32-bit numbers.
    function depthOf(uint256 lanes) internal pure returns (uint256) {
        return Math.log2(Math.ceilDiv(lanes, CHUNK_LANES), Math.Rounding.Ceil);
    }

    /// @notice Bytes of an opening in a tree of `depth` levels above its leaves: a chunk and the hashes of its path.
    function openingBytes(uint256 depth) internal pure returns (uint256) {
        unchecked {
            return CHUNK_BYTES + 32 * depth; // a depth is a logarithm
        }
    }

    /// @notice How many levels an opening's path has; reverts if its length is none that an opening can have.
    function levelsOf(bytes calldata opening) internal pure returns (uint256 levels) {
        if (opening.length < CHUNK_BYTES || opening.length % 32 != 0) {
            revert OpeningLength(opening.length, CHUNK_BYTES);
        }
        return (opening.length - CHUNK_BYTES) / 32;
    }

    /// @notice The four words of an opening's chunk.
    function words(bytes calldata opening) internal pure returns (uint256[] memory chunk) {
        chunk = new uint256[](CHUNK_BYTES / 32);
        for (uint256 i = 0; i < chunk.length; i++) chunk[i] = uint256(bytes32(opening[32 * i:]));
    }

    /// @notice Reverts unless the chunk of `opening` stands at `index` under `root` in a tree of `depth` levels.
    /// @param opening The chunk and its path's hashes from the leaf upwards, one after another.
    function verify(bytes32 root, uint256 depth, uint32 index, bytes calldata opening) internal pure {
        bytes32 computed = rootOf(depth, index, opening);
        if (computed != root) revert NotUnderRoot(computed, root);
    }

    /// @notice `verify` in tree number `tree` of a forest: `above` more hashes lead from the tree's root to `root`.
    function verifyInForest(
        bytes32 root,
        uint256 depth,
        uint256 above,
        uint256 tree,
        uint32 index,
        bytes calldata opening
    ) internal pure {
        uint256 own = openingBytes(depth);
        if (opening.length != own + 32 * above) revert OpeningLength(opening.length, own + 32 * above);
        bytes32 computed = rootOf(depth, index, opening[:own]);
        computed = climb(computed, tree, opening[own:]);
        if (computed != root) revert NotUnderRoot(computed, root);
    }

    /// @notice The root that an opening leads to; reverts when a length or the index does not fit the depth.
    function rootOf(uint256 depth, uint32 index, bytes calldata opening) internal pure returns (bytes32) {
        if (opening.length != openingBytes(depth)) revert OpeningLength(opening.length, openingBytes(depth));
        if (uint256(index) >> depth != 0) revert IndexOutsideTree(index, depth);
        return climb(leaf(index, opening[:CHUNK_BYTES]), index, opening[CHUNK_BYTES:]);
    }

    /// @notice Where a path of whole hashes leads from a hash at `position`.
    /// @dev As `node` level by level: an even position is a left child, an odd one a right child.
    function climb(bytes32 hash, uint256 position, bytes calldata path) internal pure returns (bytes32 root) {
        root = hash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            let left := add(free, 1)
            let right := add(free, 33)
            let at := path.offset
            // The lowest bit of the position, times 32, is how far right of `left` the hash goes.
            position := shl(5, position)
            for {
                let end := add(at, path.length)
            } lt(at, end) {
                at := add(at, 32)
            } {
                let side := and(position, 32)
                mstore(add(left, side), root)
                mstore(sub(right, side), calldataload(at))
                root := keccak256(free, 65)
                position := shr(1, position)
            }
        }
    }

    /// @notice Hash of a chunk at its position.
    /// @dev In memory that stays free: a proof hashes thousands of times, and memory is paid for by its square.
    function leaf(uint32 index, bytes calldata chunk) internal pure returns (bytes32 hash) {
        if (chunk.length != CHUNK_BYTES) revert ChunkLength(chunk.length, CHUNK_BYTES);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(216, index))
            calldatacopy(add(free, 5), chunk.offset, CHUNK_BYTES)
            hash := keccak256(free, add(5, CHUNK_BYTES))
        }
    }

    /// @notice Hash of two neighbouring subtrees.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            hash := keccak256(free, 65)
        }
    }
}
