// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CurvePoint, Secp256k1} from "./Secp256k1.sol";

/// @notice Who proves what: the key behind `prover`, times the public key `peer`, is `shared`.
struct SharedPointClaim {
    bytes32 domain;
    uint32 round;
    CurvePoint prover;
    CurvePoint peer;
    CurvePoint shared;
}

/// @notice The proof, and what the prover works out for the contract, which only checks it.
struct SharedPointProof {
    uint256 c; // challenge: a hash
    uint256 z; // response: 1 to the order - 1
    CurvePoint zPeer; // z * peer
    CurvePoint cShared; // c * shared
    uint256 inverse; // 1 / (zPeer.x - cShared.x) in the field of coordinates
}

/// @title Dleq
/// @notice Proof that a point is the one that two trainers share, without the key of either: equality of discrete logarithms
/// (Chaum and Pedersen 1992), made non-interactive by hashing (Fiat and Shamir 1986). The prover with key k commits to
/// R1 = r G and R2 = r peer, c is the hash of the claim and the addresses of both, and z = r + c k. Then
/// R1 = z G - c prover and R2 = z peer - c shared, and only the right k leads back to c.
/// The off-chain side is trainer/privacy/dleq.ts.
library Dleq {
    bytes32 private constant LABEL = keccak256("Foedus/v1 dleq");

    /// @notice The prover's z * peer or c * shared is another point, or the inverse is not that of their distance.
    error WrongHint();
    /// @notice The claim and the commitments that follow from the proof hash to another challenge.
    error WrongProof(uint256 c, uint256 computed);

    /// @notice Reverts unless the proof shows the claim.
    function verify(SharedPointClaim memory claim, SharedPointProof memory proof) internal pure {
        Secp256k1.check(claim.prover);
        Secp256k1.check(claim.peer);
        Secp256k1.check(claim.shared);
        Secp256k1.checkScalar(proof.z);
        uint256 c = proof.c % Secp256k1.ORDER;
        Secp256k1.checkScalar(c);
        // A hint of that address is that point: its coordinates are the preimage of a hash.
        if (
            Secp256k1.addressOf(proof.zPeer) != Secp256k1.addressOfMultiple(proof.z, claim.peer) ||
            Secp256k1.addressOf(proof.cShared) != Secp256k1.addressOfMultiple(c, claim.shared)
        ) revert WrongHint();
        address r1 = Secp256k1.addressOfDifference(proof.z, c, claim.prover);
        address r2 = Secp256k1.addressOf(_difference(proof.zPeer, proof.cShared, proof.inverse));
        uint256 computed = uint256(
            keccak256(abi.encode(LABEL, claim.domain, claim.round, claim.prover, claim.peer, claim.shared, r1, r2))
        );
        if (computed != proof.c) revert WrongProof(proof.c, computed);
    }

    /// @dev u - t for points with different x: the third point of the line through u and -t, mirrored.
    /// @param inverse 1 / (u.x - t.x).
    function _difference(
        CurvePoint memory u,
        CurvePoint memory t,
        uint256 inverse
    ) private pure returns (CurvePoint memory sum) {
        uint256 p = Secp256k1.FIELD;
        unchecked {
            // Both are points, so no coordinate exceeds the field.
            if (mulmod(addmod(u.x, p - t.x, p), inverse, p) != 1) revert WrongHint();
            uint256 slope = mulmod(addmod(u.y, t.y, p), inverse, p);
            sum.x = addmod(mulmod(slope, slope, p), addmod(p - u.x, p - t.x, p), p);
            sum.y = addmod(mulmod(slope, addmod(u.x, p - sum.x, p), p), p - u.y, p);
        }
    }
}
