// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EncodingProof, IAggregationCourt, StepProof, SumProof} from "../interfaces/IAggregationCourt.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {IStakeVault} from "../interfaces/IStakeVault.sol";
import {Genesis, Phase, SeatStatus, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {ServerStep, StepRule} from "../libraries/ServerStep.sol";
import {UpdateCommitment} from "../libraries/UpdateCommitment.sol";
import {Deploy} from "./Deploy.sol";
import {SomeRules} from "./SomeRules.sol";
import {Vectors} from "./Vectors.t.sol";
import {VM} from "./Vm.sol";

/// @notice One task with real vectors, as far as its round has been played.
struct Trial {
    ISealedTask task;
    TaskConfig rules;
    uint32 round;
    uint256 chunks; // of each vector, padding included
    address[] trainers;
    uint16[] seats; // of each trainer; not in their order
    uint16[] weights;
    bytes[] updates; // weighted, padded
    bytes32[] keyHashes;
    bytes sum; // the right one
    bytes[] from; // the model the round steps from, and its moments
    bytes[] next; // the right step
}

/// @title Trials
/// @notice For tests of the court: plays a round of a real task with real vectors, builds proofs and brings them.
abstract contract Trials {
    using Vectors for bytes;

    address internal constant BURNT = 0x000000000000000000000000000000000000dEaD;
    address internal immutable watcher = VM.addr(1001);
    address internal immutable thief = VM.addr(1002);

    uint256 internal stake = 5000; // of each trainer
    IERC20 internal stakeToken;
    IERC20 internal rewardToken;
    IStakeVault internal vault;
    IAggregationCourt internal court;
    IFoedus internal foedus;

    function setUp() public {
        court = IAggregationCourt(Deploy.named("AggregationCourt"));
        foedus = Deploy.foedus(address(court), address(0));
        vault = foedus.vault();
        (stakeToken, rewardToken) = (vault.token(), Deploy.token());
        rewardToken.approve(address(foedus), type(uint256).max);
        VM.warp(1_700_000_000);
        VM.roll(1000);
    }

    /* A ROUND */

    /// @notice A task for 2 to 6 trainers that have not entered yet, by any server rule, with 1 to 8 chunks a vector.
    function _trial(uint256 seed) internal returns (Trial memory t) {
        return _trial(seed, ServerRule(seed % 4), 2 + (_dice(seed, "trainers") % 5));
    }

    function _trial(uint256 seed, ServerRule rule, uint256 trainers) internal returns (Trial memory t) {
        t.rules = SomeRules.small(address(this), rewardToken);
        t.rules.serverRule = rule;
        t.rules.parameters = uint32(1 + (_dice(seed, "parameters") % 200));
        t.rules.maxTrainers = 8;
        t.rules.graceSeconds = 5;
        t.rules.minStake = t.rules.fraudFine + 2 * t.rules.missFine;
        if (rule == ServerRule.FedAvgM || rule == ServerRule.FedAdam) {
            t.rules.serverRate = uint32(1 + (_dice(seed, "rate") % (1 << 18)));
            t.rules.momentum = uint16(_dice(seed, "momentum"));
        }
        if (rule == ServerRule.FedAdam) {
            t.rules.secondMomentum = uint16(_dice(seed, "second"));
            t.rules.adaptivity = uint32(1 + (_dice(seed, "tau") % 1000));
        }
        t.from = new bytes[](ServerStep.vectors(rule));
        for (uint256 v = 0; v < t.from.length; v++) {
            t.from[v] = Vectors.random(_dice(seed, bytes32(v)), t.rules.parameters, 1 << 26);
        }
        (, address opened) = foedus.openTask(t.rules, Genesis(_rootOf(t.from), "model", "manifest"));
        t.task = ISealedTask(opened);
        t.round = 1;
        t.chunks = t.from[0].length / Vectors.CHUNK;
        t.trainers = new address[](trainers);
        t.seats = new uint16[](trainers);
        t.weights = new uint16[](trainers);
        t.updates = new bytes[](trainers);
        t.keyHashes = new bytes32[](trainers);
        for (uint256 i = 0; i < trainers; i++) {
            t.trainers[i] = VM.addr(i + 1);
            t.seats[i] = uint16((3 * i + (_dice(seed, "seat") % 8)) % 8);
            t.weights[i] = uint16(1 + (_dice(seed, bytes32(100 + i)) % t.rules.maxWeight));
            t.keyHashes[i] = keccak256(abi.encode(seed, "key", i));
            uint256 bound = t.rules.bound * (rule == ServerRule.Uniform ? 1 : t.weights[i]);
            t.updates[i] = Vectors.random(_dice(seed, bytes32(200 + i)), t.rules.parameters, bound);
            _deposit(t, t.trainers[i], stake);
        }
    }

    /// @notice Everybody enters, commits and reveals. Those of `staying` (bit i: trainer i) enter the next round, too.
    function _playToReveal(Trial memory t, uint256 staying) internal {
        uint256 count = t.trainers.length;
        for (uint256 i = 0; i < count; i++) {
            VM.prank(t.trainers[i]);
            t.task.enter(t.seats[i], t.weights[i]);
        }
        _toDeadline(t);
        for (uint256 i = 0; i < count; i++) _commit(t, i, (staying >> i) & 1 == 1);
        for (uint256 i = 0; i < count; i++) _reveal(t, i);
        _recompute(t);
    }

    /// @notice Everybody but `struck` says that its update cannot be had. Needs three trainers.
    function _strike(Trial memory t, uint256 struck) internal {
        for (uint256 i = 0; i < t.trainers.length; i++) {
            if (i == struck) continue;
            VM.prank(t.trainers[i]);
            t.task.attest(t.round, t.seats[i], 1 << t.seats[struck]);
        }
        _recompute(t);
    }

    /// @notice The sum of the updates that are in the round, and the step with it.
    function _recompute(Trial memory t) internal view {
        t.sum = Vectors.empty(t.rules.parameters);
        for (uint256 i = 0; i < t.trainers.length; i++) {
            bool fits = t.updates[i].length == t.sum.length;
            if (fits && _statusOf(t, i) == SeatStatus.Revealed) t.sum = t.sum.plus(t.updates[i]);
        }
        t.next = _stepped(t);
    }

    /// @notice The step with `t.sum`, right or wrong.
    function _stepped(Trial memory t) internal view returns (bytes[] memory next) {
        uint256 divisor = 0;
        for (uint256 i = 0; i < t.trainers.length; i++) {
            if (_statusOf(t, i) != SeatStatus.Revealed) continue;
            divisor += t.rules.serverRule == ServerRule.Uniform ? 1 : t.weights[i];
        }
        return _step(t, divisor);
    }

    /// @notice Trainer `by` proposes whatever it likes, as soon as it may.
    function _propose(Trial memory t, uint256 by, bytes memory sum, bytes[] memory next) internal {
        if (_phase(t) == Phase.Attesting) _toDeadline(t);
        VM.warp(VM.getBlockTimestamp() + t.rules.graceSeconds);
        VM.prank(t.trainers[by]);
        t.task.propose(t.round, t.seats[by], sum.root(), _rootOf(next), "sum", "model");
    }

    /// @notice A whole round up to an honest proposal by trainer 0.
    function _honestTrial(uint256 seed) internal returns (Trial memory t) {
        t = _trial(seed);
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
    }

    /// @notice The next round up to its reveal, with the same updates: those who have entered it ahead commit and reveal.
    function _playNextToReveal(Trial memory t) internal {
        t.task.advance();
        t.round += 1;
        if (_phase(t) == Phase.Entering) _toDeadline(t);
        for (uint256 i = 0; i < t.trainers.length; i++) {
            if (_statusOf(t, i) == SeatStatus.Entered) _commit(t, i, false);
        }
        for (uint256 i = 0; i < t.trainers.length; i++) {
            if (_statusOf(t, i) == SeatStatus.Committed) _reveal(t, i);
        }
        _recompute(t);
    }

    /// @notice Trainer `by` proposes a wrong sum, and the watcher proves it.
    function _convictOfAWrongSum(Trial memory t, uint256 by) internal {
        bytes memory wrong = t.sum.copy();
        wrong.set(0, wrong.lane(0) ^ 1);
        _propose(t, by, wrong, t.next);
        (bool won, ) = _challengeSum(t, 0, _sumProof(t, wrong, 0));
        require(won, "a wrong sum is not provable");
    }

    /// @notice The watcher proves that chunk 0 of a trainer's update is malformed.
    function _convictOfItsUpdate(Trial memory t, uint256 trainer) internal {
        EncodingProof memory proof = EncodingProof(t.updates[trainer].opening(0), t.keyHashes[trainer]);
        (bool won, ) = _challengeEncoding(t, t.seats[trainer], 0, proof);
        require(won, "a malformed update is not provable");
        _recompute(t);
    }

    /// @notice Makes a trainer's update one that can be convicted at chunk 0.
    function _malform(Trial memory t, uint256 trainer) internal pure {
        t.updates[trainer].set(0, type(int32).max);
    }

    /* PROOFS */

    function _sumProof(Trial memory t, bytes memory sum, uint256 chunk) internal view returns (SumProof memory proof) {
        proof.sum = sum.opening(chunk);
        for (uint16 seat = 0; seat < 8; seat++) {
            for (uint256 i = 0; i < t.trainers.length; i++) {
                if (t.seats[i] != seat || _statusOf(t, i) != SeatStatus.Revealed) continue;
                proof.seats |= 1 << seat;
                proof.updates = bytes.concat(proof.updates, t.updates[i].opening(chunk), t.keyHashes[i]);
            }
        }
    }

    function _stepProof(
        Trial memory t,
        bytes memory sum,
        bytes[] memory next,
        uint256 chunk
    ) internal pure returns (StepProof memory proof) {
        proof.sum = sum.opening(chunk);
        for (uint256 v = 0; v < next.length; v++) {
            proof.from = bytes.concat(proof.from, t.from[v].opening(chunk));
            proof.next = bytes.concat(proof.next, next[v].opening(chunk));
        }
    }

    function _challengeSum(Trial memory t, uint256 chunk, SumProof memory proof) internal returns (bool, bytes memory) {
        return _bring(t, abi.encodeCall(court.challengeSum, (address(t.task), t.round, uint32(chunk), proof)));
    }

    function _challengeStep(
        Trial memory t,
        uint256 chunk,
        StepProof memory proof
    ) internal returns (bool, bytes memory) {
        return _bring(t, abi.encodeCall(court.challengeStep, (address(t.task), t.round, uint32(chunk), proof)));
    }

    function _challengeEncoding(
        Trial memory t,
        uint16 seat,
        uint256 chunk,
        EncodingProof memory proof
    ) internal returns (bool, bytes memory) {
        return
            _bring(t, abi.encodeCall(court.challengeEncoding, (address(t.task), t.round, seat, uint32(chunk), proof)));
    }

    /// @notice The watcher claims a call to the court, and makes it a block later. A claim that was refused still holds.
    function _bring(Trial memory t, bytes memory act) internal returns (bool won, bytes memory answer) {
        try court.claim(address(t.task), t.round, _claimOf(watcher, act)) {} catch {}
        VM.roll(VM.getBlockNumber() + 1);
        VM.prank(watcher);
        return address(court).call(act);
    }

    function _claimOf(address by, bytes memory act) internal pure returns (bytes32) {
        return keccak256(abi.encode(by, keccak256(act)));
    }

    /* WHAT MUST HOLD */

    /// @notice Lost for this reason, and nothing has changed since `before`.
    function _mustLose(
        Trial memory t,
        bytes32 before,
        bool won,
        bytes memory answer,
        bytes4 why,
        string memory what
    ) internal view {
        require(!won, string.concat("convicted by ", what));
        require(bytes4(answer) == why, string.concat("refused for another reason: ", what));
        require(_everything(t) == before, string.concat("changed by ", what));
    }

    /// @notice A hash of all that a court could change: the round, the proposal, seats, stakes, balances.
    function _everything(Trial memory t) internal view returns (bytes32 all) {
        (uint32 round, Phase phase, uint256 endsAt) = t.task.clock();
        all = keccak256(abi.encode(round, phase, endsAt));
        if (phase == Phase.Proposed) all = keccak256(abi.encode(all, t.task.proposal()));
        for (uint16 seat = 0; seat < 8; seat++) {
            for (uint32 r = 0; r < 2; r++) {
                (address by, uint32 inRound, uint16 weight, SeatStatus status, ) = t.task.seatAt(t.round + r, seat);
                all = keccak256(abi.encode(all, by, inRound, weight, status));
            }
        }
        for (uint256 i = 0; i < t.trainers.length; i++) all = keccak256(abi.encode(all, _staked(t, i)));
        return keccak256(abi.encode(all, stakeToken.balanceOf(watcher), stakeToken.balanceOf(BURNT)));
    }

    /* READING */

    function _statusOf(Trial memory t, uint256 trainer) internal view returns (SeatStatus status) {
        (, , , status, ) = t.task.seatAt(t.round, t.seats[trainer]);
    }

    function _staked(Trial memory t, uint256 trainer) internal view returns (uint256 amount) {
        (amount, , ) = vault.stakeOf(address(t.task), t.trainers[trainer]);
    }

    function _phase(Trial memory t) internal view returns (Phase phase) {
        (, phase, ) = t.task.clock();
    }

    function _rootOf(bytes[] memory vectors) internal pure returns (bytes32) {
        bytes32[] memory roots = new bytes32[](vectors.length);
        for (uint256 v = 0; v < vectors.length; v++) roots[v] = vectors[v].root();
        return ServerStep.rootOf(roots);
    }

    function _dice(uint256 seed, bytes32 what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    /* ACTS */

    function _deposit(Trial memory t, address trainer, uint256 amount) internal {
        stakeToken.transfer(trainer, amount);
        VM.prank(trainer);
        stakeToken.approve(address(vault), amount);
        VM.prank(trainer);
        vault.deposit(address(t.task), amount);
    }

    function _commit(Trial memory t, uint256 trainer, bool staying) internal {
        bytes32 root = t.updates[trainer].root();
        bytes32 domain = t.task.domain();
        bytes32 commitment = UpdateCommitment.hash(domain, t.round, t.trainers[trainer], root, t.keyHashes[trainer]);
        VM.prank(t.trainers[trainer]);
        if (staying) t.task.commitAndEnter(t.round, t.seats[trainer], commitment, t.weights[trainer]);
        else t.task.commit(t.round, t.seats[trainer], commitment);
    }

    function _reveal(Trial memory t, uint256 trainer) internal {
        VM.prank(t.trainers[trainer]);
        t.task.reveal(t.round, t.seats[trainer], t.updates[trainer].root(), t.keyHashes[trainer], "content");
    }

    function _missModel(Trial memory t, uint256 trainer) internal {
        VM.prank(t.trainers[trainer]);
        t.task.missModel(t.round, t.seats[trainer]);
    }

    function _toDeadline(Trial memory t) internal {
        (, , uint256 endsAt) = t.task.clock();
        if (endsAt > VM.getBlockTimestamp()) VM.warp(endsAt);
    }

    function _step(Trial memory t, uint256 divisor) private pure returns (bytes[] memory next) {
        StepRule memory rule = StepRule({
            rule: t.rules.serverRule,
            divisor: divisor,
            serverRate: t.rules.serverRate,
            momentum: t.rules.momentum,
            secondMomentum: t.rules.secondMomentum,
            adaptivity: t.rules.adaptivity,
            fractionBits: t.rules.fractionBits
        });
        next = new bytes[](t.from.length);
        for (uint256 v = 0; v < next.length; v++) next[v] = new bytes(t.sum.length);
        for (uint256 w = 0; w < t.sum.length / 32; w++) {
            uint256[3] memory words;
            for (uint256 v = 0; v < next.length; v++) words[v] = t.from[v].word(w);
            words = ServerStep.step(rule, words, t.sum.word(w));
            for (uint256 v = 0; v < next.length; v++) next[v].setWord(w, words[v]);
        }
    }
}
