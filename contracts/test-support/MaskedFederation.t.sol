// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {CohortSets, IMaskedTask} from "../interfaces/IMaskedTask.sol";
import {IStakeVault} from "../interfaces/IStakeVault.sol";
import {Fault, Genesis, Phase, PrivacyMode, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Dealing} from "../libraries/Dealing.sol";
import {MaskedRulesModel} from "./MaskedRulesModel.t.sol";
import {SomeRules} from "./SomeRules.sol";
import {VM} from "./Vm.sol";

/// @title MaskedFederation
/// @notice Seven accounts that do anything at any time to one masked task after another, honest or not, while a plain model
/// (MaskedRulesModel) keeps account of what the rules make of it. A court convicts whom it likes at any time. An act that
/// the task refuses changes neither. What must always hold and does not is kept in `broken`.
contract MaskedFederation {
    uint256 public constant ACTORS = 7;
    uint256 public constant PURSE = 1e27; // of the vault's token, that each begins with
    address public constant BURNT = 0x000000000000000000000000000000000000dEaD;
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(uint32 round,uint256 members,bytes32 cohortView)"
    );

    IERC20 public immutable stakeToken;
    IERC20 public immutable rewardToken;
    IStakeVault public immutable vault;
    IFoedus public immutable foedus;
    MaskedRulesModel public immutable model;
    address private immutable _court;
    address[7] public actors; // the trainer with private key i + 1

    IMaskedTask public task;
    TaskConfig private _rules;
    uint256 public budget;
    string public broken; // what failed that must not

    // What the actors have paid and been paid, over all tasks so far.

    mapping(address actor => uint256) public claimed;
    mapping(address actor => uint256) public deposited;
    mapping(address actor => uint256) public withdrawn;
    bool public refunded;

    /// @dev What the task has taken it must have taken in one of these phases.
    modifier onlyWhile(Phase first, Phase last) {
        Phase phase = _phase();
        _;
        if (phase < first || phase > last) _break("an act out of its time");
    }

    /// @param foedus_ Where tasks are opened. @param rewardToken_ What they pay in. @param court_ Their mask court.
    constructor(IFoedus foedus_, IERC20 rewardToken_, address court_) {
        (foedus, rewardToken, model, _court) = (foedus_, rewardToken_, new MaskedRulesModel(), court_);
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
        uint32 round = _round();
        uint16 place = seat % (_rules.maxTrainers + 1);
        uint16 units = uint16(weight) % (_rules.maxWeight + 2);
        VM.prank(_actor(actor));
        task.enter(place, units);
        model.entered(round, place, _actor(actor), units);
    }

    /// @param whose Whose key it is. @param back Of how many rounds ago the proof is: one in four is forged in one way or the other.
    function share(uint8 actor, uint8 whose, uint8 back) public onlyWhile(Phase.Sharing, Phase.Sharing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint256 owner = whose % 8 == 0 ? whose : actor;
        uint32 proven = back % 8 == 0 ? round - 1 : round;
        (bytes32 r, bytes32 vs) = _possession(round, proven, owner, actor);
        (address key, bytes32 maskHash) = (_keyAddress(round, owner), Dealing.hashOfSeed(_seed(round, actor)));
        VM.prank(_actor(actor));
        task.share(round, seat, key, maskHash, _sharesHash(round, actor), keccak256("shares"), r, vs);
        if (proven != round) _break("a proof of possession of another round");
        // Whose key it is nobody knows but its owner: who has it may use it. Nobody else's proof will do.
        model.shared(round, seat, _index(owner));
    }

    /// @notice Takes over what another has shared, proof and all.
    function stealTheKey(uint8 actor, uint8 whose) external {
        uint32 round = _round();
        if (_index(actor) == _index(whose)) return;
        (bytes32 r, bytes32 vs) = _possession(round, round, whose, whose);
        uint16 seat = _seatOf(round, actor);
        address key = _keyAddress(round, whose);
        VM.prank(_actor(actor));
        task.share(round, seat, key, keccak256("mask"), keccak256("shares"), keccak256("shares"), r, vs);
        _break("another's proof of possession");
    }

    function commit(uint8 actor, bool stay, uint8 weight) public onlyWhile(Phase.Committing, Phase.Committing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint16 units = 1 + (uint16(weight) % _rules.maxWeight);
        bytes32 root = keccak256(abi.encode("root", round, actor));
        VM.prank(_actor(actor));
        if (stay) task.commitMaskedAndEnter(round, seat, root, keccak256("content"), units);
        else task.commitMasked(round, seat, root, keccak256("content"));
        model.committed(round, seat);
        if (stay) model.entered(round + 1, seat, _actor(actor), units);
    }

    /// @param signer Who signs: one vote in eight is forged. @param seen One of three views of the cohort.
    function agree(
        uint8 actor,
        uint8 signer,
        uint8 missing,
        uint8 seen,
        uint8 sender
    ) public onlyWhile(Phase.Agreeing, Phase.Agreeing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint256 by = signer % 8 == 0 ? signer : actor;
        uint256 out = missing % (1 << _rules.maxTrainers);
        uint256 members = model.committedSet(round) & ~out;
        bytes32 cohortView = bytes32(uint256(seen) % 3);
        bytes memory signature = _vote(round, members, cohortView, by);
        VM.prank(_actor(sender));
        task.agree(round, seat, out, cohortView, signature);
        if (_index(by) != _index(actor)) _break("a forged vote");
        (bool allowed, bool decides) = model.voted(round, seat, members, cohortView);
        if (!allowed) _break("a vote that must not count");
        uint256 agreed = task.cohort(round).members;
        if (agreed != (decides ? members : 0)) _break("a set that its votes have not fixed");
    }

    function revealSeed(uint8 actor, uint8 whose) public onlyWhile(Phase.Revealing, Phase.Revealing) {
        uint32 round = _round();
        uint256 owner = whose % 8 == 0 ? whose : actor;
        uint16 seat = _seatOf(round, actor);
        bytes32[] memory shares = new bytes32[](model.count(model.droppedSet(round)));
        (bytes32 seed, address key, bytes32 sharesHash) = _seedOpening(round, owner, seat);
        VM.prank(_actor(actor));
        task.revealSeed(round, seat, seed, key, sharesHash, shares);
        if (_index(owner) != _index(actor)) _break("another's seed");
        if (!model.revealed(round, seat)) _break("a seed that must not be shown");
    }

    function rebuildKey(uint8 seat, uint8 caller) public onlyWhile(Phase.Revealing, Phase.Recovering) {
        uint32 round = _round();
        (bytes32 key, bytes32 maskHash, bytes32 sharesHash) = _keyOpening(round, seat);
        VM.prank(_actor(caller));
        task.rebuildKey(round, seat, key, maskHash, sharesHash);
        if (!model.keyRebuilt(round, seat)) _break("a key that must not be shown");
    }

    function giveShares(uint8 actor, uint8 owners) public onlyWhile(Phase.Recovering, Phase.Recovering) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        bytes32[] memory shares = new bytes32[](model.count(owners));
        VM.prank(_actor(actor));
        task.giveShares(round, seat, owners, shares);
        if (!model.sharesGiven(round, seat, owners)) _break("shares of a seed that must not be shown");
    }

    function rebuildSeed(uint8 seat, uint8 caller) public onlyWhile(Phase.Recovering, Phase.Recovering) {
        uint32 round = _round();
        (, address trainer) = model.trainerOf(round, seat);
        (bytes32 seed, address key, bytes32 sharesHash) = _seedOpening(round, _indexOf(trainer), seat);
        VM.prank(_actor(caller));
        task.rebuildSeed(round, seat, seed, key, sharesHash);
        if (!model.seedRebuilt(round, seat)) _break("a seed rebuilt that must not be shown");
    }

    function propose(uint8 actor, bytes32 next) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        task.propose(round, seat, keccak256("sum"), next, keccak256("sum content"), keccak256("content"));
        if (!model.proposed(round, seat, _actor(actor), next)) _break("a proposal that must not be made");
    }

    function missModel(uint8 actor) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        task.missModel(round, seat);
        model.modelMissed(round);
    }

    function advance(uint8 actor) public {
        (uint32 round, Phase phase, ) = task.clock();
        CohortSets memory sets = task.cohort(round);
        VM.prank(_actor(actor));
        task.advance();
        if (phase != Phase.Final) return model.voided(round);
        if (sets.seeds != sets.members || sets.keys != (sets.shared & ~sets.members) || sets.members == 0) {
            _break("a sum that is still masked");
        }
        if (!model.finalised(round, _actor(actor))) _break("a round that must not be final");
    }

    /// @notice A round in which most do most things, so that the deeper states come up often.
    function aRound(uint256 dice) public {
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.enter, (i, i, uint8(dice >> i))), dice, 0, i);
        _toTheEndOf(Phase.Entering);
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.share, (i, 1, 1)), dice, 1, i);
        _toTheEndOf(Phase.Sharing);
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.commit, (i, _dice(dice, i, 2), i)), dice, 2, i);
        _toTheEndOf(Phase.Committing);
        // In half of the rounds an update is missing, in one of eight another one for everybody, and in one of eight a node
        // lies. In one of four all vote twice.
        uint256 committed = model.committedSet(_round());
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 missing = _dice(dice, 100, 2) ? 0 : 1 << (dice % 6);
            if (!_dice(dice, 110, 8)) missing = 1 << ((dice >> i) % 6);
            uint8 seen = _dice(dice, 120, 8) ? 0 : i;
            bytes memory vote = abi.encodeCall(this.agree, (i, 1, uint8(missing & committed), seen, 0));
            _try(vote, dice, 3, i);
            if (!_dice(dice, 125, 4)) _try(vote, dice, 20, i);
        }
        _toTheEndOf(Phase.Agreeing);
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.revealSeed, (i, 1)), dice, 4, i);
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.rebuildKey, (i, i)), dice, 5, i);
        _toTheEndOf(Phase.Revealing);
        for (uint8 i = 0; i < ACTORS; i++) {
            _try(abi.encodeCall(this.giveShares, (i, uint8(model.membersSet(_round())))), dice, 6, i);
            _try(abi.encodeCall(this.rebuildKey, (i, i)), dice, 7, i);
            _try(abi.encodeCall(this.rebuildSeed, (i, i)), dice, 8, i);
        }
        _toTheEndOf(Phase.Recovering);
        if (_dice(dice, 130, 2)) VM.warp(_now() + _rules.graceSeconds);
        for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.propose, (i, bytes32(dice))), dice, 9, i);
        // One round in four has a dispute, of up to four steps.
        if (!_dice(dice, 140, 4)) _aDispute(uint256(keccak256(abi.encode(dice))));
        toDeadline();
        if (_phase() >= Phase.Final) advance(uint8(dice % ACTORS));
    }

    /// @dev Verdicts, missed models and new proposals, one after another.
    function _aDispute(uint256 dice) private {
        for (uint256 step = 0; step < 4; step++) {
            uint8 seat = uint8(dice >> (8 * step));
            if (!_dice(dice, step, 3)) _try(abi.encodeCall(this.convict, (seat, uint8(dice >> 32))), dice, 10, 0);
            else if (!_dice(dice, 8 + step, 2)) _try(abi.encodeCall(this.overturn, (seat, seat)), dice, 11, 0);
            else if (!_dice(dice, 16 + step, 3)) _try(abi.encodeCall(this.blame, (255)), dice, 12, 0);
            else for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.missModel, (i)), dice, 13, i);
            VM.warp(_now() + _rules.graceSeconds);
            for (uint8 i = 0; i < ACTORS; i++) {
                _try(abi.encodeCall(this.propose, (i, bytes32(dice >> step))), dice, 14 + step, i);
            }
        }
    }

    /* VERDICTS */

    function overturn(uint8 fault, uint8 rewarded) public {
        uint32 round = _round();
        Fault found = Fault(fault % 3);
        VM.prank(_court);
        uint256 fine = task.overturn(round, found, _actor(rewarded));
        if (fine != (found == Fault.Undisclosed ? _rules.fraudFine / 4 : _rules.fraudFine)) _break("another fine");
        model.overturned(round, found, _actor(rewarded));
    }

    function convict(uint8 seat, uint8 rewarded) public onlyWhile(Phase.Revealing, Phase.Blaming) {
        uint32 round = _round();
        uint16 place = seat % (_rules.maxTrainers + 1);
        VM.prank(_court);
        if (task.convict(round, place, _actor(rewarded)) != _rules.fraudFine) _break("another fine");
        if (!model.convicted(round, place, _actor(rewarded))) _break("a conviction of nobody, or twice");
    }

    /// @dev Rare, because it ends the round.
    function blame(uint8 dice) public {
        if (dice % 4 != 3) return;
        uint32 round = _round();
        VM.prank(_court);
        uint256 endsAt = task.blame(round);
        if (endsAt != _now() + _rules.blameSeconds) _break("another time to find out");
        model.blamed(round);
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
        uint32 round = _round() - (back % 4);
        VM.prank(_actor(caller));
        task.settle(round, seat % _rules.maxTrainers);
    }

    function claim(uint8 trainer, uint8 caller) public {
        VM.prank(_actor(caller));
        claimed[_actor(trainer)] += task.claim(_actor(trainer));
    }

    function deposit(uint8 actor, uint16 amount) external {
        VM.prank(_actor(actor));
        vault.deposit(address(task), amount);
        deposited[_actor(actor)] += amount;
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
        try task.refund() {
            refunded = true;
        } catch {
            if (!refunded && budget != model.earned()) _break("a refund that is refused");
        }
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 free = vault.eligible(address(task), actors[i]);
            if (free == 0) continue;
            VM.prank(actors[i]);
            vault.thaw(address(task), free);
        }
        VM.warp(_now() + task.thawSeconds());
        for (uint8 i = 0; i < ACTORS; i++) {
            VM.prank(actors[i]);
            try vault.withdraw(address(task)) returns (uint256 amount) {
                withdrawn[actors[i]] += amount;
            } catch {
                (uint256 staked, , ) = vault.stakeOf(address(task), actors[i]);
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

    /* INTERNAL: what a trainer makes for a round */

    function _key(uint32 round, uint256 actor) private view returns (uint256) {
        return uint256(keccak256(abi.encode("key", task, round, _index(actor)))) >> 1;
    }

    function _seed(uint32 round, uint256 actor) private view returns (bytes32) {
        return keccak256(abi.encode("seed", task, round, _index(actor)));
    }

    function _keyAddress(uint32 round, uint256 actor) private view returns (address) {
        return VM.addr(_key(round, actor));
    }

    function _sharesHash(uint32 round, uint256 actor) private view returns (bytes32) {
        return keccak256(abi.encode("shares", task, round, _index(actor)));
    }

    /// @dev By the key that `owner` has in `round`, for the round `proven`, as compact signature.
    function _possession(
        uint32 round,
        uint32 proven,
        uint256 owner,
        uint256 trainer
    ) private view returns (bytes32 r, bytes32 vs) {
        bytes32 digest = Dealing.possession(task.domain(), proven, actors[_index(trainer)]);
        uint8 v;
        (v, r, vs) = VM.sign(_key(round, owner), digest);
        if (v == 28) vs |= bytes32(uint256(1) << 255);
    }

    function _vote(
        uint32 round,
        uint256 members,
        bytes32 cohortView,
        uint256 signer
    ) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(AGREEMENT_TYPEHASH, round, members, cohortView));
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
        bytes32 digest = MessageHashUtils.toTypedDataHash(separator, structHash);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_index(signer) + 1, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The seed of `owner`, with what else the trainer in `seat` has dealt.
    function _seedOpening(uint32 round, uint256 owner, uint16 seat) private view returns (bytes32, address, bytes32) {
        (, address trainer) = model.trainerOf(round, seat);
        uint256 dealer = _indexOf(trainer);
        return (_seed(round, owner), _keyAddress(round, model.keyOf(round, seat)), _sharesHash(round, dealer));
    }

    function _keyOpening(uint32 round, uint16 seat) private view returns (bytes32, bytes32, bytes32) {
        (, address trainer) = model.trainerOf(round, seat);
        uint256 dealer = _indexOf(trainer);
        bytes32 maskHash = Dealing.hashOfSeed(_seed(round, dealer));
        return (bytes32(_key(round, model.keyOf(round, seat))), maskHash, _sharesHash(round, dealer));
    }

    /* INTERNAL: the rest */

    function _openTask() private {
        _rules = SomeRules.small(address(this), rewardToken);
        (_rules.privacy, _rules.minTrainers, _rules.shareThreshold) = (PrivacyMode.Masked, 4, 4);
        (_rules.shareSeconds, _rules.recoverSeconds, _rules.blameSeconds) = (30, 40, 30);
        bytes32 first = keccak256(abi.encode("model", foedus.taskCount()));
        (, address opened) = foedus.openTask(_rules, Genesis(first, keccak256("content"), keccak256("manifest")));
        task = IMaskedTask(opened);
        budget = foedus.budgetOf(_rules);
        refunded = false;
        model.begin(_rules);
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
        for (uint32 number = _round(); number + 2 > _round() && number != 0; number--) {
            for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
                try task.settle(number, seat) {} catch {}
            }
        }
    }

    /// @dev The first counts: what follows from it says less.
    function _break(string memory why) private {
        if (bytes(broken).length == 0) broken = why;
    }

    /// @dev Not block.timestamp, which the compiler may read once for a whole function.
    function _now() private view returns (uint256) {
        return VM.getBlockTimestamp();
    }

    function _round() private view returns (uint32 round) {
        (round, , ) = task.clock();
    }

    function _phase() private view returns (Phase phase) {
        (, phase, ) = task.clock();
    }

    function _index(uint256 actor) private pure returns (uint256) {
        return actor % ACTORS;
    }

    function _actor(uint256 actor) private view returns (address) {
        return actors[_index(actor)];
    }

    function _indexOf(address trainer) private view returns (uint256 index) {
        while (index < ACTORS && actors[index] != trainer) index++;
    }

    function _seatOf(uint32 round, uint8 actor) private view returns (uint16) {
        (bool sits, uint16 seat) = model.seatOf(round, _actor(actor));
        return sits ? seat : actor % _rules.maxTrainers;
    }

    function _toTheEndOf(Phase phase) private {
        if (_phase() == phase) toDeadline();
    }

    /// @dev One of the acts above, in 15 cases out of 16; nothing happens where the task refuses it.
    function _try(bytes memory act, uint256 dice, uint256 kind, uint256 actor) private {
        if (!_dice(dice, 8 * kind + actor + 1000, 16)) return;
        (bool done, ) = address(this).call(act);
        done;
    }

    /// @dev True in `sides - 1` cases out of `sides`.
    function _dice(uint256 dice, uint256 index, uint256 sides) private pure returns (bool) {
        return uint256(keccak256(abi.encode(dice, index))) % sides != 0;
    }
}
