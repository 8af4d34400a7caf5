// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CurvePoint, Secp256k1} from "./Secp256k1.sol";

/// @title EcdhSeed
/// @notice The secret of two trainers, from which both draw the mask that cancels in their sum: Diffie-Hellman between round
/// keys, and of the shared point its Ethereum address, because that is what the EVM can compute from one of the two keys.
/// The off-chain side is trainer/privacy/edgeSeed.ts.
library EcdhSeed {
    /// @notice A seat has no edge to itself.
    error NotAnEdge(uint16 seat);

    /// @notice The address of a round key's public key; reverts unless `secret` is 1 to the curve's order - 1.
    function publicKeyAddress(uint256 secret) internal pure returns (address) {
        Secp256k1.checkScalar(secret);
        return Secp256k1.addressOfKey(secret);
    }

    /// @notice The seed of the mask between two seats, in any order.
    /// @param secret The round key of one of them: 1 to the curve's order - 1.
    /// @param peer The public key of the other; reverts unless it is a point that can be used.
    function seed(
        bytes32 domain,
        uint32 round,
        uint16 one,
        uint16 other,
        uint256 secret,
        CurvePoint memory peer
    ) internal pure returns (bytes32) {
        Secp256k1.checkScalar(secret);
        Secp256k1.check(peer);
        return seedOf(domain, round, one, other, Secp256k1.addressOfMultiple(secret, peer));
    }

    /// @notice The seed that follows from the address of the shared point.
    function seedOf(
        bytes32 domain,
        uint32 round,
        uint16 one,
        uint16 other,
        address shared
    ) internal pure returns (bytes32) {
        if (one == other) revert NotAnEdge(one);
        (uint16 lo, uint16 hi) = one < other ? (one, other) : (other, one);
        return keccak256(abi.encode(domain, round, lo, hi, shared));
    }
}
