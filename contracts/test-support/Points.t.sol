// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CurvePoint, Secp256k1} from "../libraries/Secp256k1.sol";

/// @title Points
/// @notice Multiples of points as textbooks work them out, for tests: slow, and at infinity it has no answer.
library Points {
    uint256 private constant P = Secp256k1.FIELD;

    function generator() internal pure returns (CurvePoint memory) {
        return
            CurvePoint(
                0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
                0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8
            );
    }

    /// @notice scalar * point, for a scalar of 1 to the order - 1.
    function times(uint256 scalar, CurvePoint memory point) internal pure returns (CurvePoint memory product) {
        bool started = false;
        for (uint256 bit = 256; bit > 0; bit--) {
            if (started) product = _twice(product);
            if ((scalar >> (bit - 1)) & 1 == 0) continue;
            product = started ? _plus(product, point) : point;
            started = true;
        }
    }

    /// @notice 1 / (a - b) in the field of coordinates.
    function inverse(uint256 a, uint256 b) internal pure returns (uint256 result) {
        // a^(p - 2), by Fermat.
        uint256 power = addmod(a, P - b, P);
        result = 1;
        for (uint256 exponent = P - 2; exponent > 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, power, P);
            power = mulmod(power, power, P);
        }
    }

    function _twice(CurvePoint memory a) private pure returns (CurvePoint memory) {
        return _third(a, a, mulmod(mulmod(3, mulmod(a.x, a.x, P), P), inverse(addmod(a.y, a.y, P), 0), P));
    }

    function _plus(CurvePoint memory a, CurvePoint memory b) private pure returns (CurvePoint memory) {
        return _third(a, b, mulmod(addmod(a.y, P - b.y, P), inverse(a.x, b.x), P));
    }

    /// @dev The third point of the line through two, mirrored.
    function _third(
        CurvePoint memory a,
        CurvePoint memory b,
        uint256 slope
    ) private pure returns (CurvePoint memory sum) {
        sum.x = addmod(mulmod(slope, slope, P), addmod(P - a.x, P - b.x, P), P);
        sum.y = addmod(mulmod(slope, addmod(a.x, P - sum.x, P), P), P - a.y, P);
    }
}
