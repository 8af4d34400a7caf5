// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Dealing
/// @notice What a trainer of a masked round has dealt, before anybody commits: its round key, the hash of the seed of its own
/// mask, and the hash of the shares of both. Storage keeps one hash of all three; whoever needs one brings the others.
/// The off-chain side is trainer/privacy/dealing.ts.
library Dealing {
    bytes32 private constant POSSESSION = keccak256("Foedus/v1 possession");

    /// @notice What storage keeps of a dealing.
    function hash(
        bytes32 domain,
        uint32 round,
        address trainer,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(domain, round, trainer, keyAddress, maskHash, sharesHash));
    }

    /// @notice The hash of the seed of a trainer's own mask.
    function hashOfSeed(bytes32 seed) internal pure returns (bytes32) {
        return keccak256(abi.encode(seed));
    }

    /// @notice What a round key signs to show that its trainer has it.
    function possession(bytes32 domain, uint32 round, address trainer) internal pure returns (bytes32) {
        return keccak256(abi.encode(POSSESSION, domain, round, trainer));
    }
}
