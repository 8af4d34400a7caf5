// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title UpdateCommitment
/// @notice What a trainer commits to before anybody can read its update. It binds chain, task, round and sender, so that
/// nothing can be copied from it, and the content key, because AES-GCM does not commit to its key. The key is random, so
/// its hash also blinds the root until the reveal.
library UpdateCommitment {
    bytes32 private constant VERSION = keccak256("Foedus/v1");

    /// @notice Binds a chain and a task.
    function domain(address task) internal view returns (bytes32) {
        return keccak256(abi.encode(VERSION, block.chainid, task));
    }

    /// @notice The commitment of `trainer` to an update in `round`.
    function hash(
        bytes32 taskDomain,
        uint32 round,
        address trainer,
        bytes32 root,
        bytes32 contentKeyHash
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskDomain, round, trainer, root, contentKeyHash));
    }
}
