// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Vectors
/// @notice Vectors of 32-bit lanes as the bytes that are hashed, and whole trees over them, as plainly as the protocol says
/// it: what the court reads one opening of.
library Vectors {
    uint256 internal constant CHUNK = 128;

    /// @notice A vector of `lanes` numbers, each within `bound` either way, padded to a power of two of chunks.
    function random(uint256 seed, uint256 lanes, uint256 bound) internal pure returns (bytes memory vector) {
        vector = empty(lanes);
        for (uint256 i = 0; i < lanes; i++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            set(vector, i, int32(int256(dice % (2 * bound + 1)) - int256(bound)));
        }
    }

    /// @notice The same of whole lanes of any bits.
    function wild(uint256 seed, uint256 lanes) internal pure returns (bytes memory vector) {
        vector = empty(lanes);
        for (uint256 i = 0; i < lanes; i++) set(vector, i, int32(uint32(uint256(keccak256(abi.encode(seed, i))))));
    }

    /// @notice So many zeros, padded.
    function empty(uint256 lanes) internal pure returns (bytes memory) {
        uint256 chunks = 1;
        while (32 * chunks < lanes) chunks *= 2;
        return new bytes(chunks * CHUNK);
    }

    /// @notice The lanes of `a` and `b` added modulo 2^32.
    function plus(bytes memory a, bytes memory b) internal pure returns (bytes memory sum) {
        sum = new bytes(a.length);
        unchecked {
            for (uint256 i = 0; i < a.length / 4; i++) set(sum, i, lane(a, i) + lane(b, i));
        }
    }

    function copy(bytes memory vector) internal pure returns (bytes memory) {
        return bytes.concat(vector);
    }

    function lane(bytes memory vector, uint256 index) internal pure returns (int32 value) {
        uint256 ending; // with the lane
        assembly ("memory-safe") {
            ending := mload(add(add(vector, 4), mul(index, 4)))
        }
        return int32(uint32(ending));
    }

    function set(bytes memory vector, uint256 index, int32 value) internal pure {
        for (uint256 i = 0; i < 4; i++) vector[4 * index + i] = bytes1(uint8(uint32(value) >> (24 - 8 * i)));
    }

    function word(bytes memory vector, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(vector, 32), mul(index, 32)))
        }
    }

    function setWord(bytes memory vector, uint256 index, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(vector, 32), mul(index, 32)), value)
        }
    }

    /// @notice Bytes `from` to `to`, the last excluded.
    function slice(bytes memory data, uint256 from, uint256 to) internal pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = 0; i < part.length; i++) part[i] = data[from + i];
    }

    function root(bytes memory vector) internal pure returns (bytes32 top) {
        (top, ) = _climb(vector, 0);
    }

    /// @notice The chunk and its path.
    function opening(bytes memory vector, uint256 chunk) internal pure returns (bytes memory) {
        (, bytes memory path) = _climb(vector, chunk);
        return bytes.concat(slice(vector, chunk * CHUNK, (chunk + 1) * CHUNK), path);
    }

    function _climb(bytes memory vector, uint256 chunk) private pure returns (bytes32, bytes memory path) {
        uint256 count = vector.length / CHUNK;
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            bytes memory leaf = slice(vector, i * CHUNK, (i + 1) * CHUNK);
            hashes[i] = keccak256(bytes.concat(hex"00", bytes4(uint32(i)), leaf));
        }
        for (; count > 1; count /= 2) {
            path = bytes.concat(path, hashes[chunk ^ 1]);
            chunk /= 2;
            for (uint256 i = 0; i < count / 2; i++) {
                hashes[i] = keccak256(bytes.concat(hex"01", hashes[2 * i], hashes[2 * i + 1]));
            }
        }
        return (hashes[0], path);
    }
}
