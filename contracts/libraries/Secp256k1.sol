// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A point of the curve by its affine coordinates. The point at infinity has none.
struct CurvePoint {
    uint256 x;
    uint256 y;
}

/// @title Secp256k1
/// @notice What the EVM can tell about multiples of points of secp256k1 (SEC 2, section 2.4.1): their Ethereum addresses, by
/// ecrecover. It gives the address of (s R - m G) / r, where R is the point with x = r and y of the parity that v says:
/// so r must be below the order, and of y it sees the parity only. Check a point before it is used.
library Secp256k1 {
    /// @notice The field of coordinates.
    uint256 internal constant FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
    /// @notice The number of points, a prime; scalars are taken modulo it.
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    uint256 private constant GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    /// @dev v of a signature whose R has an even y; for an odd one it is one more. The generator's y is even.
    uint8 private constant EVEN = 27;

    /// @notice A point has an x below the order, a y below the field, and lies on the curve.
    error NotAPoint(uint256 x, uint256 y);
    /// @notice Scalars here are 1 to the order - 1.
    error NotAScalar(uint256 scalar);

    /// @notice Reverts unless (x, y) is a point that ecrecover can calculate with.
    /// @dev y^2 = x^3 + 7, which has no solution for the (0, 0) that stands for infinity elsewhere.
    function check(CurvePoint memory point) internal pure {
        (uint256 x, uint256 y) = (point.x, point.y);
        if (x >= ORDER || y >= FIELD || mulmod(y, y, FIELD) != addmod(mulmod(mulmod(x, x, FIELD), x, FIELD), 7, FIELD))
            revert NotAPoint(x, y);
    }

    /// @notice Reverts unless a number is a scalar that is not 0.
    function checkScalar(uint256 scalar) internal pure {
        if (scalar == 0 || scalar >= ORDER) revert NotAScalar(scalar);
    }

    /// @notice The address of an account whose public key is this point.
    function addressOf(CurvePoint memory point) internal pure returns (address account) {
        assembly ("memory-safe") {
            // The last 20 bytes of the hash of both coordinates, which stand in a row.
            account := and(keccak256(point, 64), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The address of scalar * point, for a point and a scalar that have been checked.
    /// @dev With m = 0 and s = r * scalar.
    function addressOfMultiple(uint256 scalar, CurvePoint memory point) internal pure returns (address) {
        return ecrecover(0, _v(point), bytes32(point.x), bytes32(mulmod(scalar, point.x, ORDER)));
    }

    /// @notice The address of scalar * G, for a scalar that has been checked.
    function addressOfKey(uint256 scalar) internal pure returns (address) {
        return ecrecover(0, EVEN, bytes32(GENERATOR_X), bytes32(mulmod(scalar, GENERATOR_X, ORDER)));
    }

    /// @notice The address of a * G - b * point, for a point and scalars that have been checked; 0 at infinity.
    /// @dev With m = - r a and s = - r b.
    function addressOfDifference(uint256 a, uint256 b, CurvePoint memory point) internal pure returns (address) {
        unchecked {
            uint256 m = ORDER - mulmod(a, point.x, ORDER);
            uint256 s = ORDER - mulmod(b, point.x, ORDER);
            return ecrecover(bytes32(m), _v(point), bytes32(point.x), bytes32(s));
        }
    }

    function _v(CurvePoint memory point) private pure returns (uint8) {
        return uint8(EVEN + (point.y & 1));
    }
}
