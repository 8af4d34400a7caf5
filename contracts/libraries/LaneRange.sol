// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChunkTree} from "./ChunkTree.sol";

/// @title LaneRange
/// @notice Whether the lanes of a chunk may be what they are: signed numbers within a bound, and 0 behind the end of the
/// vector.
library LaneRange {
    /// @param words The chunk, eight lanes a word.
    function isWithin(
        uint256[] memory words,
        uint32 chunk,
        uint256 parameters,
        uint256 bound
    ) internal pure returns (bool) {
        for (uint256 i = 0; i < ChunkTree.CHUNK_LANES; i++) {
            int256 lane = int32(uint32(words[i / 8] >> (224 - 32 * (i % 8))));
            uint256 most = uint256(chunk) * ChunkTree.CHUNK_LANES + i < parameters ? bound : 0;
            if (lane > int256(most) || lane < -int256(most)) return false;
        }
        return true;
    }
}
