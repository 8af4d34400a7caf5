// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IClaims} from "./IClaims.sol";

/// @notice A wrong sum, shown at one chunk. An opening is the chunk's 128 bytes and its path's hashes from the leaf
/// upwards, one after another without lengths: calldata is what a proof costs.
struct SumProof {
    uint256 seats; // bit s: seat s is in the sum. All that are, and no other
    bytes updates; // in the order of their seats: the opening of each update's chunk, and its contentKeyHash
    bytes sum; // the opening of the posted sum's chunk
}

/// @notice A wrong step, shown at one chunk.
struct StepProof {
    bytes sum; // the opening of the posted sum's chunk
    bytes from; // the openings in each vector of the model it steps from: the model and its moments
    bytes next; // the openings in each vector of the posted model
}

/// @notice A malformed update, shown at one chunk.
struct EncodingProof {
    bytes update; // the opening of the update's chunk; its length says how deep the committed tree is
    bytes32 contentKeyHash;
}

/// @title IAggregationCourt
/// @notice Judges fraud proofs, each in one transaction: it adds, steps and compares what the chain has roots of. Whoever
/// is right wins; nobody votes and nobody can stop it. A proof that proves nothing reverts and costs its gas.
///
/// In two steps, so that nobody can take a proof out of the mempool and be rewarded for it: first `claim` the hash of the
/// challenge to come, then, at least a block later, send it.
///
/// What a hidden proposal does not show can be asked for: `requestChunk` makes its proposer answer for one chunk or lose it.
interface IAggregationCourt is IClaims {
    /// @param vector 0 for the sum, 1 for the model, 2 and 3 for its moments. @param ordinal Of the proposal in its round.
    /// @param price What the answer is worth, in wei.
    event ChunkRequested(
        address indexed task,
        uint32 indexed round,
        uint16 ordinal,
        uint8 vector,
        uint32 chunk,
        address requester,
        uint256 answerBy,
        uint256 price
    );
    /// @param opening The chunk's 128 bytes and its path, as in the proofs.
    event ChunkDisclosed(
        address indexed task,
        uint32 indexed round,
        uint16 ordinal,
        uint8 vector,
        uint32 chunk,
        bytes opening
    );

    error NothingWrong(uint32 chunk);
    error WrongRound(uint32 asked, uint32 current);
    error NotInTheSum(uint16 seat);
    error NotTheWholeSum(uint256 updates, uint256 inTheSum);
    error OpeningsLength(uint256 have, uint256 need);
    error CommitmentMismatch(uint16 seat, bytes32 committed, bytes32 opened);
    error NoSuchVector(uint8 vector, uint256 vectors);
    error PriceTooLow(uint256 sent, uint256 price);
    error AlreadyRequested(address requester);
    error NotRequested();
    error AnswerTooLate(uint256 answerBy);
    error AnswerStillPossible(uint256 answerBy);
    error ProposalStillStands();
    error NothingOwed(address account);

    /// @notice Overturns the proposal of `round` if chunk `chunk` of its sum is not the sum of the updates' chunks. Anyone.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, NothingWrong, WrongRound, NotInTheSum, NotTheWholeSum, OpeningsLength,
    /// CommitmentMismatch, those of ChunkTree and of the task.
    function challengeSum(address task, uint32 round, uint32 chunk, SumProof calldata proof) external;

    /// @notice Overturns the proposal of `round` if chunk `chunk` of its model is not the step of its sum. Anyone.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, NothingWrong, WrongRound, OpeningsLength, those of ChunkTree and of the task.
    function challengeStep(address task, uint32 round, uint32 chunk, StepProof calldata proof) external;

    /// @notice Expels `seat` from `round` if chunk `chunk` of its update has a number beyond the task's bound, a number that
    /// is not 0 behind the vector's end, or stands in a tree of another depth. Anyone, from the reveal until the round is final.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, NothingWrong, CommitmentMismatch, those of ChunkTree and of the task.
    function challengeEncoding(
        address task,
        uint32 round,
        uint16 seat,
        uint32 chunk,
        EncodingProof calldata proof
    ) external;

    /// @notice Asks for one chunk of the standing proposal. Whoever shows it in time gets what was sent; if nobody does,
    /// the proposal can be overturned. Keeps the proposal open meanwhile. Anyone.
    /// @param vector 0 for the sum, 1 for the model, 2 and 3 for its moments.
    /// @dev Reverts: WrongRound, NoSuchVector, PriceTooLow, AlreadyRequested, ChunkTree.IndexOutsideTree, those of `hold`.
    function requestChunk(address task, uint32 round, uint8 vector, uint32 chunk) external payable;

    /// @notice Shows a chunk that was asked for. Anyone who has it; the price is credited to the caller. Does nothing if
    /// nobody asks for it any more. Many answers fit into one `multicall` (OpenZeppelin), so that however many chunks are
    /// asked for at once, they can be shown in time.
    /// @dev Reverts: AnswerTooLate, WrongRound, those of ChunkTree and of the task.
    function answerRequest(address task, uint32 round, uint8 vector, uint32 chunk, bytes calldata opening) external;

    /// @notice Overturns a proposal of which a chunk was not shown in time, to the reward of who has asked. Anyone.
    /// @dev Reverts: NotRequested, AnswerStillPossible, WrongRound, those of the task.
    function reportSilence(address task, uint32 round, uint8 vector, uint32 chunk) external;

    /// @notice Gives back the price of a request whose proposal does not stand any more, unanswered. Anyone.
    /// @dev Reverts: NotRequested, ProposalStillStands.
    function reclaim(address task, uint32 round, uint16 ordinal, uint8 vector, uint32 chunk) external;

    /// @notice Pays the caller what it is owed for answers and for requests that were given back, in wei.
    /// @dev Reverts NothingOwed.
    function withdraw() external returns (uint256 amount);

    /// @notice The least a request must bring for a task, in wei: the answer's gas at this block's base fee, twice.
    function requestPrice(address task) external view returns (uint256);

    /// @notice What an account is owed, in wei.
    function owed(address account) external view returns (uint256);
}
