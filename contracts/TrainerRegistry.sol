// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrainerRegistry} from "./interfaces/ITrainerRegistry.sol";

/// @title TrainerRegistry
/// @notice See ITrainerRegistry.
contract TrainerRegistry is ITrainerRegistry {
    struct Entry {
        bytes32 encryptionKey;
        string peers;
    }

    uint256 private constant MAX_PEERS_BYTES = 512;

    mapping(address account => Entry) private _entries;

    /// @inheritdoc ITrainerRegistry
    function register(bytes32 encryptionKey, string calldata peers) external {
        if (encryptionKey == 0) revert EmptyKey();
        if (bytes(peers).length > MAX_PEERS_BYTES) revert PeersTooLong(bytes(peers).length, MAX_PEERS_BYTES);
        _entries[msg.sender] = Entry(encryptionKey, peers);
        emit Registered(msg.sender, encryptionKey, peers);
    }

    /// @inheritdoc ITrainerRegistry
    function entryOf(address account) external view returns (bytes32 encryptionKey, string memory peers) {
        Entry storage entry = _entries[account];
        return (entry.encryptionKey, entry.peers);
    }
}
