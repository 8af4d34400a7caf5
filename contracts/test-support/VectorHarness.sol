// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChunkTree} from "../libraries/ChunkTree.sol";
import {LaneRanks} from "../libraries/LaneRanks.sol";
import {LaneSum} from "../libraries/LaneSum.sol";
import {ServerStep, StepRule} from "../libraries/ServerStep.sol";
import {UpdateCommitment} from "../libraries/UpdateCommitment.sol";

/// @title VectorHarness
/// @notice Opens the pure libraries to tests that compare them with the off-chain code, and to calldata in Solidity tests.
contract VectorHarness {
    function leaf(uint32 index, bytes calldata chunk) external pure returns (bytes32) {
        return ChunkTree.leaf(index, chunk);
    }

    function node(bytes32 left, bytes32 right) external pure returns (bytes32) {
        return ChunkTree.node(left, right);
    }

    function rootOf(uint256 depth, uint32 index, bytes calldata opening) external pure returns (bytes32) {
        return ChunkTree.rootOf(depth, index, opening);
    }

    function verify(bytes32 root, uint256 depth, uint32 index, bytes calldata opening) external pure {
        ChunkTree.verify(root, depth, index, opening);
    }

    function verifyInForest(
        bytes32 root,
        uint256 depth,
        uint256 above,
        uint256 tree,
        uint32 index,
        bytes calldata opening
    ) external pure {
        ChunkTree.verifyInForest(root, depth, above, tree, index, opening);
    }

    function levelsOf(bytes calldata opening) external pure returns (uint256) {
        return ChunkTree.levelsOf(opening);
    }

    function words(bytes calldata opening) external pure returns (uint256[] memory) {
        return ChunkTree.words(opening);
    }

    /// @notice The root over a vector that is padded to a power of two of chunks, from all of its leaves.
    function rootOfAll(bytes calldata padded) external pure returns (bytes32) {
        uint256 count = padded.length / ChunkTree.CHUNK_BYTES;
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            hashes[i] = ChunkTree.leaf(uint32(i), padded[i * ChunkTree.CHUNK_BYTES:(i + 1) * ChunkTree.CHUNK_BYTES]);
        }
        for (; count > 1; count /= 2) {
            for (uint256 i = 0; i < count / 2; i++) hashes[i] = ChunkTree.node(hashes[2 * i], hashes[2 * i + 1]);
        }
        return hashes[0];
    }

    /// @notice Sums words lane by lane: `vectors[v][i]` is word i of vector v.
    function sumWords(uint256[][] calldata vectors) external pure returns (uint256[] memory sum) {
        sum = new uint256[](vectors[0].length);
        for (uint256 v = 0; v < vectors.length; v++) {
            for (uint256 i = 0; i < sum.length; i++) sum[i] = LaneSum.add(sum[i], vectors[v][i]);
        }
    }

    function sumChunks(bytes[] calldata chunks) external pure returns (uint256[] memory sum) {
        sum = new uint256[](chunks[0].length / 32);
        for (uint256 i = 0; i < chunks.length; i++) LaneSum.addChunk(sum, chunks[i]);
    }

    /// @notice One sum of cohorts' sums: `sums[c][i]` is word i of cohort c.
    function rankedSum(
        uint256[][] calldata sums,
        uint256[] calldata divisors,
        uint256 trim
    ) external pure returns (uint256[] memory sum, uint256 left) {
        return (LaneRanks.sum(sums, divisors, trim), LaneRanks.left(sums.length, trim));
    }

    /// @notice Steps words of a model: `state[v][i]` is word i of vector v.
    function stepWords(
        StepRule calldata rule,
        uint256[][3] calldata state,
        uint256[] calldata sum
    ) external pure returns (uint256[][3] memory next) {
        for (uint256 v = 0; v < 3; v++) next[v] = new uint256[](sum.length);
        for (uint256 i = 0; i < sum.length; i++) {
            uint256[3] memory word = ServerStep.step(rule, [state[0][i], state[1][i], state[2][i]], sum[i]);
            for (uint256 v = 0; v < 3; v++) next[v][i] = word[v];
        }
    }

    function modelRoot(bytes32[] calldata roots) external pure returns (bytes32) {
        return ServerStep.rootOf(roots);
    }

    function taskDomain(address task) external view returns (bytes32) {
        return UpdateCommitment.domain(task);
    }

    function updateCommitment(
        bytes32 domain,
        uint32 round,
        address trainer,
        bytes32 root,
        bytes32 contentKeyHash
    ) external pure returns (bytes32) {
        return UpdateCommitment.hash(domain, round, trainer, root, contentKeyHash);
    }
}
