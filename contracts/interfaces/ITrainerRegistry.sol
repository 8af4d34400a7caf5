// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ITrainerRegistry
/// @notice Who is who: the key others encrypt to and the addresses where a participant's IPFS node is dialled. Everybody
/// writes only their own entry. Nothing here is trusted: a wrong entry harms its owner.
interface ITrainerRegistry {
    event Registered(address indexed account, bytes32 encryptionKey, string peers);

    error EmptyKey();
    error PeersTooLong(uint256 bytesLength, uint256 max);

    /// @notice Sets the caller's entry.
    /// @param encryptionKey X25519 public key (RFC 9180 DHKEM), not zero.
    /// @param peers Multiaddresses of its IPFS node, separated by spaces, at most 512 bytes; may be empty.
    /// @dev Reverts EmptyKey, PeersTooLong.
    function register(bytes32 encryptionKey, string calldata peers) external;

    /// @notice The entry of `account`; a zero key means none.
    function entryOf(address account) external view returns (bytes32 encryptionKey, string memory peers);
}
