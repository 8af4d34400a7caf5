// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {IStakeVault} from "../interfaces/IStakeVault.sol";
import {Fault, Genesis, ITrainingTask, Phase, Proposal, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RulesModel} from "./RulesModel.t.sol";
import {VM} from "./Vm.sol";

/// @dev Who judges the tasks of a federation: accounts that convict whom they like.
address constant COURT = address(0xC0);
address constant MASK_COURT = address(0xC1);

/// @title Federation
/// @notice Nine accounts that do anything at any time to one task after another, while a plain model (RulesModel) keeps
/// account of what the rules make of it. Courts convict whom they like at any time. An act that the task refuses changes
/// neither. What must always hold and does not is kept in `broken`. How updates get into a round is for the federations of
/// both kinds to say.
abstract contract Federation {
    uint256 public constant ACTORS = 9;
    uint256 public constant PURSE = 1e27; // of the vault's token, that each begins with
    address public constant BURNT = 0x000000000000000000000000000000000000dEaD;
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(address trainer,address recipient,uint256 fee,uint256 nonce,uint256 deadline)"
    );

    IERC20 public immutable stakeToken;
    IERC20 public immutable rewardToken;
    IStakeVault public immutable vault;
    IFoedus public immutable foedus;
    RulesModel public immutable books;
    address[ACTORS] public actors; // the trainer with private key i + 1

    ITrainingTask public current;
    TaskConfig internal _rules;
    uint256 public budget;
    string public broken; // what failed that must not

    // What the actors have paid and been paid, over all tasks so far.

    mapping(address actor => uint256) public claimed; // of their rewards
    mapping(address actor => uint256) public received; // reward tokens, fees of relayed claims included
    mapping(address actor => uint256) public deposited;
    mapping(address actor => uint256) public withdrawn;
    bool public refunded;

    /// @param foedus_ Where tasks are opened. @param rewardToken_ What they pay in. @param books_ The model.
    constructor(IFoedus foedus_, IERC20 rewardToken_, address books_) {
        (foedus, rewardToken, books) = (foedus_, rewardToken_, RulesModel(books_));
        vault = foedus_.vault();
        stakeToken = vault.token();
    }

    /// @notice Begins, once both tokens are here: they are the actors' stakes and the tasks' budgets.
    function begin() external {
        if (address(current) != address(0)) return;
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
        current.enter(place, units);
        books.entered(round, place, _actor(actor), units);
    }

    function propose(uint8 actor, bytes32 next) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        current.propose(round, seat, keccak256("sum"), next, keccak256("sum content"), keccak256("content"));
        if (!books.proposed(round, seat, _actor(actor), next)) _break("a proposal that must not be made");
        Proposal memory proposal = current.proposal();
        bool sameSum = proposal.updates == books.updates(round) && proposal.divisor == books.divisorOf(round);
        if (!sameSum) _break("a sum of other updates, or another divisor");
    }

    function missModel(uint8 actor) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        current.missModel(round, seat);
        books.modelMissed(round);
    }

    function advance(uint8 actor) public {
        (uint32 round, Phase phase, ) = current.clock();
        VM.prank(_actor(actor));
        current.advance();
        if (phase != Phase.Final) return books.voided(round);
        if (!books.finalised(round, _actor(actor))) _break("a round that must not be final");
    }

    /// @notice A round in which most do most things, so that the deeper states come up often.
    function aRound(uint256 dice) external virtual;

    /* VERDICTS */

    function overturn(uint8 fault, uint8 rewarded) public {
        uint32 round = _round();
        Fault found = Fault(fault % 3);
        VM.prank(COURT);
        uint256 fine = current.overturn(round, found, _actor(rewarded));
        if (fine != (found == Fault.Undisclosed ? _rules.fraudFine / 4 : _rules.fraudFine)) _break("another fine");
        books.overturned(round, found, _actor(rewarded));
    }

    function hold() external {
        (uint32 round, , uint256 endsAt) = current.clock();
        VM.prank(COURT);
        uint256 answerBy = current.hold(round);
        (, , uint256 heldTo) = current.clock();
        if (answerBy != _now() + _rules.discloseSeconds) _break("no time to answer");
        if (heldTo < answerBy + _rules.discloseSeconds || heldTo < endsAt) _break("no time to use the answer");
    }

    /// @notice Nothing can be done any more to a round that is over, by a court or by anybody else.
    function disturbThePast(uint8 back, uint8 actor, uint8 fault) external {
        (uint32 now_, Phase phase, ) = current.clock();
        uint32 round = now_ - (back % 4);
        if (round == 0 || (round == now_ && phase < Phase.Final)) return;
        _mustFail(COURT, abi.encodeCall(current.overturn, (round, Fault(fault % 5), actors[0])));
        _mustFail(COURT, abi.encodeCall(current.hold, (round)));
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            _mustFail(_actor(actor), abi.encodeCall(current.missModel, (round, seat)));
            _disturb(round, seat);
        }
    }

    /// @dev Every other verdict on a seat of a round that is over.
    function _disturb(uint32 round, uint16 seat) internal virtual;

    /* TIME */

    function passTime(uint8 seconds_) external {
        VM.warp(_now() + seconds_);
    }

    function toDeadline() public {
        (, Phase phase, uint256 endsAt) = current.clock();
        if (phase < Phase.Final && endsAt > _now()) VM.warp(endsAt);
    }

    /// @notice However the round stands: when its longest time is over, anybody can end it.
    function letTheRoundEnd(uint8 actor) public {
        (, bool closed, , ) = current.progress();
        if (closed) return;
        VM.warp(_now() + current.thawSeconds());
        try this.advance(actor) {} catch {
            _break("a round that cannot be ended");
        }
    }

    /* MONEY */

    function settle(uint8 back, uint8 seat, uint8 caller) external {
        uint32 round = _round() - (back % 4);
        VM.prank(_actor(caller));
        current.settle(round, seat % _rules.maxTrainers);
    }

    function claim(uint8 trainer, uint8 caller) public {
        VM.prank(_actor(caller));
        uint256 amount = current.claim(_actor(trainer));
        claimed[_actor(trainer)] += amount;
        received[_actor(trainer)] += amount;
    }

    function claimBySignature(uint8 trainer, uint8 recipient, uint8 relayer, uint32 fee) external {
        (address owner, address to) = (_actor(trainer), _actor(recipient));
        bytes memory signature = _signedClaim(trainer, to, fee);
        uint256 deadline = _now();
        VM.prank(_actor(relayer));
        uint256 amount = current.claimBySignature(owner, to, fee, deadline, signature);
        claimed[owner] += amount;
        if (amount == 0) return;
        received[to] += amount - fee;
        received[_actor(relayer)] += fee;
    }

    function cancel(uint8 dice) external {
        if (dice % 32 != 31) return;
        _cancel();
    }

    function refund(uint8 caller) public {
        VM.prank(_actor(caller));
        current.refund();
        refunded = true;
    }

    /* STAKE */

    function deposit(uint8 actor, uint16 amount) external {
        VM.prank(_actor(actor));
        vault.deposit(address(current), amount);
        deposited[_actor(actor)] += amount;
    }

    function thaw(uint8 actor, uint32 amount) public {
        VM.prank(_actor(actor));
        vault.thaw(address(current), amount);
    }

    function withdraw(uint8 actor) public {
        VM.prank(_actor(actor));
        withdrawn[_actor(actor)] += vault.withdraw(address(current));
    }

    function release(uint8 trainer, uint8 caller) external {
        VM.prank(_actor(caller));
        current.release(_actor(trainer));
    }

    /// @notice The end, at any moment: the sponsor cancels, everybody claims and takes their stake. Nothing may be left
    /// of the budget or of the stakes, and nobody may have paid more or fewer fines than they earned. Then a new task.
    function everybodyLeaves(uint8 dice) external {
        if (dice % 8 != 7) return;
        (, bool closed, , ) = current.progress();
        if (!closed) _cancel();
        for (uint8 i = 0; i < 2; i++) letTheRoundEnd(i);
        (, closed, , ) = current.progress();
        if (!closed) _break("a cancelled task that goes on");
        try this.refund(0) {} catch {
            if (!refunded && budget != books.earned()) _break("a refund that is refused");
        }
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 free = vault.eligible(address(current), actors[i]);
            if (free != 0) thaw(i, uint32(free));
        }
        VM.warp(_now() + current.thawSeconds());
        for (uint8 i = 0; i < ACTORS; i++) {
            (uint256 staked, , ) = vault.stakeOf(address(current), actors[i]);
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
            if (claimed[actor] != books.due(actor)) _break("a reward that is lost");
            if (deposited[actor] - withdrawn[actor] != books.finesDue(actor)) _break("a fine too many or too few");
        }
        if (rewardToken.balanceOf(address(current)) != 0) _break("a budget that stays behind");
        if (stakeToken.balanceOf(address(vault)) != 0) _break("a stake that stays behind");
        _openTask();
    }

    /* VIEWS */

    /// @notice The rules of the task.
    function rules() external view returns (TaskConfig memory) {
        return _rules;
    }

    /* INTERNAL */

    /// @dev The rules of the task with this number.
    function _rulesOf(uint256 number) internal view virtual returns (TaskConfig memory);

    function _openTask() private {
        _rules = _rulesOf(foedus.taskCount());
        bytes32 first = keccak256(abi.encode("model", foedus.taskCount()));
        (, address opened) = foedus.openTask(_rules, Genesis(first, keccak256("content"), keccak256("manifest")));
        current = ITrainingTask(opened);
        budget = foedus.budgetOf(_rules);
        refunded = false;
        books.begin(_rules, first);
        for (uint256 i = 0; i < ACTORS; i++) {
            VM.prank(actors[i]);
            vault.deposit(opened, 3 * _rules.minStake);
            deposited[actors[i]] += 3 * _rules.minStake;
        }
    }

    /// @dev As the sponsor, which this is. While entries are open that ends the task.
    function _cancel() private {
        current.cancel();
        (, bool closed, , ) = current.progress();
        if (closed) refunded = true;
    }

    function _settleAll() private {
        uint32 last = _round();
        for (uint32 number = last; number + 2 > last && number != 0; number--) {
            for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
                try current.settle(number, seat) {} catch {}
            }
        }
    }

    function _signedClaim(uint8 trainer, address to, uint256 fee) private view returns (bytes memory) {
        uint256 nonce = Nonces(address(current)).nonces(_actor(trainer));
        bytes32 terms = keccak256(abi.encode(CLAIM_TYPEHASH, _actor(trainer), to, fee, nonce, _now()));
        return _signed(trainer, terms);
    }

    /// @dev By EIP-712, for the task.
    function _signed(uint256 signer, bytes32 structHash) internal view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chain, address contract_, , ) = IERC5267(address(current))
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

    function _mustFail(address by, bytes memory act) internal {
        VM.prank(by);
        (bool done, ) = address(current).call(act);
        if (done) _break("a past that can be disturbed");
    }

    /// @dev The first counts: what follows from it says less.
    function _break(string memory why) internal {
        if (bytes(broken).length == 0) broken = why;
    }

    /// @dev Not block.timestamp, which the compiler may read once for a whole function.
    function _now() internal view returns (uint256) {
        return VM.getBlockTimestamp();
    }

    function _round() internal view returns (uint32 round) {
        (round, , ) = current.clock();
    }

    function _phase() internal view returns (Phase phase) {
        (, phase, ) = current.clock();
    }

    function _toTheEndOf(Phase phase) internal {
        if (_phase() == phase) toDeadline();
    }

    function _index(uint256 actor) internal pure returns (uint256) {
        return actor % ACTORS;
    }

    function _actor(uint256 actor) internal view returns (address) {
        return actors[_index(actor)];
    }

    function _seatOf(uint32 round, uint8 actor) internal view returns (uint16) {
        (bool sits, uint16 seat) = books.seatOf(round, _actor(actor));
        return sits ? seat : actor % _rules.maxTrainers;
    }

    /// @dev One of the acts above; nothing happens where the task refuses it.
    function _try(bytes memory act) internal {
        (bool done, ) = address(this).call(act);
        done;
    }

    /// @dev True in `sides - 1` cases out of `sides`.
    function _dice(uint256 dice, uint256 index, uint256 sides) internal pure returns (bool) {
        return uint256(keccak256(abi.encode(dice, index))) % sides != 0;
    }
}
