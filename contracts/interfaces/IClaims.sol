// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IClaims
/// @notice Proofs in two steps, so that nobody who sees a proof in the mempool can take its reward: a claim first, the proof a
/// block later.
interface IClaims {
    event ChallengeClaimed(address indexed task, uint32 indexed round, address indexed challenger, bytes32 claim);

    error AlreadyClaimed(bytes32 claim, uint256 claimedAt);
    error NotClaimed(bytes32 claim);
    error ClaimTooFresh(bytes32 claim, uint256 claimedAt);

    /// @notice Announces a challenge without showing it. `task` and `round` only tell others that one is coming.
    /// @param claim_ keccak256(abi.encode(caller, keccak256(calldata of the challenge))).
    /// @dev Reverts AlreadyClaimed.
    function claim(address task, uint32 round, bytes32 claim_) external;
}
