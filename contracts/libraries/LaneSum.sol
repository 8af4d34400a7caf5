// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title LaneSum
/// @notice Adds vectors of 32-bit lanes modulo 2^32, eight lanes of a word at once. Two's complement makes signed and
/// unsigned lanes the same sum. The off-chain side is `addLanes` in trainer/protocol/lanes.ts.
library LaneSum {
    /// The highest bit of every lane.
    uint256 private constant TOP_BITS = 0x8000000080000000800000008000000080000000800000008000000080000000;

    /// @notice Two chunks to be added have the same length, in whole words.
    error ChunkLengths(uint256 sumBytes, uint256 chunkBytes);

    /// @notice The lane-wise sum of two words.
    /// @dev Without their top bits lanes cannot carry into a neighbour; the top bits are then added without carry.
    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return ((a & ~TOP_BITS) + (b & ~TOP_BITS)) ^ ((a ^ b) & TOP_BITS);
        }
    }

    /// @notice Adds the words of `chunk` to `sum`, in place.
    function addChunk(uint256[] memory sum, bytes calldata chunk) internal pure {
        if (chunk.length != sum.length * 32) revert ChunkLengths(sum.length * 32, chunk.length);
        uint256 place;
        uint256 from;
        assembly ("memory-safe") {
            place := add(sum, 32)
            from := chunk.offset
        }
        for (uint256 end = place + chunk.length; place < end;) {
            uint256 a;
            uint256 b;
            assembly ("memory-safe") {
                a := mload(place)
                b := calldataload(from)
            }
            a = add(a, b);
            assembly ("memory-safe") {
                mstore(place, a)
                place := add(place, 32)
                from := add(from, 32)
            }
        }
    }

    /// @notice Whether two vectors have the same words.
    function isEqual(uint256[] memory a, uint256[] memory b) internal pure returns (bool) {
        return keccak256(abi.encodePacked(a)) == keccak256(abi.encodePacked(b));
    }
}
