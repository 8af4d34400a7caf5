// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Who can read one trainer's update.
enum PrivacyMode {
    Sealed, // only the recipients each update is encrypted to
    Masked // nobody: only the sum of the updates appears
}

/// @notice How the sum of the updates becomes the next model.
enum ServerRule {
    FedAvg, // the mean of the updates, weighted by data
    Uniform, // the plain mean of the updates
    FedAvgM, // FedAvg with server momentum
    FedAdam, // FedAvg with Adam on the server
    FedYogi, // with Yogi
    FedAdagrad // with Adagrad
}

/// @notice Where a round stands. The order is the order of a round's life in either mode; `Final` and `Void` are its two
/// ends. Sealed: Entering, Committing, Revealing, Attesting, Aggregating, Proposed. Masked: Entering, Drawing if there are
/// several cohorts, Sharing, Committing, Agreeing, Revealing, Recovering if seeds are missing, Aggregating, Proposed; from
/// there to Blaming if a cohort's sum is out of range, and with the other cohorts back to Aggregating.
enum Phase {
    Idle, // not opened yet; those who stay may already have entered it with their last commitment
    Entering,
    Drawing,
    Sharing,
    Committing,
    Agreeing,
    Revealing,
    Recovering,
    Attesting,
    Blaming,
    Aggregating,
    Proposed,
    Final,
    Void
}

/// @notice What a seat's trainer has done in the seat's round.
enum SeatStatus {
    Vacant,
    Entered,
    Shared, // masked: has shared its secrets of the round
    Committed,
    Revealed,
    Rebuilt, // masked: committed and in the sum, but others had to rebuild its seed
    Struck, // out of the sum; sealed: as a majority of those who revealed wants it, who can all do the same as before
    Expelled, // sealed: revealed, and convicted of a malformed update
    Settled // the round is over and its reward or fine has been taken
}

/// @notice Why a proposal was overturned.
enum Fault {
    WrongSum, // proved: not the sum of the updates. The large slash
    WrongStep, // proved: not the step of that sum. The large slash
    Undisclosed, // a chunk was asked for and not shown in time. A quarter of the large slash
    Withheld, // a majority of the cohort could not fetch the model. Nothing: an opinion
    SetChanged // an update in it was convicted. Nothing: not the proposer's fault
}

/// @notice The rules of a task, fixed for its life. Amounts in the smallest unit of their token, times in seconds.
struct TaskConfig {
    address sponsor; // pays the budget, may cancel, gets back what is unspent
    IERC20 rewardToken;
    PrivacyMode privacy;
    ServerRule serverRule;
    uint32 serverRate; // of FedAvgM and the adaptive rules after it: the server's learning rate, in 2^-16
    uint16 momentum; // of these: what is kept of the first moment, in 2^-16
    uint16 secondMomentum; // of FedAdam and FedYogi: what is kept of the second moment, in 2^-16
    uint32 adaptivity; // of FedAdam, FedYogi and FedAdagrad: tau, in lanes
    uint32 parameters; // numbers in the model and in every update
    uint8 fractionBits; // f: a real x is the integer round(x * 2^f)
    uint32 bound; // c * 2^f: the largest magnitude of one number of an unweighted update
    uint16 minTrainers; // a round with fewer is void; masked: a cohort with fewer falls out of its round
    uint16 minSummed; // the fewest updates that a round's sum may hold once attesting is over; masked: minTrainers
    uint16 maxTrainers; // seats; masked: of all cohorts together
    uint16 shareThreshold; // masked: how many shares rebuild a secret, and how many agree on the set of updates; sealed: 0
    uint8 cohorts; // masked: the most in a round, 1 to 8; sealed: 0
    uint8 trim; // how many updates are left out at either end, lane by lane, of Uniform; masked: how many cohorts' means; or 0
    uint16 maxWeight; // the most units of data one trainer may declare
    uint32 weightUnit; // samples per unit of weight
    uint32 rounds; // final rounds wanted
    uint32 enterSeconds;
    uint32 shareSeconds; // masked; sealed: 0
    uint32 commitSeconds; // includes training
    uint32 revealSeconds;
    uint32 recoverSeconds; // masked: to rebuild the seeds of those who did not reveal; sealed: 0
    uint32 attestSeconds; // sealed: to say whose update is missing; masked: to agree on the set of updates
    uint32 graceSeconds; // the drawn aggregator's head start
    uint32 proposeSeconds; // for all aggregators, the grace included
    uint32 challengeSeconds;
    uint32 discloseSeconds; // to show a chunk that was asked for, and as long again to use it
    uint32 blameSeconds; // masked: to find out who spoilt a sum; sealed: 0
    uint32 retentionSeconds; // how long participants keep a round's content available
    uint128 minStake; // of the vault's token, to enter
    uint128 missFine; // small slash: a missed deadline
    uint128 fraudFine; // large slash: a proven fraud; the proposer's bond
    uint64 challengeGasPrice; // of the vault's token per gas, at which a challenger's share pays its gas twice
    uint128 dataPot; // per round, shared by weight: r_i = rate * d_i, rate = min(maxDataRate, dataPot / total weight)
    uint128 maxDataRate; // the most one unit of weight earns in a round
    uint128 computePot; // per round, shared equally
    uint128 aggregatorPay; // per round, to whoever's proposal becomes final
    uint128 advanceTip; // per round, to whoever finalises it
}

/// @notice What a task starts from. Content ids are sha2-256 digests of IPFS dag-pb roots: hints where to look.
struct Genesis {
    bytes32 modelRoot; // chunk root of the initial model
    bytes32 modelId; // content id of the initial model
    bytes32 manifestId; // content id of the manifest: architecture, data schema, local training
}

/// @notice A proposal that can be challenged now.
struct Proposal {
    uint32 round;
    uint16 seat; // the proposer's
    uint16 ordinal; // from 1 in each round: a round can have several proposals, one after another
    uint16 updates; // in the sum
    uint32 divisor; // of the sum: the weight of the updates, or how many there are, or of how many it is that trimming has left
    uint8 trim; // of the task
    uint40 endsAt; // when it becomes final, in seconds
    uint32 parameters; // of the task: numbers in each vector
    bytes32 sumRoot;
}

/// @title ITrainingTask
/// @notice One federated training: its rounds as a state machine, its escrow, its seats, its rewards. Every task is an
/// immutable clone; nobody owns it. Phases end early when everybody has acted and by the clock otherwise, so no single
/// party can stop a round: `clock` says, as a pure function of what is stored and the time, where a round stands.
interface ITrainingTask {
    // EVENTS: with the times of their blocks complete enough to rebuild all state. A phase's turn writes none: it
    // follows from the acts and the clock (SealedTask.sol, MaskedTask.sol).

    event RoundOpened(uint32 indexed round, uint40 enteringEndsAt);
    event TrainerEntered(uint32 indexed round, uint16 indexed seat, address indexed trainer, uint16 weight);
    event TurnMissed(uint32 indexed round, uint16 indexed seat);
    /// @param sumId Where the sum lies, for those who have computed another one. @param modelId Where the model lies.
    event ModelProposed(
        uint32 indexed round,
        uint16 indexed seat,
        bytes32 sumRoot,
        bytes32 modelRoot,
        bytes32 sumId,
        bytes32 modelId
    );
    event ModelMissed(uint32 indexed round, uint16 indexed seat);
    /// @notice The proposal is void, and others propose; the proposer may not again, except after SetChanged.
    /// @param seat The proposer's. @param fine What was taken from it. @param challenger Who brought it about.
    event ProposalOverturned(
        uint32 indexed round,
        uint16 indexed seat,
        Fault fault,
        uint256 fine,
        address indexed challenger
    );
    /// @notice The proposal stays open for longer, because a chunk of it was asked for.
    event ProposalHeld(uint32 indexed round, uint40 endsAt);
    /// @param dataRate Reward per unit of weight. @param computeShare Reward per trainer. Both in wei.
    event RoundFinalised(uint32 indexed round, uint128 dataRate, uint128 computeShare, address advancer);
    /// @param endedIn The phase whose deadline was missed by too many.
    event RoundVoided(uint32 indexed round, Phase endedIn);
    /// @notice A missed deadline has been paid for. Rewards write no event when they are credited: they follow from
    /// RoundFinalised and the weights of those who revealed and were not struck.
    /// @param fine What was taken: less than missFine if there was less stake.
    event SeatFined(uint32 indexed round, uint16 indexed seat, address indexed trainer, uint256 fine);
    event RewardClaimed(address indexed trainer, address indexed recipient, uint256 amount, uint256 relayerFee);
    event CancelRequested();
    event TaskClosed(uint32 completed);
    event BudgetRefunded(uint256 amount);

    // ERRORS

    error NotACloneOfFoedus();
    error AlreadyOpened();
    error NotSponsor(address caller, address sponsor);
    error WrongPhase(Phase have, Phase need);
    error WrongRound(uint32 asked, uint32 current);
    error TaskIsClosed();
    error TaskStillRuns();
    error SeatOutOfRange(uint16 seat, uint16 seats);
    error SeatTaken(uint16 seat, address by);
    error NotYourSeat(uint16 seat, address trainer, address caller);
    error AlreadyEntered(address trainer, uint32 round);
    error AlreadyActed(uint16 seat, SeatStatus status);
    error WeightOutOfRange(uint16 weight, uint16 maxWeight);
    error InsufficientStake(uint256 have, uint256 need);
    error EmptyCommitment();
    error CannotAttestSeat(uint16 seat, SeatStatus status);
    error NotYourTurn(uint16 drawnSeat, uint256 openToAllAt);
    error Barred(uint16 seat);
    error NotTheCourt(address caller, address court);
    error HeldForTooLong(uint256 held, uint256 most);
    error NothingToAdvance(Phase phase, uint256 endsAt);
    error RoundStillOpen(uint32 round);
    error NothingToRefund();
    error SignatureExpired(uint256 deadline);
    error WrongSigner(address trainer);
    error FeeAboveReward(uint256 fee, uint256 reward);

    // A ROUND, IN ORDER

    /// @notice Takes `seat` in the round that is being entered, with `weight` units of data. Any account with enough
    /// stake that is not thawing. Settles what an earlier round left in that seat.
    /// @dev Reverts: WrongPhase, SeatOutOfRange, SeatTaken, AlreadyEntered, WeightOutOfRange, InsufficientStake.
    function enter(uint16 seat, uint16 weight) external;

    /// @notice Posts the sum of all revealed updates and the next model. The drawn aggregator until its grace has
    /// passed, then every trainer that revealed (in a sealed task also one that was struck) and still has `fraudFine`
    /// staked, unless its proposal was overturned.
    /// @param sumRoot Chunk root of the sum. @param modelRoot Root of the next model (libraries/ServerStep.sol).
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, Barred, NotYourTurn, InsufficientStake.
    function propose(
        uint32 round,
        uint16 seat,
        bytes32 sumRoot,
        bytes32 modelRoot,
        bytes32 sumId,
        bytes32 modelId
    ) external;

    /// @notice Says that the proposed model could not be fetched or does not match its root. When more than half of those
    /// who revealed (those since struck included) say so, the proposal is void and its proposer may not propose in this
    /// round again; nobody is fined. A trainer that may propose, once for each proposal, not the proposer.
    /// @dev Reverts: WrongRound, WrongPhase, NotYourSeat, AlreadyActed, CannotAttestSeat.
    function missModel(uint32 round, uint16 seat) external;

    /// @notice Ends a round that is over by the clock and opens the next: finalises an unchallenged proposal (O(1) in the
    /// number of trainers; pays the caller `advanceTip`), or writes that the round is void. All other phases turn by
    /// themselves: with the last act they wait for, or with time. Anyone.
    /// @dev Reverts NothingToAdvance while the round goes on, TaskIsClosed.
    function advance() external;

    /// @notice Takes one seat's reward or fine for a round that is over. A quarter of a fine goes to the caller, the
    /// rest is burnt (all of it when the vault settles before it lets stake go). Anyone; does nothing if already settled.
    /// @dev Reverts WrongRound (the seat is not of that round) and RoundStillOpen.
    function settle(uint32 round, uint16 seat) external;

    // DISPUTES: for the court alone, which has seen the proof

    /// @notice Voids the proposal that stands and takes the fine for `fault`: two fifths of it go to `rewarded`, the rest is
    /// burnt. The update of the proposer stays in the sum.
    /// @return fine What was taken.
    /// @dev Reverts: NotTheCourt, WrongRound, WrongPhase.
    function overturn(uint32 round, Fault fault, address rewarded) external returns (uint256 fine);

    /// @notice Keeps the proposal open for another 2 * discloseSeconds at least, so that a chunk can be shown and used.
    /// @return answerBy When it must have been shown: in discloseSeconds.
    /// @dev Reverts: NotTheCourt, WrongRound, WrongPhase, HeldForTooLong (at most 32 * discloseSeconds in all).
    function hold(uint32 round) external returns (uint256 answerBy);

    // MONEY

    /// @notice Pays `trainer` all it has earned in rounds that are over, however many. Anyone may call.
    /// @return amount Paid, in wei of the reward token; 0 is no error.
    function claim(address trainer) external returns (uint256 amount);

    /// @notice `claim` by a relayer: pays `recipient`, less `fee` to the caller, as `trainer` signed by EIP-712:
    /// Claim(address trainer,address recipient,uint256 fee,uint256 nonce,uint256 deadline), the nonce as `nonces(trainer)`
    /// has it. Also ERC-1271 wallets.
    /// @dev Reverts: SignatureExpired, WrongSigner, FeeAboveReward.
    function claimBySignature(
        address trainer,
        address recipient,
        uint256 fee,
        uint256 deadline,
        bytes calldata signature
    ) external returns (uint256 amount);

    /// @notice Ends the task: at once while a round is being entered, else when the running round is over, which is
    /// still paid. Refunds what is unspent as soon as that is. The sponsor only.
    /// @dev Reverts: NotSponsor, TaskIsClosed.
    function cancel() external;

    /// @notice Sends what no round has earned back to the sponsor once the task is closed. Once; anyone.
    /// @dev Reverts: TaskStillRuns before the task is closed, NothingToRefund.
    function refund() external;

    /// @notice Called by Foedus when the clone exists and the budget is in it.
    function open(Genesis calldata genesis) external;

    /// @notice Settles what `trainer`'s last rounds left, for the vault before it lets stake go. Anyone.
    /// @dev Reverts RoundStillOpen while the trainer sits in a round that is not over.
    function release(address trainer) external;

    // VIEWS

    /// @notice The immutable rules.
    function config() external view returns (TaskConfig memory);
    /// @notice The longest a round can take: stake thaws no faster.
    function thawSeconds() external view returns (uint256);
    /// @notice keccak256(abi.encode(keccak256("Foedus/v1"), chain id, this task)): binds whatever is signed or hashed.
    function domain() external view returns (bytes32);
    /// @notice The round under way and where it stands at this block's time.
    function clock() external view returns (uint32 round, Phase phase, uint256 endsAt);
    /// @notice Final rounds so far, whether the task is closed, the current model's root, wei of the budget earned.
    function progress() external view returns (uint32 completed, bool closed, bytes32 modelRoot, uint256 earned);
    /// @notice The proposal that stands in the round under way.
    /// @dev Reverts WrongPhase while there is none.
    function proposal() external view returns (Proposal memory);
    /// @notice The roots of the model that the round under way steps from, and of the one last proposed.
    function modelRoots() external view returns (bytes32 from, bytes32 proposed);
    /// @notice Who judges proofs; the same for all tasks.
    function court() external view returns (address);
    /// @notice A seat as it was last taken in a round of `round`'s parity.
    function seatAt(
        uint32 round,
        uint16 seat
    ) external view returns (address trainer, uint32 inRound, uint16 weight, SeatStatus status, bytes32 commitment);
    /// @notice What `trainer` can claim now, in wei of the reward token.
    function claimable(address trainer) external view returns (uint256);
}
