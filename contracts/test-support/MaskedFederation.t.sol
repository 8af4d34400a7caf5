// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {IMaskedTask} from "../interfaces/IMaskedTask.sol";
import {Phase, PrivacyMode, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Dealing} from "../libraries/Dealing.sol";
import {Deploy} from "./Deploy.sol";
import {Federation, MASK_COURT} from "./Federation.t.sol";
import {MaskedRulesModel} from "./MaskedRulesModel.t.sol";
import {SomeRules} from "./SomeRules.sol";
import {VM} from "./Vm.sol";

/// @title MaskedFederation
/// @notice A federation in masked tasks, honest or not, with one cohort or several.
contract MaskedFederation is Federation {
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(uint32 round,uint256 members,bytes32 cohortView)"
    );

    /// @dev What opens a dealing: the secret shown, and the other two parts.
    struct Opening {
        bytes32 secret;
        address key;
        bytes32 maskHash;
        bytes32 sharesHash;
    }

    struct Vote {
        uint256 missing;
        uint256 members;
        bytes32 cohortView;
        uint256 signer;
    }

    /// @dev What the task has taken it must have taken in one of these phases.
    modifier onlyWhile(Phase first, Phase last) {
        Phase phase = _phase();
        _;
        if (phase < first || phase > last) _break("an act out of its time");
    }

    constructor(
        IFoedus foedus_,
        IERC20 rewardToken_
    ) Federation(foedus_, rewardToken_, Deploy.named("MaskedRulesModel")) {}

    /* A ROUND'S ACTS */

    function draw(uint8 caller, uint256 random) public onlyWhile(Phase.Drawing, Phase.Drawing) {
        uint32 round = _round();
        VM.prevrandao(random);
        VM.warp(block.timestamp + 1);
        VM.prank(_actor(caller));
        task().draw(round);
        uint256[] memory rosters = new uint256[](task().cohorts(round).length);
        for (uint256 c = 0; c < rosters.length; c++) rosters[c] = task().cohorts(round)[c].roster;
        if (!model().drawn(round, rosters)) _break("a draw that leaves somebody out, or is uneven");
    }

    /// @param whose Whose key it is. @param back Of how many rounds ago the proof is. @param elsewhere In which cohort. One in
    /// four is forged in one way or another.
    function share(
        uint8 actor,
        uint8 whose,
        uint8 back,
        uint8 elsewhere
    ) public onlyWhile(Phase.Sharing, Phase.Sharing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint256 owner = whose % 8 == 0 ? whose : actor;
        uint32 proven = back % 8 == 0 ? round - 1 : round;
        uint8 cohort = elsewhere % 8 == 0 ? elsewhere / 8 : model().drawnInto(round, seat);
        _share(round, proven, cohort, actor, owner);
        if (proven != round) _break("a proof of possession of another round");
        // Whose key it is nobody knows but its owner: who has it may use it. Nobody else's proof will do.
        if (!model().shared(round, seat, cohort, _index(owner))) _break("a key shared in another cohort");
    }

    function _share(uint32 round, uint32 proven, uint8 cohort, uint8 actor, uint256 owner) private {
        (bytes32 r, bytes32 vs) = _possession(round, proven, owner, actor);
        address key = _keyAddress(round, owner);
        bytes32 maskHash = Dealing.hashOfSeed(_seed(round, actor));
        bytes32 sharesHash = _sharesHash(round, actor);
        uint16 seat = _seatOf(round, actor);
        VM.prank(_actor(actor));
        task().share(round, seat, cohort, key, maskHash, sharesHash, keccak256("shares"), r, vs);
    }

    /// @notice Takes over what another has shared, proof and all.
    function stealTheKey(uint8 actor, uint8 whose) external {
        uint32 round = _round();
        if (_index(actor) == _index(whose)) return;
        (bytes32 r, bytes32 vs) = _possession(round, round, whose, whose);
        uint16 seat = _seatOf(round, actor);
        uint8 cohort = model().drawnInto(round, seat);
        address key = _keyAddress(round, whose);
        VM.prank(_actor(actor));
        task().share(round, seat, cohort, key, keccak256("mask"), keccak256("shares"), keccak256("shares"), r, vs);
        _break("another's proof of possession");
    }

    function commit(uint8 actor, bool stay, uint8 weight) public onlyWhile(Phase.Committing, Phase.Committing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint16 units = 1 + (uint16(weight) % _rules.maxWeight);
        bytes32 root = keccak256(abi.encode("root", round, actor));
        VM.prank(_actor(actor));
        if (stay) task().commitMaskedAndEnter(round, seat, root, keccak256("content"), units);
        else task().commitMasked(round, seat, root, keccak256("content"));
        model().committed(round, seat);
        if (stay) model().entered(round + 1, seat, _actor(actor), units);
    }

    /// @param signer Who signs: one vote in eight is forged. @param missing Whose updates: of the own cohort, but with the
    /// highest bit of anybody. @param seen One of three views of the cohort.
    function agree(
        uint8 actor,
        uint8 signer,
        uint16 missing,
        uint8 seen,
        uint8 sender
    ) public onlyWhile(Phase.Agreeing, Phase.Agreeing) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        Vote memory vote = _voteOf(round, seat, missing);
        (vote.cohortView, vote.signer) = (bytes32(uint256(seen) % 3), signer % 8 == 0 ? signer : actor);
        bytes memory signature = _signedVote(round, vote);
        VM.prank(_actor(sender));
        task().agree(round, seat, vote.missing, vote.cohortView, signature);
        if (_index(vote.signer) != _index(actor)) _break("a forged vote");
        if (!model().voted(round, seat, vote.members, vote.cohortView)) _break("a vote that must not count");
        uint256 agreed = task().cohorts(round)[model().drawnInto(round, seat)].members;
        if (agreed != model().membersWith(round, seat)) _break("a set that its votes have not fixed");
    }

    function revealSeed(uint8 actor, uint8 whose) public onlyWhile(Phase.Revealing, Phase.Revealing) {
        uint32 round = _round();
        uint256 owner = whose % 8 == 0 ? whose : actor;
        uint16 seat = _seatOf(round, actor);
        bytes32[] memory shares = new bytes32[](model().count(model().droppedWith(round, seat)));
        Opening memory dealt = _seedOpening(round, owner, seat);
        VM.prank(_actor(actor));
        task().revealSeed(round, seat, dealt.secret, dealt.key, dealt.sharesHash, shares);
        if (_index(owner) != _index(actor)) _break("another's seed");
        if (!model().revealed(round, seat)) _break("a seed that must not be shown");
    }

    function rebuildKey(uint8 seat, uint8 caller) public onlyWhile(Phase.Revealing, Phase.Recovering) {
        uint32 round = _round();
        Opening memory dealt = _keyOpening(round, seat);
        VM.prank(_actor(caller));
        task().rebuildKey(round, seat, dealt.secret, dealt.maskHash, dealt.sharesHash);
        if (!model().keyRebuilt(round, seat)) _break("a key that must not be shown");
    }

    function giveShares(uint8 actor, uint16 owners) public onlyWhile(Phase.Recovering, Phase.Recovering) {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        bytes32[] memory shares = new bytes32[](model().count(owners));
        VM.prank(_actor(actor));
        task().giveShares(round, seat, owners, shares);
        if (!model().sharesGiven(round, seat, owners)) _break("shares of a seed that must not be shown");
    }

    function rebuildSeed(uint8 seat, uint8 caller) public onlyWhile(Phase.Recovering, Phase.Recovering) {
        uint32 round = _round();
        (, address trainer) = model().trainerOf(round, seat);
        Opening memory dealt = _seedOpening(round, _indexOf(trainer), seat);
        VM.prank(_actor(caller));
        task().rebuildSeed(round, seat, dealt.secret, dealt.key, dealt.sharesHash);
        if (!model().seedRebuilt(round, seat)) _break("a seed rebuilt that must not be shown");
    }

    /// @inheritdoc Federation
    function aRound(uint256 dice) external override {
        for (uint8 i = 0; i < ACTORS; i++) _mostly(abi.encodeCall(this.enter, (i, i, uint8(dice >> i))), dice, 0, i);
        _toTheEndOf(Phase.Entering);
        _mostly(abi.encodeCall(this.draw, (0, dice)), dice, 1, 0);
        _toTheEndOf(Phase.Drawing);
        for (uint8 i = 0; i < ACTORS; i++) {
            // One in nine tries another's cohort first.
            if (i == dice % ACTORS) _try(abi.encodeCall(this.share, (i, 1, 1, uint8(dice >> 8) & 0x18)));
            _mostly(abi.encodeCall(this.share, (i, 1, 1, 1)), dice, 2, i);
        }
        _toTheEndOf(Phase.Sharing);
        for (uint8 i = 0; i < ACTORS; i++) {
            _mostly(abi.encodeCall(this.commit, (i, _dice(dice, i, 2), i)), dice, 3, i);
        }
        _toTheEndOf(Phase.Committing);
        _theyAgree(dice);
        _toTheEndOf(Phase.Agreeing);
        for (uint8 i = 0; i < ACTORS; i++) _mostly(abi.encodeCall(this.revealSeed, (i, 1)), dice, 6, i);
        for (uint8 i = 0; i < ACTORS; i++) _mostly(abi.encodeCall(this.rebuildKey, (i, i)), dice, 7, i);
        _toTheEndOf(Phase.Revealing);
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 members = model().membersWith(_round(), _seatOf(_round(), i));
            _mostly(abi.encodeCall(this.giveShares, (i, uint16(members))), dice, 8, i);
            _mostly(abi.encodeCall(this.rebuildKey, (i, i)), dice, 9, i);
            // In one round of four nobody has the shares of a seed.
            if (_dice(dice, 160, 4)) _mostly(abi.encodeCall(this.rebuildSeed, (i, i)), dice, 10, i);
        }
        _toTheEndOf(Phase.Recovering);
        if (_dice(dice, 130, 2)) VM.warp(_now() + _rules.graceSeconds);
        for (uint8 i = 0; i < ACTORS; i++) _mostly(abi.encodeCall(this.propose, (i, bytes32(dice))), dice, 11, i);
        // One round in four has a dispute, of up to four steps.
        if (!_dice(dice, 140, 4)) _aDispute(uint256(keccak256(abi.encode(dice))));
        // And one in eight is left as it stands.
        if (!_dice(dice, 150, 8)) return;
        toDeadline();
        if (_phase() >= Phase.Final) advance(uint8(dice % ACTORS));
    }

    /// @dev In half of the rounds an update is missing, in one of eight another one for everybody, and in one of eight a node
    /// lies. In one of four all vote twice.
    function _theyAgree(uint256 dice) private {
        for (uint8 i = 0; i < ACTORS; i++) {
            uint256 missing = _dice(dice, 100, 2) ? 0 : 1 << (dice % _rules.maxTrainers);
            if (!_dice(dice, 110, 8)) missing = 1 << ((dice >> i) % _rules.maxTrainers);
            uint8 seen = _dice(dice, 120, 8) ? 0 : i;
            bytes memory vote = abi.encodeCall(this.agree, (i, 1, uint16(missing), seen, 0));
            _mostly(vote, dice, 4, i);
            if (!_dice(dice, 125, 4)) _mostly(vote, dice, 5, i);
        }
    }

    /// @dev Verdicts, missed models and new proposals, one after another.
    function _aDispute(uint256 dice) private {
        for (uint256 step = 0; step < 4; step++) {
            uint8 seat = uint8(dice >> (8 * step));
            // One is convicted again and again, of one fraud after another.
            bytes memory conviction = abi.encodeCall(this.convict, (uint8(dice), uint8(dice >> 32)));
            if (!_dice(dice, step, 3)) _mostly(conviction, dice, 20, step);
            else if (!_dice(dice, 8 + step, 2)) _mostly(abi.encodeCall(this.overturn, (seat, seat)), dice, 21, step);
            else if (!_dice(dice, 16 + step, 2)) _mostly(abi.encodeCall(this.blame, (seat | 3)), dice, 22, step);
            else for (uint8 i = 0; i < ACTORS; i++) _mostly(abi.encodeCall(this.missModel, (i)), dice, 23, i);
            _toTheEndOf(Phase.Blaming);
            VM.warp(_now() + _rules.graceSeconds);
            for (uint8 i = 0; i < ACTORS; i++) {
                _mostly(abi.encodeCall(this.propose, (i, bytes32(dice >> step))), dice, 24 + step, i);
            }
        }
    }

    /* VERDICTS */

    /// @notice Takes the fine once; of a seat that nobody has taken, or a second time, nothing.
    function convict(uint8 seat, uint8 rewarded) public onlyWhile(Phase.Revealing, Phase.Proposed) {
        uint32 round = _round();
        uint16 place = seat % (_rules.maxTrainers + 1);
        VM.prank(MASK_COURT);
        bool isFirst = task().convict(round, place, _actor(rewarded));
        (bool allowed, bool mustBeFirst) = model().convicted(round, place, _actor(rewarded));
        if (!allowed) _break("a conviction before anything is shown");
        if (isFirst != mustBeFirst) _break("a conviction of nobody, or twice, or none");
    }

    /// @dev Rare, because it ends the round or most of it.
    function blame(uint8 dice) public {
        if (dice % 4 != 3) return;
        uint32 round = _round();
        uint8 cohort = (dice / 4) % 4;
        VM.prank(MASK_COURT);
        uint256 endsAt = task().blame(round, cohort);
        if (endsAt != _now() + _rules.blameSeconds) _break("another time to find out");
        if (!model().blamed(round, cohort)) _break("a blame of what is in no sum");
    }

    function _disturb(uint32 round, uint16 seat) internal override {
        _mustFail(MASK_COURT, abi.encodeCall(IMaskedTask.convict, (round, seat, actors[0])));
        _mustFail(MASK_COURT, abi.encodeCall(IMaskedTask.blame, (round, uint8(seat % 8))));
    }

    /* VIEWS */

    function task() public view returns (IMaskedTask) {
        return IMaskedTask(address(current));
    }

    function model() public view returns (MaskedRulesModel) {
        return MaskedRulesModel(address(books));
    }

    /* INTERNAL: what a trainer makes for a round */

    function _key(uint32 round, uint256 actor) private view returns (uint256) {
        return uint256(keccak256(abi.encode("key", current, round, _index(actor)))) >> 1;
    }

    function _seed(uint32 round, uint256 actor) private view returns (bytes32) {
        return keccak256(abi.encode("seed", current, round, _index(actor)));
    }

    function _keyAddress(uint32 round, uint256 actor) private view returns (address) {
        return VM.addr(_key(round, actor));
    }

    function _sharesHash(uint32 round, uint256 actor) private view returns (bytes32) {
        return keccak256(abi.encode("shares", current, round, _index(actor)));
    }

    /// @dev By the key that `owner` has in `round`, for the round `proven`, as compact signature.
    function _possession(
        uint32 round,
        uint32 proven,
        uint256 owner,
        uint256 trainer
    ) private view returns (bytes32 r, bytes32 vs) {
        bytes32 digest = Dealing.possession(current.domain(), proven, actors[_index(trainer)]);
        uint8 v;
        (v, r, vs) = VM.sign(_key(round, owner), digest);
        if (v == 28) vs |= bytes32(uint256(1) << 255);
    }

    /// @dev For all who have committed in the cohort but those in `missing`.
    function _voteOf(uint32 round, uint16 seat, uint16 missing) private view returns (Vote memory vote) {
        uint256 committed = model().committedWith(round, seat);
        vote.missing = missing >> 15 == 1 ? missing : missing & committed;
        vote.members = committed & ~vote.missing;
    }

    function _signedVote(uint32 round, Vote memory vote) private view returns (bytes memory) {
        return _signed(vote.signer, keccak256(abi.encode(AGREEMENT_TYPEHASH, round, vote.members, vote.cohortView)));
    }

    /// @dev The seed of `owner`, with what else the trainer in `seat` has dealt.
    function _seedOpening(uint32 round, uint256 owner, uint16 seat) private view returns (Opening memory dealt) {
        dealt = _keyOpening(round, seat);
        dealt.secret = _seed(round, owner);
    }

    /// @dev The key that the trainer in `seat` has shared, with what else it has dealt.
    function _keyOpening(uint32 round, uint16 seat) private view returns (Opening memory dealt) {
        (, address trainer) = model().trainerOf(round, seat);
        uint256 dealer = _indexOf(trainer);
        uint256 owner = model().keyOf(round, seat);
        (dealt.secret, dealt.key) = (bytes32(_key(round, owner)), _keyAddress(round, owner));
        (dealt.maskHash, dealt.sharesHash) = (Dealing.hashOfSeed(_seed(round, dealer)), _sharesHash(round, dealer));
    }

    /* INTERNAL: the rest */

    /// @dev With three cohorts whose means are trimmed, with one, with two, and with three that are just added.
    function _rulesOf(uint256 number) internal view override returns (TaskConfig memory config) {
        config = SomeRules.small(address(this), rewardToken);
        (config.privacy, config.cohorts) = (PrivacyMode.Masked, 1);
        (config.minTrainers, config.minSummed, config.shareThreshold) = (4, 4, 4);
        (config.shareSeconds, config.recoverSeconds, config.blameSeconds) = (30, 40, 30);
        if (number % 4 == 1) return config;
        (config.minTrainers, config.minSummed, config.shareThreshold) = (3, 3, number % 4 == 0 ? 2 : 3);
        config.cohorts = number % 4 == 2 ? 2 : 3;
        config.maxTrainers = number % 4 == 2 ? 8 : 9;
        if (number % 4 == 0) config.trim = 1;
        if (number % 4 == 2) config.serverRule = ServerRule.Uniform;
    }

    function _indexOf(address trainer) private view returns (uint256 index) {
        while (index < ACTORS && actors[index] != trainer) index++;
    }

    /// @dev One of the acts above, in 15 cases out of 16; in one round of 16 only every other does it.
    function _mostly(bytes memory act, uint256 dice, uint256 kind, uint256 actor) private {
        uint256 sides = _dice(dice, 900 + kind, 16) ? 16 : 2;
        if (_dice(dice, 16 * kind + actor + 1000, sides)) _try(act);
    }
}
