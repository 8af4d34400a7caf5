// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SharedPointProof} from "../libraries/Dleq.sol";
import {CurvePoint} from "../libraries/Secp256k1.sol";
import {ShareKind} from "../libraries/ShamirShares.sol";
import {IClaims} from "./IClaims.sol";

/// @notice The right sum of a cohort's masked updates, less their masks, in one chunk. An opening is the chunk's 128 bytes and
/// the hashes of its path from the leaf upwards, one after another without lengths: calldata is what a proof costs.
struct UnmaskingProof {
    bytes members; // for each, by ascending seats: opening of its masked chunk ‖ seed ‖ key.x ‖ key.y ‖ sharesHash
    bytes dropped; // for each that shared and is no member, by ascending seats: key ‖ maskHash ‖ sharesHash
}

/// @notice What shows that a trainer has dealt shares that rebuild something else than it has committed to.
struct SharesProof {
    ShareKind kind;
    address keyAddress;
    bytes32 maskHash;
    bytes32[] leaves; // of all its shares: two for each seat of the task, 0 where there is none
    uint16[] seats; // whose shares these are, ascending: `shareThreshold` of them, or one whose share is no scalar
    bytes32[] shares;
}

/// @notice What a member shows of an accused chunk.
struct ChunkOpening {
    bytes member; // its own part of an UnmaskingProof
    bytes dropped; // as in an UnmaskingProof
    bytes streams; // for each other member, by ascending seats: the 128 bytes of the mask between both, as lanes
}

/// @notice What a member has shown, as ChunkOpened tells it.
struct OpenedEdges {
    uint16 seat;
    CurvePoint key;
    bytes32[] streams;
}

/// @title IMaskCourt
/// @notice Judges what masks hide: wrong sums of masked updates, shares that rebuild nothing, and who has spoilt a sum that is
/// out of range. As in IAggregationCourt nobody votes, and a proof that proves nothing reverts; what could be taken out of
/// the mempool for its reward is claimed a block before it is shown.
///
/// Blame. A number beyond the bound has no name on it when it shows in the sum. Whoever can show that a cohort's right sum
/// of a chunk is out of range accuses; the cohort falls out of its round, and `blameSeconds` have three parts. In the first each member
/// opens its masked chunk and says what the masks to the other members are there; those to all others the court works
/// out itself. If this leaves a number out of range the member is guilty. Else somebody's masks do not cancel: two
/// members say different things about one mask. In the second part either of them proves by the point that both share
/// what it is, and whoever said otherwise is guilty. In the third, of two who still differ and of whom none has been found
/// guilty both are, as is who has opened nothing: an honest member opens and proves in time. It is then never guilty, and
/// of those who have spoilt the sum at least one is. Numbers within the bound cannot be blamed on anybody, and the chunk
/// is public then: this is what a blame costs the others.
interface IMaskCourt is IClaims {
    /// @param openUntil When the members must have opened the chunk. @param proveUntil When masks must have been proved.
    event SumAccused(
        address indexed task,
        uint32 indexed round,
        uint8 cohort,
        uint32 chunk,
        address indexed accuser,
        uint256 openUntil,
        uint256 proveUntil
    );
    /// @param key The member's public round key.
    /// @param streams For each member, by ascending seats: the hash of the mask to it, 0 for itself.
    event ChunkOpened(
        address indexed task,
        uint32 indexed round,
        uint16 indexed seat,
        CurvePoint key,
        bytes32[] streams
    );

    error WrongRound(uint32 asked, uint32 current);
    error NothingWrong(uint32 chunk);
    error SharesAreSound(uint16 seat);
    error MembersLength(uint256 have, uint256 need);
    error DroppedLength(uint256 have, uint256 need);
    error StreamsLength(uint256 have, uint256 need);
    error CommitmentMismatch(uint16 seat, bytes32 committed, bytes32 opened);
    error DealingMismatch(uint16 seat, bytes32 dealt, bytes32 opened);
    error OpeningMismatch(uint16 seat, bytes32 opened, bytes32 shown);
    error NotYourSeat(uint16 seat, address trainer, address caller);
    error NotAMember(uint16 seat);
    error NotAccused(uint32 round, uint8 cohort);
    error NoSuchCohort(uint8 cohort, uint256 cohorts);
    error ProofsLength(uint256 have, uint256 need);
    error AlreadyConvicted(uint16 seat);
    error AlreadyOpened(uint16 seat);
    error AlreadyGuilty(uint256 seats);
    error TooLate(uint256 until);
    error TooEarly(uint256 from);

    // PROOFS: claimed in an earlier block

    /// @notice Proves that chunk `chunk` of the proposed sum is wrong: the proposal is void.
    /// @param proofs One for each cohort in the sum, in order. @param sum Opening of the proposed sum's chunk.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, WrongRound, ProofsLength, MembersLength, DroppedLength, CommitmentMismatch,
    /// DealingMismatch, NothingWrong, and the errors of ChunkTree and EcdhSeed.
    function challengeMaskedSum(
        address task,
        uint32 round,
        uint32 chunk,
        UnmaskingProof[] calldata proofs,
        bytes calldata sum
    ) external;

    /// @notice Proves that the trainer in `seat` has dealt shares that do not rebuild the secret that it has committed to, or
    /// that are none: it loses `fraudFine`.
    /// @dev Reverts: NotClaimed, ClaimTooFresh, DealingMismatch, SharesAreSound, AlreadyConvicted, and the errors of ShamirShares.
    function challengeShares(address task, uint32 round, uint16 seat, SharesProof calldata proof) external;

    // BLAME

    /// @notice Proves that a cohort's right sum of `chunk`, whatever has been proposed, is out of range: beyond the bound times
    /// the weights of its members, or not 0 behind the vector's end. Starts the blame; the caller gets the rewards of all that it
    /// finds guilty. Claimed in an earlier block, while a proposal stands.
    /// @dev Reverts as challengeMaskedSum does, and: NoSuchCohort.
    function accuse(address task, uint32 round, uint8 cohort, uint32 chunk, UnmaskingProof calldata proof) external;

    /// @notice Shows what the member in `seat` has done in the accused chunk. Its trainer, once, until `openUntil`.
    /// @dev Reverts: NotAccused, TooLate, NotAMember, AlreadyOpened, NotYourSeat, StreamsLength, MembersLength (of its own
    /// part), and as challengeMaskedSum does.
    function openChunk(address task, uint32 round, uint8 cohort, uint16 seat, ChunkOpening calldata opening) external;

    /// @notice Proves what the mask between two members is: who has said otherwise is guilty. Anyone, until `proveUntil`.
    /// @param shared The round key of one of them, times the other's public key.
    /// @param proof Of that, by the key of `prover`.
    /// @dev Reverts: NotAccused, TooLate, OpeningMismatch, NothingWrong (nobody has, or is guilty anyway), and the errors of
    /// Dleq and EcdhSeed.
    function convictEdge(
        address task,
        uint32 round,
        uint8 cohort,
        OpenedEdges calldata prover,
        OpenedEdges calldata peer,
        CurvePoint calldata shared,
        SharedPointProof calldata proof
    ) external;

    /// @notice Finds two members guilty who differ about the mask between them, which nobody has proved. Anyone, from
    /// `proveUntil` on.
    /// @dev Reverts: NotAccused, TooEarly, OpeningMismatch, NothingWrong, AlreadyGuilty (one of them is).
    function convictUnproved(
        address task,
        uint32 round,
        uint8 cohort,
        OpenedEdges calldata one,
        OpenedEdges calldata other
    ) external;

    /// @notice Finds a member guilty that has opened nothing. Anyone, from `openUntil` on.
    /// @dev Reverts: NotAccused, TooEarly, NotAMember, AlreadyOpened, AlreadyGuilty.
    function convictSilent(address task, uint32 round, uint8 cohort, uint16 seat) external;
}
