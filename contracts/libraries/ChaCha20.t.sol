// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {ChaCha20} from "./ChaCha20.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {MaskHarness} from "../test-support/MaskHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice ChaCha20 against RFC 8439 followed word by word, and what adding and subtracting a mask means. Vectors and
/// OpenSSL are in test/contracts/maskLibraries.test.ts.
contract ChaCha20Test {
    MaskHarness private immutable harness = MaskHarness(Deploy.named("MaskHarness"));

    function testFuzz_AChunkIsTwoBlocksOfTheRfc(bytes32 key, uint32 any) external pure {
        uint32 chunk = any >> 1;
        (uint256 first, uint256 second, uint256 third, uint256 fourth) = ChaCha20.chunkOf(key, chunk);
        (uint256 upper, uint256 lower) = _block(key, 2 * chunk);
        require(first == upper && second == lower, "block 2k");
        (upper, lower) = _block(key, 2 * chunk + 1);
        require(third == upper && fourth == lower, "block 2k + 1");
    }

    function testFuzz_WhatIsAddedCanBeSubtracted(
        uint256[4] calldata lanes,
        bytes32 key,
        uint32 any,
        uint8 masked
    ) external pure {
        uint256[] memory sum = new uint256[](4);
        for (uint256 i = 0; i < 4; i++) sum[i] = lanes[i];
        ChaCha20.addChunk(sum, key, any >> 1, masked % 33);
        ChaCha20.subtractChunk(sum, key, any >> 1, masked % 33);
        for (uint256 i = 0; i < 4; i++) require(sum[i] == lanes[i], "not what it was");
    }

    function testFuzz_LanesBehindTheMaskedOnesStayAsTheyAre(
        uint256[4] calldata lanes,
        bytes32 key,
        uint32 any,
        uint8 masked
    ) external pure {
        uint256[] memory sum = new uint256[](4);
        uint256[] memory whole = new uint256[](4);
        for (uint256 i = 0; i < 4; i++) (sum[i], whole[i]) = (lanes[i], lanes[i]);
        ChaCha20.addChunk(sum, key, any >> 1, masked % 33);
        ChaCha20.addChunk(whole, key, any >> 1, 32);
        for (uint256 l = 0; l < 32; l++) {
            uint256 expected = l < masked % 33 ? whole[l / 8] : lanes[l / 8];
            uint256 shift = 224 - 32 * (l % 8);
            require(uint32(sum[l / 8] >> shift) == uint32(expected >> shift), "one lane differs");
        }
    }

    function test_WhatIsNoChunkIsRefused() external {
        VM.expectRevert(abi.encodeWithSelector(ChaCha20.ChunkOutsideKeystream.selector, 1 << 31, (1 << 31) - 1));
        harness.keystream(0, 1 << 31);
        VM.expectRevert(abi.encodeWithSelector(ChaCha20.LanesOutsideChunk.selector, 33, 32));
        harness.addChunk(new uint256[](4), 0, 0, 33);
        VM.expectRevert(abi.encodeWithSelector(ChaCha20.NotAChunk.selector, 5));
        harness.subtractChunk(new uint256[](5), 0, 0, 32);
    }

    /// @dev Section 2.3 as it is written there: 16 words, and quarter rounds on four of them.
    function _block(bytes32 key, uint32 counter) private pure returns (uint256 upper, uint256 lower) {
        uint32[16] memory start;
        (start[0], start[1], start[2], start[3]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (uint256 i = 0; i < 32; i++) start[4 + i / 4] |= uint32(uint8(key[i])) << uint32(8 * (i % 4));
        start[12] = counter;
        uint32[16] memory state = abi.decode(abi.encode(start), (uint32[16]));
        for (uint256 i = 0; i < 10; i++) {
            for (uint256 j = 0; j < 4; j++) _quarterRound(state, j, 4 + j, 8 + j, 12 + j);
            for (uint256 j = 0; j < 4; j++) {
                _quarterRound(state, j, 4 + ((j + 1) % 4), 8 + ((j + 2) % 4), 12 + ((j + 3) % 4));
            }
        }
        for (uint256 i = 0; i < 16; i++) {
            unchecked {
                uint256 word = state[i] + start[i];
                if (i < 8) upper = (upper << 32) | word;
                else lower = (lower << 32) | word;
            }
        }
    }

    function _quarterRound(uint32[16] memory s, uint256 a, uint256 b, uint256 c, uint256 d) private pure {
        unchecked {
            s[a] += s[b];
            s[d] = _rotl(s[d] ^ s[a], 16);
            s[c] += s[d];
            s[b] = _rotl(s[b] ^ s[c], 12);
            s[a] += s[b];
            s[d] = _rotl(s[d] ^ s[a], 8);
            s[c] += s[d];
            s[b] = _rotl(s[b] ^ s[c], 7);
        }
    }

    function _rotl(uint32 x, uint32 bits) private pure returns (uint32) {
        return (x << bits) | (x >> (32 - bits));
    }
}
