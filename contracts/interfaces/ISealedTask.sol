// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrainingTask, SeatStatus} from "./ITrainingTask.sol";

/// @title ISealedTask
/// @notice A task whose updates are encrypted to chosen recipients: committed to while nobody can read them, then revealed
/// to all recipients at once.
interface ISealedTask is ITrainingTask {
    event UpdateCommitted(uint32 indexed round, uint16 indexed seat, bytes32 commitment);
    /// @param contentKeyHash With root what opens the seat's commitment, which is all that storage keeps of them.
    /// @param drawn The seat that is now drawn to aggregate; the last such event of a round counts.
    event UpdateRevealed(
        uint32 indexed round,
        uint16 indexed seat,
        bytes32 root,
        bytes32 contentKeyHash,
        bytes32 contentId,
        uint16 drawn
    );
    /// @param missing Bit s is set where seat s's update is not to count.
    event SeatsAttested(uint32 indexed round, uint16 indexed seat, uint256 missing);
    event SeatStruck(uint32 indexed round, uint16 indexed seat);

    /// @notice A seat is out of its round, its update out of the sum, and no reward is paid for it.
    /// @param fine What was taken from its trainer.
    event SeatExpelled(uint32 indexed round, uint16 indexed seat, uint256 fine, address indexed challenger);

    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error CannotExpelSeat(uint16 seat, SeatStatus status);

    /// @notice Commits to this round's update: keccak256(abi.encode(domain, round, sender, root, contentKeyHash)).
    /// The seat's trainer, once, while committing. The last commitment starts the reveal.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, EmptyCommitment.
    function commit(uint32 round, uint16 seat, bytes32 commitment) external;

    /// @notice `commit`, and enters the next round in the same seat with `weight`: nobody else can take it before.
    /// @dev Reverts as `commit` and `enter` do.
    function commitAndEnter(uint32 round, uint16 seat, bytes32 commitment, uint16 weight) external;

    /// @notice Opens the commitment and says where the sealed update lies. The seat's trainer, once, while revealing.
    /// @param root Chunk root of the plaintext update, already multiplied by its weight.
    /// @param contentKeyHash keccak256 of the random key the update is encrypted with: it also blinds the commitment.
    /// @param contentId Where to fetch the sealed update.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, CommitmentMismatch.
    function reveal(uint32 round, uint16 seat, bytes32 root, bytes32 contentKeyHash, bytes32 contentId) external;

    /// @notice Says which seats' updates are not to count (bit s for seat s): their content could not be fetched or did not
    /// match its root, or the task's strategy leaves them out. Silence means that all count. A majority of those who
    /// revealed strikes a seat. A trainer that revealed, struck or not, once.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, SeatOutOfRange, CannotAttestSeat.
    function attest(uint32 round, uint16 seat, uint256 missing) external;

    /// @notice Takes a convicted update out of the round under way and `fraudFine` from its trainer. A proposal of a sum with
    /// it, or by its trainer, is void. Rewards as `overturn` does.
    /// @dev Reverts: NotTheCourt, WrongRound, WrongPhase, CannotExpelSeat unless the seat revealed or was struck.
    function expel(uint32 round, uint16 seat, address rewarded) external returns (uint256 fine);
}
