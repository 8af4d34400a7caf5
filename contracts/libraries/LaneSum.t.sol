// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {LaneSum} from "./LaneSum.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {VectorHarness} from "../test-support/VectorHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice LaneSum against an addition lane by lane.
contract LaneSumTest {
    VectorHarness private immutable harness = VectorHarness(Deploy.named("VectorHarness"));

    function test_LanesWrapWithoutCarryingIntoTheirNeighbours() external pure {
        uint256 ones = 0x0000000100000001000000010000000100000001000000010000000100000001;
        require(LaneSum.add(type(uint256).max, ones) == 0, "-1 + 1 is 0 in every lane");
        uint256 ends = 0x7fffffff80000000ffffffff00000000800000007fffffffffffffff80000000;
        uint256 more = 0x00000001ffffffff000000010000000080000000800000007fffffff00000000;
        uint256 sums = 0x800000007fffffff000000000000000000000000ffffffff7ffffffe80000000;
        require(LaneSum.add(ends, more) == sums, "every lane wraps by itself");
    }

    function testFuzz_AddIsTheSumOfEveryLane(uint256 a, uint256 b) external pure {
        uint256 sum = LaneSum.add(a, b);
        for (uint256 shift = 0; shift < 256; shift += 32) {
            unchecked {
                uint32 lane = uint32(a >> shift) + uint32(b >> shift);
                require(uint32(sum >> shift) == lane, "one lane differs");
            }
        }
    }

    function testFuzz_AddDoesNotDependOnOrder(uint256 a, uint256 b, uint256 c) external pure {
        require(LaneSum.add(a, b) == LaneSum.add(b, a), "commutative");
        require(LaneSum.add(LaneSum.add(a, b), c) == LaneSum.add(a, LaneSum.add(b, c)), "associative");
    }

    function testFuzz_AddChunkAddsWordByWord(uint256[4] calldata a, uint256[4] calldata b) external view {
        bytes[] memory chunks = new bytes[](2);
        chunks[0] = abi.encodePacked(a);
        chunks[1] = abi.encodePacked(b);
        uint256[] memory sum = harness.sumChunks(chunks);
        require(sum.length == 4, "four words");
        for (uint256 i = 0; i < 4; i++) require(sum[i] == LaneSum.add(a[i], b[i]), "one word differs");
    }

    function test_AChunkOfAnotherLengthIsRefused() external {
        bytes[] memory chunks = new bytes[](2);
        chunks[0] = new bytes(128);
        uint256[4] memory lengths = [uint256(0), 96, 127, 160];
        for (uint256 i = 0; i < lengths.length; i++) {
            chunks[1] = new bytes(lengths[i]);
            VM.expectRevert(abi.encodeWithSelector(LaneSum.ChunkLengths.selector, 128, lengths[i]));
            harness.sumChunks(chunks);
        }
    }
}
