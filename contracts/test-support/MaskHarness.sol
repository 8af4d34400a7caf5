// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChaCha20} from "../libraries/ChaCha20.sol";

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
}
