// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {IStakeVault} from "../interfaces/IStakeVault.sol";
import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {Fault, Genesis, Phase, Proposal, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {UpdateCommitment} from "../libraries/UpdateCommitment.sol";
import {ArbitraryCourt} from "./ArbitraryCourt.sol";
import {RulesModel} from "./RulesModel.t.sol";
import {SomeRules} from "./SomeRules.sol";
import {VM} from "./Vm.sol";

/// @title Federation
/// @notice Seven accounts that do anything at any time to one task after another, while a plain model (RulesModel) keeps
/// account of what the rules make of it. A court convicts whom it likes at any time. An act that the task refuses changes
/// neither. What must always work and does not is kept in `broken`.
contract Federation {
    uint256 public constant ACTORS = 7;
    uint256 public constant PURSE = 1e27; // of the vault's token, that each begins with
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(address trainer,address recipient,uint256 fee,uint256 nonce,uint256 deadline)"
    );
    address public constant BURNT = 0x000000000000000000000000000000000000dEaD;

    IERC20 public immutable stakeToken;
    IERC20 public immutable rewardToken;
    IStakeVault public immutable vault;
    IFoedus public immutable foedus;
    address[7] public actors;

    ISealedTask public task;
    TaskConfig private _rules;
    uint256 public budget;
    string public broken; // what failed that must not
    RulesModel public immutable model;
    ArbitraryCourt public immutable court;

    // What the actors have paid and been paid, over all tasks so far.

    mapping(address actor => uint256) public claimed; // of their rewards
    mapping(address actor => uint256) public received; // reward tokens, fees of relayed claims included
    mapping(address actor => uint256) public deposited;
    mapping(address actor => uint256) public withdrawn;
    bool public refunded;

    /// @param foedus_ Where tasks are opened. @param rewardToken_ What they pay in. @param court_ Their court.
    constructor(IFoedus foedus_, IERC20 rewardToken_, ArbitraryCourt court_) {
        (foedus, rewardToken, model, court) = (foedus_, rewardToken_, new RulesModel(), court_);
        vault = foedus_.vault();
        stakeToken = vault.token();
    }

    /// @notice Begins, once both tokens are here: they are the actors' stakes and the tasks' budgets.
    function begin() external {
        if (address(task) != address(0)) return;
        for (uint256 i = 0; i < ACTORS; i++) {
            actors[i] = VM.addr(i + 1);
            stakeToken.transfer(actors[i], PURSE);
            VM.prank(actors[i]);
            stakeToken.approve(address(vault), type(uint256).max);
        }
        rewardToken.approve(address(foedus), type(uint256).max);
        VM.warp(1_700_000_000);
        _openTask();
    }

    /* A ROUND'S ACTS */

    function enter(uint8 actor, uint8 seat, uint8 weight) public {
        (uint32 round, , ) = task.clock();
        uint16 place = seat % (_rules.maxTrainers + 1);
        uint16 units = uint16(weight) % (_rules.maxWeight + 2);
        VM.prank(_actor(actor));
        task.enter(place, units);
        model.entered(round, place, _actor(actor), units);
    }

    function commit(uint8 actor, bool stay, uint8 weight) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, actor);
        uint16 units = 1 + (uint16(weight) % _rules.maxWeight);
        bytes32 commitment = _commitment(round, actor);
        VM.prank(_actor(actor));
        if (stay) task.commitAndEnter(round, seat, commitment, units);
        else task.commit(round, seat, commitment);
        model.committed(round, seat);
        if (stay) model.entered(round + 1, seat, _actor(actor), units);
    }

    function reveal(uint8 actor) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, actor);
        (bytes32 root, bytes32 key) = _opening(round, actor);
        VM.prank(_actor(actor));
        task.reveal(round, seat, root, key, keccak256("content"));
        model.revealed(round, seat);
    }

    function attest(uint8 actor, uint8 target, uint8 alsoMissing, bool several) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, actor);
        uint256 missing = 1 << (target % _rules.maxTrainers);
        if (several) missing = (missing | alsoMissing) & model.revealedSeats(round) & ~uint256(1 << seat);
        VM.prank(_actor(actor));
        task.attest(round, seat, missing);
        model.attested(round, missing);
    }

    function propose(uint8 actor, bytes32 next) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        task.propose(round, seat, keccak256("sum"), next, keccak256("sum content"), keccak256("content"));
        if (model.barred(round, seat)) _break("a proposal of one that is barred");
        model.proposed(round, seat, _actor(actor), next);
    }

    function missModel(uint8 actor) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        task.missModel(round, seat);
        model.modelMissed(round);
    }

    function advance(uint8 actor) public {
        (uint32 round, Phase phase, ) = task.clock();
        VM.prank(_actor(actor));
        task.advance();
        if (phase == Phase.Final) model.finalised(round, _actor(actor));
        else model.voided(round);
    }

    /// @notice A round in which most do most things, so that the deeper states come up often.
    function aRound(uint256 dice) external {
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_dice(dice, i, 8)) _try(abi.encodeCall(this.enter, (i, i, uint8(dice >> i))));
        }
        toDeadline();
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_dice(dice, 8 + i, 8)) _try(abi.encodeCall(this.commit, (i, _dice(dice, 16 + i, 2), i)));
        }
        if (_phase() == Phase.Committing) toDeadline();
        for (uint8 i = 0; i < ACTORS; i++) if (_dice(dice, 24 + i, 8)) _try(abi.encodeCall(this.reveal, (i)));
        if (_phase() == Phase.Revealing) toDeadline();
        for (uint8 i = 0; i < ACTORS; i++) {
            if (!_dice(dice, 48 + i, 2))
                _try(abi.encodeCall(this.attest, (i, uint8(dice >> 8), uint8(dice >> (16 + 8 * i)), dice % 4 != 0)));
        }
        toDeadline();
        if (_dice(dice, 32, 2)) VM.warp(_now() + _rules.graceSeconds);
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_dice(dice, 40 + i, 4)) _try(abi.encodeCall(this.propose, (i, bytes32(dice))));
        }
        // One round in four has a dispute, each of them up to four verdicts.
        if (!_dice(dice, 64, 4)) _aDispute(uint256(keccak256(abi.encode(dice))));
        toDeadline();
        if (_phase() >= Phase.Final) advance(uint8(dice % ACTORS));
    }

    /// @dev Verdicts, missed models and new proposals, one after another.
    function _aDispute(uint256 dice) private {
        for (uint256 step = 0; step < 4; step++) {
            uint8 actor = uint8(dice >> (8 * step));
            if (!_dice(dice, step, 3)) _try(abi.encodeCall(this.expel, (actor, uint8(dice >> 32))));
            else if (!_dice(dice, 8 + step, 2)) _try(abi.encodeCall(this.overturn, (actor, uint8(dice >> 40))));
            else for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.missModel, (i)));
            VM.warp(_now() + _rules.graceSeconds);
            for (uint8 i = 0; i < ACTORS; i++) {
                if (_dice(dice, 16 + 8 * step + i, 4)) _try(abi.encodeCall(this.propose, (i, bytes32(dice >> step))));
            }
        }
    }

    /* VERDICTS */

    function overturn(uint8 fault, uint8 rewarded) public {
        (uint32 round, , ) = task.clock();
        Fault found = Fault(fault % 3);
        uint256 fine = court.overturn(task, round, found, _actor(rewarded));
        if (fine != (found == Fault.Undisclosed ? _rules.fraudFine / 4 : _rules.fraudFine)) _break("another fine");
        model.overturned(round, found, _actor(rewarded));
    }

    function expel(uint8 convict, uint8 rewarded) public {
        (uint32 round, , ) = task.clock();
        uint16 seat = _seatOf(round, convict);
        if (court.expel(task, round, seat, _actor(rewarded)) != _rules.fraudFine) _break("another fine");
        model.expelled(round, seat, _actor(rewarded));
    }

    function hold() external {
        (uint32 round, , uint256 endsAt) = task.clock();
        uint256 answerBy = court.hold(task, round);
        (, , uint256 heldTo) = task.clock();
        if (answerBy != _now() + _rules.discloseSeconds) _break("no time to answer");
        if (heldTo < answerBy + _rules.discloseSeconds || heldTo < endsAt) _break("no time to use the answer");
    }

    /// @notice Nothing can be done any more to a round that is over, by the court or by anybody else.
    function disturbThePast(uint8 back, uint8 actor, uint8 fault) external {
        (uint32 current, Phase phase, ) = task.clock();
        uint32 round = current - (back % 4);
        if (round == 0 || (round == current && phase < Phase.Final)) return;
        _mustFail(address(court), abi.encodeCall(court.overturn, (task, round, Fault(fault % 5), actors[0])));
        _mustFail(address(court), abi.encodeCall(court.hold, (task, round)));
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            _mustFail(address(court), abi.encodeCall(court.expel, (task, round, seat, actors[0])));
            VM.prank(_actor(actor));
            _mustFail(address(task), abi.encodeCall(task.missModel, (round, seat)));
        }
    }

    /* TIME */

    function passTime(uint8 seconds_) external {
        VM.warp(_now() + seconds_);
    }

    function toDeadline() public {
        (, Phase phase, uint256 endsAt) = task.clock();
        if (phase < Phase.Final && endsAt > _now()) VM.warp(endsAt);
    }

    /// @notice However the round stands: when its longest time is over, anybody can end it.
    function letTheRoundEnd(uint8 actor) public {
        (, bool closed, , ) = task.progress();
        if (closed) return;
        VM.warp(_now() + task.thawSeconds());
        try this.advance(actor) {} catch {
            _break("a round that cannot be ended");
        }
    }

    /* MONEY */

    function settle(uint8 back, uint8 seat, uint8 caller) external {
        (uint32 current, , ) = task.clock();
        VM.prank(_actor(caller));
        task.settle(current - (back % 4), seat % _rules.maxTrainers);
    }

    function claim(uint8 trainer, uint8 caller) public {
        address of_ = _actor(trainer);
        VM.prank(_actor(caller));
        uint256 amount = task.claim(of_);
        claimed[of_] += amount;
        received[of_] += amount;
    }

    function claimBySignature(uint8 trainer, uint8 recipient, uint8 relayer, uint32 fee) external {
        address of_ = _actor(trainer);
        (address to, address by) = (_actor(recipient), _actor(relayer));
        (uint256 nonce, uint256 deadline) = (Nonces(address(task)).nonces(of_), _now());
        bytes32 terms = keccak256(abi.encode(CLAIM_TYPEHASH, of_, to, fee, nonce, deadline));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(1 + (trainer % ACTORS), _digest(terms));
        VM.prank(by);
        uint256 amount = task.claimBySignature(of_, to, fee, deadline, abi.encodePacked(r, s, v));
        claimed[of_] += amount;
        if (amount == 0) return;
        received[to] += amount - fee;
        received[by] += fee;
    }

    function cancel(uint8 dice) external {
        if (dice % 32 != 31) return;
        _cancel();
    }

    function refund(uint8 caller) public {
        VM.prank(_actor(caller));
        task.refund();
        refunded = true;
    }

    /* STAKE */

    function deposit(uint8 actor, uint16 amount) external {
        VM.prank(_actor(actor));
        vault.deposit(address(task), amount);
        deposited[_actor(actor)] += amount;
    }

    function thaw(uint8 actor, uint32 amount) public {
        VM.prank(_actor(actor));
        vault.thaw(address(task), amount);
    }

    function withdraw(uint8 actor) public {
        VM.prank(_actor(actor));
        withdrawn[_actor(actor)] += vault.withdraw(address(task));
    }

    function release(uint8 trainer, uint8 caller) external {
        VM.prank(_actor(caller));
        task.release(_actor(trainer));
    }

    /// @notice The end, at any moment: the sponsor cancels, everybody claims and takes their stake. Nothing may be left
    /// of the budget or of the stakes, and nobody may have paid more or fewer fines than they earned. Then a new task.
    function everybodyLeaves(uint8 dice) external {
        if (dice % 16 != 15) return;
        (, bool closed, , ) = task.progress();
        if (!closed) _cancel();
        for (uint8 i = 0; i < 2; i++) letTheRoundEnd(i);
        (, closed, , ) = task.progress();
        if (!closed) _break("a cancelled task that goes on");
        try this.refund(0) {} catch {
            if (!refunded && budget != model.earned()) _break("a refund that is refused");
        }
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 free = vault.eligible(address(task), actors[i]);
            if (free != 0) thaw(i, uint32(free));
        }
        VM.warp(_now() + task.thawSeconds());
        for (uint8 i = 0; i < ACTORS; i++) {
            (uint256 staked, , ) = vault.stakeOf(address(task), actors[i]);
            try this.withdraw(i) {} catch {
                if (staked != 0) _break("a stake that cannot leave");
            }
            try this.claim(i, i) {} catch {
                _break("a reward that cannot be claimed");
            }
        }
        _settleAll();
        for (uint256 i = 0; i < ACTORS; i++) {
            address actor = actors[i];
            if (claimed[actor] != model.due(actor)) _break("a reward that is lost");
            if (deposited[actor] - withdrawn[actor] != model.finesDue(actor)) _break("a fine too many or too few");
        }
        if (rewardToken.balanceOf(address(task)) != 0) _break("a budget that stays behind");
        if (stakeToken.balanceOf(address(vault)) != 0) _break("a stake that stays behind");
        _openTask();
    }

    /* VIEWS */

    /// @notice The rules of the task.
    function rules() external view returns (TaskConfig memory) {
        return _rules;
    }

    /* INTERNAL */

    function _openTask() private {
        _rules = SomeRules.small(address(this), rewardToken);
        bytes32 first = keccak256(abi.encode("model", foedus.taskCount()));
        (, address opened) = foedus.openTask(_rules, Genesis(first, keccak256("content"), keccak256("manifest")));
        task = ISealedTask(opened);
        budget = foedus.budgetOf(_rules);
        refunded = false;
        model.begin(_rules, first);
        for (uint256 i = 0; i < ACTORS; i++) {
            VM.prank(actors[i]);
            vault.deposit(opened, 3 * _rules.minStake);
            deposited[actors[i]] += 3 * _rules.minStake;
        }
    }

    /// @dev As the sponsor, which this is. While entries are open that ends the task.
    function _cancel() private {
        task.cancel();
        (, bool closed, , ) = task.progress();
        if (closed) refunded = true;
    }

    function _settleAll() private {
        (uint32 current, , ) = task.clock();
        for (uint32 number = current; number + 2 > current && number != 0; number--) {
            for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
                try task.settle(number, seat) {} catch {}
            }
        }
    }

    function _mustFail(address target, bytes memory act) private {
        (bool done, ) = target.call(act);
        if (done) _break("a past that can be disturbed");
    }

    /// @dev The first counts: what follows from it says less.
    function _break(string memory why) private {
        if (bytes(broken).length == 0) broken = why;
    }

    /// @dev Not block.timestamp, which the compiler may read once for a whole function.
    function _now() private view returns (uint256) {
        return VM.getBlockTimestamp();
    }

    function _phase() private view returns (Phase phase) {
        (, phase, ) = task.clock();
    }

    function _actor(uint8 index) private view returns (address) {
        return actors[index % ACTORS];
    }

    function _seatOf(uint32 number, uint8 actor) private view returns (uint16) {
        (bool sits, uint16 seat) = model.seatOf(number, _actor(actor));
        return sits ? seat : actor % _rules.maxTrainers;
    }

    function _opening(uint32 number, uint8 actor) private view returns (bytes32 root, bytes32 key) {
        bytes memory name = abi.encode(number, _actor(actor));
        return (keccak256(bytes.concat("root", name)), keccak256(bytes.concat("key", name)));
    }

    function _commitment(uint32 number, uint8 actor) private view returns (bytes32) {
        (bytes32 root, bytes32 key) = _opening(number, actor);
        return UpdateCommitment.hash(task.domain(), number, _actor(actor), root, key);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        (, string memory name, string memory version, uint256 chain, address contract_, , ) = IERC5267(address(task))
            .eip712Domain();
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                contract_
            )
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @dev One of the acts above; nothing happens where the task refuses it.
    function _try(bytes memory act) private {
        (bool done, ) = address(this).call(act);
        done;
    }

    /// @dev True in `sides - 1` cases out of `sides`.
    function _dice(uint256 dice, uint256 index, uint256 sides) private pure returns (bool) {
        return uint256(keccak256(abi.encode(dice, index))) % sides != 0;
    }
}
