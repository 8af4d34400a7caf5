// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {ITrainingTask} from "./interfaces/ITrainingTask.sol";

/// @title StakeVault
/// @notice See IStakeVault.
contract StakeVault is IStakeVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    // One slot:
    // | 0..103 amount (all of it, thawing included) | 104..207 thawing (<= amount) | 208..255 thawedAt (seconds) |
    struct Stake {
        uint104 amount;
        uint104 thawing;
        uint48 thawedAt;
    }

    /// @dev Burnt stake goes where nobody has a key: any ERC-20 can be burnt so, not only those with a burn function.
    address private constant BURNT = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IStakeVault
    IERC20 public immutable token;

    mapping(address task => mapping(address trainer => Stake)) private _stakes;

    constructor(IERC20 stakeToken) {
        token = stakeToken;
    }

    /// @inheritdoc IStakeVault
    function deposit(address task, uint256 amount) external nonReentrant {
        _deposit(task, amount);
    }

    /// @inheritdoc IStakeVault
    function depositWithPermit(
        address task,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // A permit that somebody else has sent already has done its work: the transfer below decides.
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(task, amount);
    }

    /// @inheritdoc IStakeVault
    function thaw(address task, uint256 amount) external nonReentrant {
        Stake storage stake = _stakes[task][msg.sender];
        uint256 free = stake.amount - stake.thawing;
        if (amount == 0) revert ZeroAmount();
        if (amount > free) revert InsufficientFreeStake(free, amount);
        uint256 thawing = stake.thawing + amount;
        uint256 thawedAt = block.timestamp + ITrainingTask(task).thawSeconds();
        stake.thawing = thawing.toUint104();
        stake.thawedAt = thawedAt.toUint48();
        emit StakeThawing(task, msg.sender, thawing, thawedAt);
    }

    /// @inheritdoc IStakeVault
    function withdraw(address task) external nonReentrant returns (uint256 amount) {
        Stake storage stake = _stakes[task][msg.sender];
        if (stake.thawing == 0) revert NothingThawing();
        if (block.timestamp < stake.thawedAt) revert StillThawing(stake.thawedAt);
        // The task takes what is still owed for rounds that are over; slash, below, is open to it meanwhile.
        ITrainingTask(task).release(msg.sender);
        amount = stake.thawing;
        if (amount == 0) revert NothingThawing();
        stake.amount -= amount.toUint104();
        stake.thawing = 0;
        emit StakeWithdrawn(task, msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStakeVault
    /// @dev Not nonReentrant: `withdraw` calls the task's `release`, which may slash. Effects come before transfers.
    function slash(address trainer, uint256 amount, address rewarded, uint256 reward) external returns (uint256 taken) {
        if (reward > amount) revert RewardAboveSlash(reward, amount);
        Stake storage stake = _stakes[msg.sender][trainer];
        taken = Math.min(amount, stake.amount);
        if (taken == 0) return 0;
        // In proportion: a stake that cannot pay the whole fine never pays its slasher more of it than it burns.
        uint256 paid = Math.mulDiv(reward, taken, amount);
        uint256 left = stake.amount - taken;
        stake.amount = left.toUint104();
        if (stake.thawing > left) stake.thawing = left.toUint104();
        emit StakeSlashed(msg.sender, trainer, taken - paid, paid, rewarded);
        if (paid != 0) token.safeTransfer(rewarded, paid);
        if (taken != paid) token.safeTransfer(BURNT, taken - paid);
    }

    /// @inheritdoc IStakeVault
    function stakeOf(
        address task,
        address trainer
    ) external view returns (uint256 amount, uint256 thawing, uint256 thawedAt) {
        Stake storage stake = _stakes[task][trainer];
        return (stake.amount, stake.thawing, stake.thawedAt);
    }

    /// @inheritdoc IStakeVault
    function eligible(address task, address trainer) external view returns (uint256) {
        Stake storage stake = _stakes[task][trainer];
        return stake.amount - stake.thawing;
    }

    function _deposit(address task, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        Stake storage stake = _stakes[task][msg.sender];
        uint256 total = stake.amount + received;
        if (total > type(uint104).max) revert StakeTooLarge(total, type(uint104).max);
        stake.amount = uint104(total);
        emit StakeDeposited(task, msg.sender, received);
    }
}
