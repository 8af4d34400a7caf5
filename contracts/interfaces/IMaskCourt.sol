// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IClaims} from "./IClaims.sol";

/// @notice What shows that a proposed sum is not that of the masked updates less their masks, in one chunk.
struct MaskedSumProof {
    bytes sum; // opening of the proposed sum's chunk
    bytes members; // for each member, by ascending seats: opening of its masked chunk ‖ seed ‖ key.x ‖ key.y ‖ sharesHash
    bytes dropped; // for each that shared and is no member, by ascending seats: key ‖ maskHash ‖ sharesHash
}

/// @notice What shows that a trainer has dealt shares that rebuild something else than it has committed to.
struct SharesProof {
    uint8 kind; // 0: of its key, 1: of its seed
    address keyAddress;
    bytes32 maskHash;
    bytes32[] leaves; // of all its shares: two for each seat of the task, 0 where there is none
    uint256 seats; // whose shares these are: bit s for seat s, `shareThreshold` of them
    bytes32[] shares; // by ascending seats
}

/// @title IMaskCourt
/// @notice Judges what masks hide: wrong sums of masked updates, shares that rebuild nothing, and who has spoilt a sum that is
/// out of range.
interface IMaskCourt is IClaims {
    error MembersLength(uint256 have, uint256 need);
    error DroppedLength(uint256 have, uint256 need);
    error CommitmentMismatch(uint16 seat, bytes32 committed, bytes32 opened);
    error DealingMismatch(uint16 seat, bytes32 dealt, bytes32 opened);
    error NotUnmasked(uint32 round);
    error WrongRound(uint32 asked, uint32 current);
    error NothingWrong(uint32 chunk);

    /// @notice Proves that chunk `chunk` of the proposed sum is wrong: the proposal is void. Claimed in an earlier block.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, WrongRound, the errors above, and those of ChunkTree and EcdhSeed.
    function challengeMaskedSum(address task, uint32 round, uint32 chunk, MaskedSumProof calldata proof) external;

    /// @notice Proves that the trainer in `seat` has dealt bad shares: it loses `fraudFine`. Claimed in an earlier block.
    /// @dev Reverts as the other does, and SharesAreSound.
    function challengeShares(address task, uint32 round, uint16 seat, SharesProof calldata proof) external;
}
