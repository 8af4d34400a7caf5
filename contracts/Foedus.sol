// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAggregationCourt} from "./interfaces/IAggregationCourt.sol";
import {IFoedus} from "./interfaces/IFoedus.sol";
import {IMaskCourt} from "./interfaces/IMaskCourt.sol";
import {IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {ITrainerRegistry} from "./interfaces/ITrainerRegistry.sol";
import {Genesis, ITrainingTask, PrivacyMode, TaskConfig} from "./interfaces/ITrainingTask.sol";
import {TaskRules} from "./libraries/TaskRules.sol";

/// @title Foedus
/// @notice See IFoedus.
contract Foedus is IFoedus, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice The code that sealed tasks run, as clones with their rules as immutable arguments.
    address public immutable sealedTask;
    /// @notice The code that masked tasks run.
    address public immutable maskedTask;
    /// @inheritdoc IFoedus
    IStakeVault public immutable vault;
    /// @inheritdoc IFoedus
    IAggregationCourt public immutable court;
    /// @inheritdoc IFoedus
    IMaskCourt public immutable maskCourt;
    /// @inheritdoc IFoedus
    ITrainerRegistry public immutable registry;

    address[] private _tasks;
    /// @inheritdoc IFoedus
    mapping(address task => uint256) public openedAtBlock;

    constructor(
        ISealedTask sealedTask_,
        IMaskedTask maskedTask_,
        IStakeVault stakeVault,
        ITrainerRegistry trainerRegistry
    ) {
        sealedTask = address(sealedTask_);
        maskedTask = address(maskedTask_);
        court = IAggregationCourt(sealedTask_.court());
        maskCourt = IMaskCourt(maskedTask_.maskCourt());
        vault = stakeVault;
        registry = trainerRegistry;
    }

    /// @inheritdoc IFoedus
    function openTask(
        TaskConfig calldata config,
        Genesis calldata genesis
    ) external nonReentrant returns (uint256 id, address task) {
        return _open(config, genesis);
    }

    /// @inheritdoc IFoedus
    function openTaskWithPermit(
        TaskConfig calldata config,
        Genesis calldata genesis,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 id, address task) {
        // A permit that somebody else has sent already has done its work: the transfer decides.
        try
            IERC20Permit(address(config.rewardToken)).permit(
                msg.sender,
                address(this),
                TaskRules.budget(config),
                deadline,
                v,
                r,
                s
            )
        {} catch {}
        return _open(config, genesis);
    }

    /// @inheritdoc IFoedus
    function taskCount() external view returns (uint256) {
        return _tasks.length;
    }

    /// @inheritdoc IFoedus
    function taskAt(uint256 id) external view returns (address) {
        if (id == 0 || id > _tasks.length) revert UnknownTask(id, _tasks.length);
        return _tasks[id - 1];
    }

    /// @inheritdoc IFoedus
    function isTask(address task) external view returns (bool) {
        return openedAtBlock[task] != 0;
    }

    /// @inheritdoc IFoedus
    function budgetOf(TaskConfig calldata config) external pure returns (uint256) {
        return TaskRules.budget(config);
    }

    function _open(TaskConfig calldata config, Genesis calldata genesis) private returns (uint256 id, address task) {
        if (config.sponsor != msg.sender) revert SponsorIsNotCaller(config.sponsor, msg.sender);
        TaskRules.check(config);

        address implementation = config.privacy == PrivacyMode.Masked ? maskedTask : sealedTask;
        uint256 budget = TaskRules.budget(config);
        bytes memory rules = abi.encode(config, budget, TaskRules.longestRound(config));
        task = Clones.cloneWithImmutableArgs(implementation, rules);
        _tasks.push(task);
        openedAtBlock[task] = block.number;
        id = _tasks.length;
        emit TaskOpened(id, task, msg.sender, config, genesis);

        config.rewardToken.safeTransferFrom(msg.sender, task, budget);
        uint256 received = config.rewardToken.balanceOf(task);
        if (received < budget) revert BudgetNotReceived(received, budget);
        ITrainingTask(task).open(genesis);
    }
}
