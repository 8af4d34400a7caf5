// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Roster} from "../types/Roster.sol";
import {ITrainingTask} from "./ITrainingTask.sol";

/// @notice A cohort of a masked round; bit s of a set is seat s.
struct CohortSets {
    uint256 roster; // who is in it; all ones where a task has one cohort
    uint256 shared; // in the masks
    uint256 members; // the set of updates, once agreed on; 0 before
    uint256 seeds; // of members, known
    uint256 roundKeys; // of those who shared and are no members, known
    bool isSummed; // its updates are in the round's sum
}

/// @notice What disputes need of a seat that shared.
struct DealtSeat {
    address trainer;
    uint16 weight;
    bytes32 commitment; // root of its masked update
    bytes32 dealing; // what storage keeps of it
}

/// @title IMaskedTask
/// @notice A task in which nobody can read an update: secure aggregation by double masking (Bonawitz et al. 2017) in one
/// cohort, or in several that are drawn each round, every step of which anybody can check. docs/protocol.md says what is
/// hashed and masked how. A cohort with too few to go on falls out of its round; the others go on.
/// @dev Of no seat does it ever take both secrets: a seed only of members, a key only of those who shared and are none.
interface IMaskedTask is ITrainingTask {
    // EVENTS

    /// @param rosters Of each cohort: bit s is seat s.
    event CohortsDrawn(uint32 indexed round, Roster[] rosters);
    /// @param r With `vs` the round key's signature (EIP-2098), from which the key is recovered.
    event KeyShared(
        uint32 indexed round,
        uint16 indexed seat,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash,
        bytes32 sharesId,
        bytes32 r,
        bytes32 vs
    );
    event MaskedCommitted(uint32 indexed round, uint16 indexed seat, bytes32 root, bytes32 contentId);
    /// @param signature The vote itself, which convinces where a node's word does not.
    event SetAgreed(uint32 indexed round, uint16 indexed seat, uint256 members, bytes32 cohortView, bytes signature);
    /// @notice Enough have agreed: these updates are summed, whatever happens.
    event SetFixed(uint32 indexed round, uint256 members, bytes32 cohortView);
    /// @param keyShares Shares of the keys of those who shared and are no members, by ascending seats.
    /// @param drawn The seat that is now drawn to aggregate; the last such event of a round counts.
    event SeedRevealed(uint32 indexed round, uint16 indexed seat, bytes32 seed, bytes32[] keyShares, uint16 drawn);
    event KeyRebuilt(uint32 indexed round, uint16 indexed seat, bytes32 key);
    /// @param owners The members whose seeds these are shares of, by ascending seats.
    event SharesGiven(uint32 indexed round, uint16 indexed seat, uint256 owners, bytes32[] seedShares);
    event SeedRebuilt(uint32 indexed round, uint16 indexed seat, bytes32 seed);
    event SumBlamed(uint32 indexed round, uint8 cohort, uint40 endsAt);
    /// @param fine What was taken from its trainer.
    event SeatConvicted(uint32 indexed round, uint16 indexed seat, uint256 fine, address indexed challenger);

    error WrongPossession(address claimed, address recovered);
    error DealingMismatch(uint16 seat, bytes32 dealt, bytes32 opened);
    error NotInTheSet(uint256 set, uint256 within);
    error WrongNumberOfShares(uint256 have, uint256 need);
    error TooFewMembers(uint256 have, uint256 need);
    error AlreadyKnown(uint16 seat);
    error DrawTooEarly(uint256 after_);
    error NotInTheCohort(uint16 seat, uint8 cohort);
    error NotInTheSum(uint8 cohort);

    // A ROUND, IN ORDER

    /// @notice Draws who comes into which of the round's cohorts: as few as hold everybody, of sizes that differ by one at
    /// most. Anyone, in a later block than the one after which nobody can enter any more, where a task has several cohorts.
    /// @dev Reverts: WrongRound, WrongPhase, DrawTooEarly.
    function draw(uint32 round) external;

    /// @notice Brings a round key, the hash of the seed of the own mask and the hash of the shares of both. The seat's trainer,
    /// once, while sharing. Only who shares is in the masks. The last one starts the commitments.
    /// @param cohort In which the seat was drawn; 0 where a task has one cohort.
    /// @param keyAddress The address of the key, whose signature (r, vs) over `Dealing.possession` shows that it is the sender's.
    /// @param sharesId Where the encrypted shares lie.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, NotInTheCohort, WrongPossession.
    function share(
        uint32 round,
        uint16 seat,
        uint8 cohort,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash,
        bytes32 sharesId,
        bytes32 r,
        bytes32 vs
    ) external;

    /// @notice Commits to the masked update, which everybody may see. The seat's trainer, having shared, once, while committing.
    /// @param root Chunk root of the masked update. @param contentId Where it lies.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, EmptyCommitment.
    function commitMasked(uint32 round, uint16 seat, bytes32 root, bytes32 contentId) external;

    /// @notice `commitMasked`, and enters the next round in the same seat with `weight`.
    /// @dev Reverts as `commitMasked` and `enter` do.
    function commitMaskedAndEnter(uint32 round, uint16 seat, bytes32 root, bytes32 contentId, uint16 weight) external;

    /// @notice Counts the vote of a seat that committed, for the set of those in its cohort who committed less `missing`, whose
    /// updates it could not fetch. When `shareThreshold` seats have voted for the same set and view the set is fixed for good. One vote
    /// a seat. Anyone may bring it.
    /// @param cohortView Hash of the dealings and commitments that the voter saw (docs/protocol.md).
    /// @param signature Of the seat's trainer, by EIP-712: Agreement(uint32 round,uint256 members,bytes32 cohortView).
    /// @dev Reverts: WrongRound, WrongPhase, AlreadyActed, NotInTheSet, TooFewMembers, WrongSigner.
    function agree(uint32 round, uint16 seat, uint256 missing, bytes32 cohortView, bytes calldata signature) external;

    /// @notice Shows the seed of the own mask, and the shares of the keys of all who shared and are no members. A member, once,
    /// while revealing.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, NotInTheSet, DealingMismatch, WrongNumberOfShares.
    function revealSeed(
        uint32 round,
        uint16 seat,
        bytes32 seed,
        address keyAddress,
        bytes32 sharesHash,
        bytes32[] calldata keyShares
    ) external;

    /// @notice Shows the round key, rebuilt from shares, of a seat that shared and is no member. Anyone, once the set is fixed
    /// and until everything is known.
    /// @dev Reverts: WrongRound, WrongPhase, NotInTheSet, AlreadyKnown, DealingMismatch.
    function rebuildKey(uint32 round, uint16 seat, bytes32 key, bytes32 maskHash, bytes32 sharesHash) external;

    /// @notice Gives the own shares of the seeds of members in `owners`, who have not revealed in time. Who revealed, while
    /// recovering, once.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, NotInTheSet, WrongNumberOfShares.
    function giveShares(uint32 round, uint16 seat, uint256 owners, bytes32[] calldata seedShares) external;

    /// @notice Shows the seed of a member that has not revealed in time, rebuilt from shares. Anyone, while recovering.
    /// @dev Reverts: WrongRound, WrongPhase, NotInTheSet, AlreadyKnown, DealingMismatch.
    function rebuildSeed(uint32 round, uint16 seat, bytes32 seed, address keyAddress, bytes32 sharesHash) external;

    // DISPUTES: for the mask court alone

    /// @notice The right sum of a cohort is out of range: it falls out of the round, and its members show one chunk. After that
    /// the others' sum is proposed anew; without others the round is void.
    /// @return endsAt When the phase ends.
    /// @dev Reverts: NotTheCourt, WrongRound, WrongPhase, NotInTheSum.
    function blame(uint32 round, uint8 cohort) external returns (uint256 endsAt);

    /// @notice Takes `fraudFine` from the trainer of a seat that has dealt bad shares or spoilt a sum: two fifths go to
    /// `rewarded`, the rest is burnt. Once for each seat and round, from the revealing on; a second time nothing happens.
    /// @return isFirst Whether it was convicted now.
    /// @dev Reverts: NotTheCourt, WrongRound, WrongPhase.
    function convict(uint32 round, uint16 seat, address rewarded) external returns (bool isFirst);

    // VIEWS

    /// @notice Who judges masks and what comes of them; the same for all masked tasks.
    function maskCourt() external view returns (address);
    /// @notice The cohorts of `round`, if it is under way or entered ahead, or the last one and nobody has entered the one after
    /// next; else none. Rosters are those of an earlier round until
    /// they have been drawn.
    function cohorts(uint32 round) external view returns (CohortSets[] memory);
    /// @notice What storage keeps of a seat's dealing in a round of `round`'s parity.
    function dealingAt(uint32 round, uint16 seat) external view returns (bytes32);
    /// @notice The seats of a set, ascending, as they were last taken in a round of `round`'s parity.
    function seatsAt(uint32 round, uint256 set) external view returns (DealtSeat[] memory);
}
