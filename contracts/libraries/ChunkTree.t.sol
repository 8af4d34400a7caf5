// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {ChunkTree} from "./ChunkTree.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {VectorHarness} from "../test-support/VectorHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice ChunkTree over trees that are built here in full.
contract ChunkTreeTest {
    VectorHarness private immutable harness = VectorHarness(Deploy.named("VectorHarness"));

    function test_LeavesAndNodesHashWhatTheProtocolSays() external view {
        bytes memory chunk = _chunk(1, 0);
        bytes32 leaf = keccak256(bytes.concat(hex"00", hex"00000007", chunk));
        require(harness.leaf(7, chunk) == leaf, "leaf = keccak256(0x00, index, chunk)");
        require(ChunkTree.node("a", "b") == keccak256(bytes.concat(hex"01", "a", bytes31(0), "b", bytes31(0))), "node");
        require(ChunkTree.node("a", "b") != ChunkTree.node("b", "a"), "a node is positional");
    }

    function test_ATreeOfOneChunkIsItsLeaf() external view {
        bytes memory chunk = _chunk(2, 0);
        harness.verify(harness.leaf(0, chunk), 0, 0, chunk);
    }

    function test_ATreeIsAsDeepAsItsChunksNeed() external pure {
        require(ChunkTree.depthOf(1) == 0 && ChunkTree.depthOf(32) == 0, "one chunk");
        require(ChunkTree.depthOf(33) == 1 && ChunkTree.depthOf(64) == 1, "two chunks");
        require(ChunkTree.depthOf(65) == 2 && ChunkTree.depthOf(128) == 2, "three and four");
        require(ChunkTree.depthOf(129) == 3 && ChunkTree.depthOf(1 << 30) == 25, "more, and the most");
    }

    function testFuzz_EveryChunkIsAcceptedAtItsPlace(uint256 seed) external view {
        for (uint256 depth = 0; depth < 5; depth++) {
            for (uint32 index = 0; index < 1 << depth; index++) {
                (bytes32 root, bytes memory opening) = _tree(seed, depth, index);
                harness.verify(root, depth, index, opening);
                require(harness.levelsOf(opening) == depth, "its length says how deep the tree is");
                require(opening.length == ChunkTree.openingBytes(depth), "and is what the depth says");
                bytes memory words = abi.encodePacked(harness.words(opening));
                require(keccak256(words) == keccak256(_chunk(seed, index)), "and it begins with the chunk");
            }
        }
    }

    function testFuzz_AChunkIsRefusedAtAnyOtherPlace(uint256 seed, uint32 index, uint32 claimed) external view {
        (index, claimed) = (index % 16, claimed % 16);
        if (index == claimed) claimed ^= 1;
        (bytes32 root, bytes memory opening) = _tree(seed, 4, index);
        require(harness.rootOf(4, claimed, opening) != root, "accepted at another place");
        (, bytes memory there) = _tree(seed, 4, claimed);
        for (uint256 i = 0; i < 128; i++) there[i] = opening[i];
        require(harness.rootOf(4, claimed, there) != root, "accepted in another's place");
    }

    function testFuzz_AChangedByteIsRefused(uint256 seed, uint32 index, uint256 place, uint8 change) external view {
        index %= 16;
        if (change == 0) change = 1;
        (bytes32 root, bytes memory opening) = _tree(seed, 4, index);
        opening[place % opening.length] ^= bytes1(change);
        require(harness.rootOf(4, index, opening) != root, "a changed opening was accepted");
    }

    function test_AnotherRootIsRefusedAndBothAreNamed() external {
        (bytes32 root, bytes memory opening) = _tree(1, 3, 5);
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.NotUnderRoot.selector, root, bytes32("another")));
        harness.verify("another", 3, 5, opening);
    }

    function test_AnOpeningOfAnotherLengthIsRefused() external {
        (bytes32 root, bytes memory opening) = _tree(1, 3, 5);
        uint256[3] memory depths = [uint256(2), 4, 0];
        for (uint256 i = 0; i < depths.length; i++) {
            uint256 need = 128 + 32 * depths[i];
            VM.expectRevert(abi.encodeWithSelector(ChunkTree.OpeningLength.selector, 128 + 32 * 3, need));
            harness.verify(root, depths[i], 5, opening);
        }
    }

    function testFuzz_ALengthThatNoOpeningHasIsRefused(uint16 length) external {
        if (length >= 128 && length % 32 == 0) length++;
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.OpeningLength.selector, length, 128));
        harness.levelsOf(new bytes(length));
    }

    function testFuzz_AnIndexOutsideTheTreeIsRefused(uint32 index) external {
        if (index < 8) index += 8;
        (bytes32 root, bytes memory opening) = _tree(1, 3, index % 8);
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.IndexOutsideTree.selector, index, 3));
        harness.verify(root, 3, index, opening);
    }

    function testFuzz_AChunkOfAForestIsAcceptedInItsTreeOnly(uint256 seed, uint32 index, uint8 tree) external {
        (index, tree) = (index % 4, tree % 3);
        bytes32[3] memory roots;
        for (uint256 t = 0; t < 3; t++) (roots[t], ) = _tree(seed ^ t, 2, 0);
        (, bytes memory opening) = _tree(seed ^ tree, 2, index);
        bytes32 left = ChunkTree.node(roots[0], roots[1]);
        bytes32 right = ChunkTree.node(roots[2], 0);
        bytes32 root = ChunkTree.node(left, right);
        bytes memory above = tree < 2 ? abi.encode(roots[1 - tree], right) : abi.encode(bytes32(0), left);

        harness.verifyInForest(root, 2, 2, tree, index, bytes.concat(opening, above));
        for (uint256 other = 0; other < 4; other++) {
            if (other == tree) continue;
            VM.expectPartialRevert(ChunkTree.NotUnderRoot.selector);
            harness.verifyInForest(root, 2, 2, other, index, bytes.concat(opening, above));
        }
        VM.expectRevert(abi.encodeWithSelector(ChunkTree.OpeningLength.selector, 128 + 64, 128 + 128));
        harness.verifyInForest(root, 2, 2, tree, index, opening);
    }

    function test_AChunkOfAnotherLengthIsRefused() external {
        uint256[4] memory lengths = [uint256(0), 64, 127, 129];
        for (uint256 i = 0; i < lengths.length; i++) {
            VM.expectRevert(abi.encodeWithSelector(ChunkTree.ChunkLength.selector, lengths[i], 128));
            harness.leaf(0, new bytes(lengths[i]));
        }
    }

    function test_TheDeepestTreeTakesTheHighestIndex() external view {
        bytes memory opening = _chunk(3, 0);
        bytes32 hash = harness.leaf(type(uint32).max, opening);
        for (uint256 level = 0; level < 32; level++) {
            bytes32 sibling = keccak256(abi.encode(level));
            opening = bytes.concat(opening, sibling);
            hash = keccak256(bytes.concat(hex"01", sibling, hash)); // always the right child
        }
        harness.verify(hash, 32, type(uint32).max, opening);
    }

    /// @dev Chunk `index` of a vector that `seed` stands for.
    function _chunk(uint256 seed, uint256 index) private pure returns (bytes memory chunk) {
        for (uint256 i = 0; i < 4; i++) chunk = bytes.concat(chunk, keccak256(abi.encode(seed, index, i)));
    }

    /// @dev The root of that vector and the opening of one chunk, by hashing level after level.
    function _tree(uint256 seed, uint256 depth, uint32 index) private pure returns (bytes32, bytes memory opening) {
        opening = _chunk(seed, index);
        bytes32[] memory hashes = new bytes32[](1 << depth);
        for (uint256 i = 0; i < hashes.length; i++) {
            hashes[i] = keccak256(bytes.concat(hex"00", bytes4(uint32(i)), _chunk(seed, i)));
        }
        for (uint256 level = 0; level < depth; level++) {
            opening = bytes.concat(opening, hashes[(index >> level) ^ 1]);
            for (uint256 i = 0; i < 1 << (depth - level - 1); i++) {
                hashes[i] = keccak256(bytes.concat(hex"01", hashes[2 * i], hashes[2 * i + 1]));
            }
        }
        return (hashes[0], opening);
    }
}
