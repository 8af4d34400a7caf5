// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IStakeVault
/// @notice Stake, kept apart for every task, so that one task's rules can never touch what backs another. Only the task
/// itself can slash it, and only what was deposited for it. Stake leaves through thawing, during which it can still be
/// slashed and no longer counts for entering. Amounts in wei of `token`.
interface IStakeVault {
    event StakeDeposited(address indexed task, address indexed trainer, uint256 amount);
    event StakeThawing(address indexed task, address indexed trainer, uint256 thawing, uint256 thawedAt);
    event StakeWithdrawn(address indexed task, address indexed trainer, uint256 amount);
    event StakeSlashed(address indexed task, address indexed trainer, uint256 burnt, uint256 reward, address rewarded);

    error ZeroAmount();
    error InsufficientFreeStake(uint256 have, uint256 need);
    error StillThawing(uint256 thawedAt);
    error NothingThawing();
    error StakeTooLarge(uint256 amount, uint256 max);
    error RewardAboveSlash(uint256 reward, uint256 slashed);

    /// @notice The ERC-20 that is staked.
    function token() external view returns (IERC20);

    /// @notice Stakes `amount` for `task`, for the caller. Needs an allowance. Credits what really arrives.
    /// @dev Check with Foedus.isTask that `task` is one: a task decides when its stake may leave.
    function deposit(address task, uint256 amount) external;

    /// @notice `deposit` with an EIP-2612 signature instead of an allowance.
    function depositWithPermit(address task, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Starts thawing `amount` more of the caller's stake in `task`; the clock starts anew for all that thaws.
    /// It stops counting for entering at once and can be slashed until it is withdrawn.
    /// @dev Reverts ZeroAmount, InsufficientFreeStake.
    function thaw(address task, uint256 amount) external;

    /// @notice Pays out the caller's thawed stake. Only when the thawing time is over and the caller sits in no round
    /// of the task that is not over.
    /// @dev Reverts NothingThawing, StillThawing, ITrainingTask.RoundStillOpen.
    /// @return amount What was paid: less than was thawing if it has been slashed since.
    function withdraw(address task) external returns (uint256 amount);

    /// @notice Takes up to `amount` of `trainer`'s stake in the calling task, thawing or not; pays at most `reward` of it to
    /// `rewarded` and burns the rest.
    /// @return taken What was taken: the whole stake if there was less.
    function slash(address trainer, uint256 amount, address rewarded, uint256 reward) external returns (uint256 taken);

    /// @notice Stake of `trainer` in `task`: all of it, and the part that is thawing until `thawedAt`.
    function stakeOf(
        address task,
        address trainer
    ) external view returns (uint256 amount, uint256 thawing, uint256 thawedAt);

    /// @notice Stake that counts for entering: what is not thawing.
    function eligible(address task, address trainer) external view returns (uint256);
}
