// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// @notice Of which secret a share is: the round key's, or that of the seed of the dealer's own mask.
enum ShareKind {
    Key,
    Seed
}

/// @title ShamirShares
/// @notice Rebuilds a secret from shares (Shamir 1979) over the scalar field of secp256k1, and tells whether shares are those
/// that were dealt. Seat s holds the polynomial's value at s + 1; the secret is its value at 0. A dealer publishes leaves,
/// two a seat (key, seed), each the hash of a share, and storage keeps the hash of all leaves.
/// The off-chain side is trainer/privacy/shamir.ts and sharesBundle.ts.
library ShamirShares {
    uint256 internal constant MAX_SEATS = 256;
    /// @dev The largest cohort.
    uint256 internal constant MAX_SHARES = 32;

    /// @notice One share for every seat named, and one to 32 of them.
    error SharesLength(uint256 seats, uint256 shares);
    /// @notice Seats are named once each, ascending, and are below 256.
    error SeatOutOfOrder(uint256 seat, uint256 least, uint256 most);
    /// @notice A share is below the curve's order.
    error ShareTooLarge(uint16 seat, bytes32 share);
    /// @notice The dealer's leaf for this seat is that of another share, or there is none.
    error NotDealt(ShareKind kind, uint16 seat, bytes32 leaf);

    /// @notice What a dealer publishes of a share.
    function leafOf(ShareKind kind, uint16 seat, bytes32 share) internal pure returns (bytes32) {
        return keccak256(abi.encode(kind, seat, share));
    }

    /// @notice The hash of all leaves, which a dealing holds.
    /// @param leaves For every seat that of its key share and that of its seed share, zeros where it got none.
    function hashOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(leaves));
    }

    /// @notice Reverts unless this share was dealt to the seat.
    function checkDealt(bytes32[] memory leaves, ShareKind kind, uint16 seat, bytes32 share) internal pure {
        uint256 place = 2 * uint256(seat) + uint256(kind);
        bytes32 leaf = place < leaves.length ? leaves[place] : bytes32(0);
        if (leaf != leafOf(kind, seat, share)) revert NotDealt(kind, seat, leaf);
    }

    /// @notice The value at 0 of the polynomial through all these shares: the secret, if as many shares are given as the
    /// threshold says and were dealt honestly.
    /// @dev Lagrange: the sum of share_i * prod_{j != i} x_j / (x_j - x_i), x = seat + 1. As a fraction,
    /// prod_j x_j / d_i with d_i = x_i prod_{j != i} (x_j - x_i); all d_i are inverted by one inversion (Montgomery).
    function secretOf(uint16[] memory seats, bytes32[] memory shares) internal view returns (uint256 secret) {
        uint256 count = seats.length;
        if (count == 0 || count > MAX_SHARES || count != shares.length) revert SharesLength(count, shares.length);
        _checkSeats(seats);
        uint256[] memory divisors = new uint256[](count);
        uint256[] memory before = new uint256[](count); // product of the divisors before each
        uint256 all = 1; // product of all divisors
        uint256 numerator = 1; // below 2^254: at most 256 times 255 ... times 225
        for (uint256 i = 0; i < count; i++) {
            divisors[i] = _divisor(seats, seats[i]);
            before[i] = all;
            all = mulmod(all, divisors[i], Secp256k1.ORDER);
            numerator *= uint256(seats[i]) + 1;
        }
        uint256 inverse = Math.invModPrime(all, Secp256k1.ORDER);
        for (uint256 i = count; i > 0;) {
            i--;
            if (uint256(shares[i]) >= Secp256k1.ORDER) revert ShareTooLarge(seats[i], shares[i]);
            // Here `inverse` is that of the product of the divisors up to this one.
            uint256 part = mulmod(uint256(shares[i]), mulmod(inverse, before[i], Secp256k1.ORDER), Secp256k1.ORDER);
            secret = addmod(secret, part, Secp256k1.ORDER);
            inverse = mulmod(inverse, divisors[i], Secp256k1.ORDER);
        }
        return mulmod(secret, numerator, Secp256k1.ORDER);
    }

    function _checkSeats(uint16[] memory seats) private pure {
        uint256 least = 0;
        for (uint256 i = 0; i < seats.length; i++) {
            if (seats[i] < least || seats[i] >= MAX_SEATS) revert SeatOutOfOrder(seats[i], least, MAX_SEATS - 1);
            least = uint256(seats[i]) + 1;
        }
    }

    /// @dev (seat + 1) times the product of the other seats' distances from it, modulo the order. A signed number of less
    /// than 255 bits: at most 256 times 31 different distances below 256.
    function _divisor(uint16[] memory seats, uint256 seat) private pure returns (uint256) {
        int256 product;
        assembly ("memory-safe") {
            product := add(seat, 1)
            let end := add(seats, shl(5, mload(seats)))
            for {
                let place := seats
            } lt(place, end) {} {
                place := add(place, 32)
                let distance := sub(mload(place), seat)
                // Times 1 for the seat itself, which is the only one at distance 0.
                product := mul(product, add(distance, iszero(distance)))
            }
        }
        unchecked {
            return product < 0 ? Secp256k1.ORDER - uint256(-product) : uint256(product);
        }
    }
}
