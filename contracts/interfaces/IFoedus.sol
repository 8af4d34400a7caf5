// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Genesis, TaskConfig} from "./ITrainingTask.sol";
import {IAggregationCourt} from "./IAggregationCourt.sol";
import {IMaskCourt} from "./IMaskCourt.sol";
import {IStakeVault} from "./IStakeVault.sol";
import {ITrainerRegistry} from "./ITrainerRegistry.sol";

/// @title IFoedus
/// @notice The front door: opens tasks, lists them, knows the parts they share. It has no owner and holds no money.
interface IFoedus {
    event TaskOpened(
        uint256 indexed id,
        address indexed task,
        address indexed sponsor,
        TaskConfig config,
        Genesis genesis
    );

    error SponsorIsNotCaller(address sponsor, address caller);
    error FieldOutOfRange(string field, uint256 value, uint256 min, uint256 max);
    error SumCouldOverflow(uint256 largestSum, uint256 limit);
    error CohortsDiffer(uint256 seats, uint256 cohorts);
    error ProofTooDear(uint256 gas, uint256 limit);
    error BudgetNotReceived(uint256 received, uint256 needed);
    error UnknownTask(uint256 id, uint256 count);

    /// @notice Opens a task and takes its whole budget, rounds * (dataPot + computePot + aggregatorPay + advanceTip),
    /// from the caller, who must be `config.sponsor` and have approved it.
    /// @return id Its number, from 1. @return task Its contract.
    /// @dev Reverts SponsorIsNotCaller, FieldOutOfRange, SumCouldOverflow, CohortsDiffer (they do not all have the same
    /// number of seats), ProofTooDear (a wrong sum could not be proved in one transaction), BudgetNotReceived.
    function openTask(TaskConfig calldata config, Genesis calldata genesis) external returns (uint256 id, address task);

    /// @notice `openTask` with an EIP-2612 signature for the budget instead of an approval.
    function openTaskWithPermit(
        TaskConfig calldata config,
        Genesis calldata genesis,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 id, address task);

    /// @notice How many tasks have been opened; their numbers are 1 to this.
    function taskCount() external view returns (uint256);
    /// @notice The contract of task `id`.
    /// @dev Reverts UnknownTask.
    function taskAt(uint256 id) external view returns (address);
    /// @notice Whether `task` was opened here. Ask before staking.
    function isTask(address task) external view returns (bool);
    /// @notice The block in which `task` was opened, where its events begin; 0 if it was not opened here.
    function openedAtBlock(address task) external view returns (uint256);
    /// @notice What `config` costs its sponsor, in wei of its reward token.
    function budgetOf(TaskConfig calldata config) external pure returns (uint256);
    /// @notice Where tasks' stakes lie.
    function vault() external view returns (IStakeVault);
    /// @notice Who judges fraud proofs.
    function court() external view returns (IAggregationCourt);
    /// @notice Who judges what masks hide.
    function maskCourt() external view returns (IMaskCourt);
    /// @notice Where participants are found.
    function registry() external view returns (ITrainerRegistry);
}
