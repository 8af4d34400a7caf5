// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ChunkTree} from "./ChunkTree.sol";
import {LaneSum} from "./LaneSum.sol";

/// @title ChaCha20
/// @notice The mask of a chunk: the ChaCha20 keystream of RFC 8439 as lanes. The nonce is 0 and the counter starts at 0,
/// so chunk k (32 lanes) is the blocks 2k and 2k + 1, and lane l is word l % 16 of block l / 16, as the number that the
/// RFC calculates with. Blocks are worked out in pairs: a word here holds one row (four words) of the RFC's state of one
/// block in its upper half, and the same row of the other block in its lower half.
library ChaCha20 {
    /// @dev The 32-bit counter of the blocks reaches no further.
    uint256 internal constant MAX_CHUNKS = 1 << 31;

    /// @dev "expand 32-byte k", the first row of every state.
    uint256 private constant ROW_0 = 0x617078653320646e79622d326b206574617078653320646e79622d326b206574;
    /// @dev Times a half of a word, that half twice.
    uint256 private constant TWICE = (1 << 128) + 1;
    uint256 private constant UPPER_HALF = uint256(type(uint128).max) << 128;
    /// @dev Bits of every lane: the highest and the lowest so many.
    uint256 private constant TOP_1 = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 private constant TOP_16 = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;
    uint256 private constant TOP_20 = 0xfffff000fffff000fffff000fffff000fffff000fffff000fffff000fffff000;
    uint256 private constant TOP_24 = 0xffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00;
    uint256 private constant TOP_25 = 0xffffff80ffffff80ffffff80ffffff80ffffff80ffffff80ffffff80ffffff80;
    uint256 private constant LOW_31 = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;
    uint256 private constant LOW_16 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant LOW_12 = 0x00000fff00000fff00000fff00000fff00000fff00000fff00000fff00000fff;
    uint256 private constant LOW_8 = 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff;
    uint256 private constant LOW_7 = 0x0000007f0000007f0000007f0000007f0000007f0000007f0000007f0000007f;
    /// @dev Words of both halves.
    uint256 private constant FIRST_WORD = 0xffffffff000000000000000000000000ffffffff000000000000000000000000;
    uint256 private constant LAST_WORD = 0x000000000000000000000000ffffffff000000000000000000000000ffffffff;
    uint256 private constant FIRST_2_WORDS = 0xffffffffffffffff0000000000000000ffffffffffffffff0000000000000000;
    uint256 private constant LAST_2_WORDS = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
    uint256 private constant FIRST_3_WORDS = 0xffffffffffffffffffffffff00000000ffffffffffffffffffffffff00000000;
    uint256 private constant LAST_3_WORDS = 0x00000000ffffffffffffffffffffffff00000000ffffffffffffffffffffffff;
    uint256 private constant SECOND_BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant SECOND_PAIRS = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;

    /// @notice Chunks of a keystream are numbered from 0 to 2^31 - 1.
    error ChunkOutsideKeystream(uint256 chunk, uint256 max);
    /// @notice The sum of a chunk has four words.
    error NotAChunk(uint256 words);
    /// @notice No more lanes are masked than a chunk has.
    error LanesOutsideChunk(uint256 lanes, uint256 max);

    /// @notice Adds the keystream's chunk to `sum`, in place.
    /// @param lanes How many lanes are masked, 0 to 32; those behind them stay as they are.
    function addChunk(uint256[] memory sum, bytes32 key, uint32 chunk, uint256 lanes) internal pure {
        _add(sum, 0, key, chunk, lanes);
    }

    /// @notice `addChunk`, subtracted.
    /// @dev a - b is ~(~a + b), because ~a is -a - 1.
    function subtractChunk(uint256[] memory sum, bytes32 key, uint32 chunk, uint256 lanes) internal pure {
        _add(sum, type(uint256).max, key, chunk, lanes);
    }

    /// @notice Chunk number `chunk` of the keystream of `key`: 32 lanes in four words.
    function chunkOf(
        bytes32 key,
        uint32 chunk
    ) internal pure returns (uint256 first, uint256 second, uint256 third, uint256 fourth) {
        if (chunk >= MAX_CHUNKS) revert ChunkOutsideKeystream(chunk, MAX_CHUNKS - 1);
        unchecked {
            uint256 counter = 2 * uint256(chunk);
            return blocks(key, (counter << 224) | ((counter + 1) << 96));
        }
    }

    /// @notice Two blocks: `first` and `second` are the 16 words of one, `third` and `fourth` those of the other.
    /// @param row3 For each block its counter and the three words of its nonce, as numbers.
    function blocks(
        bytes32 key,
        uint256 row3
    ) internal pure returns (uint256 first, uint256 second, uint256 third, uint256 fourth) {
        uint256 row1;
        uint256 row2;
        unchecked {
            uint256 words = _littleEndian(uint256(key));
            row1 = (words >> 128) * TWICE;
            row2 = uint256(uint128(words)) * TWICE;
        }
        (uint256 a, uint256 b, uint256 c, uint256 d) = _twentyRounds(ROW_0, row1, row2, row3);
        a = LaneSum.add(a, ROW_0);
        b = LaneSum.add(b, row1);
        c = LaneSum.add(c, row2);
        d = LaneSum.add(d, row3);
        first = (a & UPPER_HALF) | (b >> 128);
        second = (c & UPPER_HALF) | (d >> 128);
        third = (a << 128) | uint128(b);
        fourth = (c << 128) | uint128(d);
    }

    /// @dev Ten times a round on columns and a round on diagonals, each a quarter round on eight lanes at once. For the
    /// diagonals the rows b, c, d are rolled left by 1, 2, 3 words within their halves, and back afterwards.
    function _twentyRounds(
        uint256 a,
        uint256 b,
        uint256 c,
        uint256 d
    ) private pure returns (uint256, uint256, uint256, uint256) {
        assembly ("memory-safe") {
            // A sum is LaneSum.add's; a rotation is two shifts, and of each what stays within its lane or half. Their parts
            // are joined by xor, because the compiler would push the masks of what follows through an or.
            for {
                let i := 10
            } i {
                i := sub(i, 1)
            } {
                // Columns.
                a := xor(add(and(a, LOW_31), and(b, LOW_31)), and(xor(a, b), TOP_1))
                d := xor(d, a)
                d := xor(and(shl(16, d), TOP_16), and(shr(16, d), LOW_16))
                c := xor(add(and(c, LOW_31), and(d, LOW_31)), and(xor(c, d), TOP_1))
                b := xor(b, c)
                b := xor(and(shl(12, b), TOP_20), and(shr(20, b), LOW_12))
                a := xor(add(and(a, LOW_31), and(b, LOW_31)), and(xor(a, b), TOP_1))
                d := xor(d, a)
                d := xor(and(shl(8, d), TOP_24), and(shr(24, d), LOW_8))
                c := xor(add(and(c, LOW_31), and(d, LOW_31)), and(xor(c, d), TOP_1))
                b := xor(b, c)
                b := xor(and(shl(7, b), TOP_25), and(shr(25, b), LOW_7))
                // To the diagonals.
                b := xor(and(shl(32, b), FIRST_3_WORDS), and(shr(96, b), LAST_WORD))
                c := xor(and(shl(64, c), FIRST_2_WORDS), and(shr(64, c), LAST_2_WORDS))
                d := xor(and(shl(96, d), FIRST_WORD), and(shr(32, d), LAST_3_WORDS))
                a := xor(add(and(a, LOW_31), and(b, LOW_31)), and(xor(a, b), TOP_1))
                d := xor(d, a)
                d := xor(and(shl(16, d), TOP_16), and(shr(16, d), LOW_16))
                c := xor(add(and(c, LOW_31), and(d, LOW_31)), and(xor(c, d), TOP_1))
                b := xor(b, c)
                b := xor(and(shl(12, b), TOP_20), and(shr(20, b), LOW_12))
                a := xor(add(and(a, LOW_31), and(b, LOW_31)), and(xor(a, b), TOP_1))
                d := xor(d, a)
                d := xor(and(shl(8, d), TOP_24), and(shr(24, d), LOW_8))
                c := xor(add(and(c, LOW_31), and(d, LOW_31)), and(xor(c, d), TOP_1))
                b := xor(b, c)
                b := xor(and(shl(7, b), TOP_25), and(shr(25, b), LOW_7))
                // And back.
                b := xor(and(shl(96, b), FIRST_WORD), and(shr(32, b), LAST_3_WORDS))
                c := xor(and(shl(64, c), FIRST_2_WORDS), and(shr(64, c), LAST_2_WORDS))
                d := xor(and(shl(32, d), FIRST_3_WORDS), and(shr(96, d), LAST_WORD))
            }
        }
        return (a, b, c, d);
    }

    /// @dev The numbers of which every four bytes are the little-endian form.
    function _littleEndian(uint256 x) private pure returns (uint256) {
        x = ((x & SECOND_BYTES) << 8) | ((x >> 8) & SECOND_BYTES);
        return ((x & SECOND_PAIRS) << 16) | ((x >> 16) & SECOND_PAIRS);
    }

    /// @dev Adds to the words of `sum`, each flipped before and after by the bits of `flip`.
    function _add(uint256[] memory sum, uint256 flip, bytes32 key, uint32 chunk, uint256 lanes) private pure {
        if (sum.length != 4) revert NotAChunk(sum.length);
        if (lanes > ChunkTree.CHUNK_LANES) revert LanesOutsideChunk(lanes, ChunkTree.CHUNK_LANES);
        (uint256 first, uint256 second, uint256 third, uint256 fourth) = chunkOf(key, chunk);
        if (lanes < ChunkTree.CHUNK_LANES) {
            first = _firstLanes(first, lanes);
            second = _firstLanes(second, Math.saturatingSub(lanes, 8));
            third = _firstLanes(third, Math.saturatingSub(lanes, 16));
            fourth = _firstLanes(fourth, Math.saturatingSub(lanes, 24));
        }
        _addWord(sum, 0, flip, first);
        _addWord(sum, 32, flip, second);
        _addWord(sum, 64, flip, third);
        _addWord(sum, 96, flip, fourth);
    }

    /// @dev A word with 0 in place of all but so many lanes.
    function _firstLanes(uint256 word, uint256 lanes) private pure returns (uint256) {
        return lanes < 8 ? word & ~(type(uint256).max >> (32 * lanes)) : word;
    }

    /// @dev Adds to the word of `sum` that stands `offset` bytes behind its first.
    function _addWord(uint256[] memory sum, uint256 offset, uint256 flip, uint256 word) private pure {
        uint256 place;
        uint256 have;
        assembly ("memory-safe") {
            place := add(add(sum, 32), offset)
            have := mload(place)
        }
        have = LaneSum.add(have ^ flip, word) ^ flip;
        assembly ("memory-safe") {
            mstore(place, have)
        }
    }
}
