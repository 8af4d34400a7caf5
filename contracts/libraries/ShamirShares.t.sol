// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Secp256k1} from "./Secp256k1.sol";
import {ShamirShares, ShareKind} from "./ShamirShares.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {MaskHarness} from "../test-support/MaskHarness.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice ShamirShares against polynomials that are dealt here.
contract ShamirSharesTest {
    MaskHarness private immutable harness = MaskHarness(Deploy.named("MaskHarness"));

    function testFuzz_SharesRebuildTheSecretTheyWereDealtOf(bytes32 any, uint256 present) external view {
        uint16[] memory seats = _seatsOf(_sparse(present));
        uint256[] memory polynomial = _polynomial(any, seats.length);
        bytes32[] memory shares = _deal(polynomial, seats);
        require(ShamirShares.secretOf(seats, shares) == polynomial[0], "another secret");
    }

    /// @dev Products of the largest numbers there are: of the highest seats, and of the most distant.
    function test_TheHighestAndTheMostDistantSeatsRebuildASecret() external view {
        uint256[4] memory sets = [
            uint256(type(uint32).max) << 224,
            uint256(type(uint16).max) | (uint256(type(uint16).max) << 240),
            (uint256(type(uint32).max) >> 1) | (1 << 255),
            1 | (uint256(type(uint32).max) << 225)
        ];
        for (uint256 i = 0; i < sets.length; i++) {
            uint16[] memory seats = _seatsOf(sets[i]);
            require(seats.length == 32, "not the largest cohort");
            uint256[] memory polynomial = _polynomial(bytes32(i), 32);
            require(ShamirShares.secretOf(seats, _deal(polynomial, seats)) == polynomial[0], "another secret");
        }
    }

    function testFuzz_OneShareTooFewRebuildsSomethingElse(bytes32 any, uint256 present) external view {
        uint16[] memory seats = _seatsOf(_sparse(present));
        uint256[] memory polynomial = _polynomial(any, seats.length + 1);
        require(ShamirShares.secretOf(seats, _deal(polynomial, seats)) != polynomial[0], "the secret");
    }

    function testFuzz_SeatsMustAscendAndBeOfTheTask(uint16[3] calldata any) external {
        uint16[] memory seats = new uint16[](3);
        uint256 least = 0;
        uint256 wrong = 3;
        for (uint256 i = 0; i < 3; i++) {
            seats[i] = any[i] % 300;
            if (wrong == 3 && (seats[i] < least || seats[i] > 255)) wrong = i;
            if (wrong == 3) least = uint256(seats[i]) + 1;
        }
        bytes32[] memory shares = new bytes32[](3);
        if (wrong < 3) {
            VM.expectRevert(
                abi.encodeWithSelector(ShamirShares.SeatOutOfOrder.selector, uint256(seats[wrong]), least, 255)
            );
        }
        harness.secretOf(seats, shares);
    }

    function testFuzz_AShareIsBelowTheOrder(uint256 any, uint8 place) external {
        uint16[] memory seats = _seatsOf(7);
        bytes32[] memory shares = new bytes32[](3);
        uint256 most = type(uint256).max - Secp256k1.ORDER;
        shares[place % 3] = bytes32(Secp256k1.ORDER + (any % most));
        VM.expectRevert(abi.encodeWithSelector(ShamirShares.ShareTooLarge.selector, place % 3, shares[place % 3]));
        harness.secretOf(seats, shares);
        shares[place % 3] = bytes32(Secp256k1.ORDER - 1);
        harness.secretOf(seats, shares);
    }

    function testFuzz_OnlyTheShareOfALeafWasDealt(bytes32 share, bytes32 other, uint8 any) external {
        if (share == other) return;
        uint16 seat = any % 4;
        bytes32[] memory leaves = new bytes32[](8);
        leaves[2 * seat + 1] = ShamirShares.leafOf(ShareKind.Seed, seat, share);
        ShamirShares.checkDealt(leaves, ShareKind.Seed, seat, share);
        VM.expectPartialRevert(ShamirShares.NotDealt.selector);
        harness.checkDealt(leaves, ShareKind.Seed, seat, other);
        VM.expectPartialRevert(ShamirShares.NotDealt.selector);
        harness.checkDealt(leaves, ShareKind.Key, seat, share);
        VM.expectPartialRevert(ShamirShares.NotDealt.selector);
        harness.checkDealt(leaves, ShareKind.Seed, 4 + seat, share);
    }

    /// @dev Secret and coefficients.
    function _polynomial(bytes32 any, uint256 threshold) private pure returns (uint256[] memory polynomial) {
        polynomial = new uint256[](threshold);
        for (uint256 i = 0; i < threshold; i++) {
            polynomial[i] = uint256(keccak256(abi.encode(any, i))) % Secp256k1.ORDER;
        }
    }

    function _deal(uint256[] memory polynomial, uint16[] memory seats) private pure returns (bytes32[] memory shares) {
        shares = new bytes32[](seats.length);
        for (uint256 s = 0; s < seats.length; s++) {
            uint256 value = 0;
            for (uint256 i = polynomial.length; i > 0; i--) {
                value = mulmod(value, uint256(seats[s]) + 1, Secp256k1.ORDER);
                value = addmod(value, polynomial[i - 1], Secp256k1.ORDER);
            }
            shares[s] = bytes32(value);
        }
    }

    /// @dev One bit in four of those that are set, so that all seats of a task come up.
    function _sparse(uint256 any) private pure returns (uint256) {
        return any & uint256(keccak256(abi.encode(any, 1))) & uint256(keccak256(abi.encode(any, 2)));
    }

    /// @dev The lowest 32 at most of a set, or seat 0.
    function _seatsOf(uint256 set) private pure returns (uint16[] memory seats) {
        if (set == 0) set = 1;
        uint256 count = 0;
        for (uint256 left = set; left != 0 && count < 32; left &= left - 1) count++;
        seats = new uint16[](count);
        uint256 found = 0;
        for (uint16 seat = 0; found < count; seat++) if ((set >> seat) & 1 == 1) seats[found++] = seat;
    }
}
