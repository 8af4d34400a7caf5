// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {EncodingProof, IAggregationCourt, StepProof, SumProof} from "./interfaces/IAggregationCourt.sol";
import {IClaims} from "./interfaces/IClaims.sol";
import {ITrainingTask, Phase, SeatStatus, ServerRule} from "./interfaces/ITrainingTask.sol";
import {Trial, Trials} from "./test-support/Trials.t.sol";
import {Vectors} from "./test-support/Vectors.t.sol";
import {VM} from "./test-support/Vm.sol";

/// @notice Whatever number of a sum, a step or an update is wrong, a proof at its chunk convicts, and at no other chunk.
contract AggregationCourtTest is Trials {
    using Vectors for bytes;

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AnyWrongLaneOfASumIsProvable(uint256 seed, uint256 lane, uint32 change) external {
        Trial memory t = _trial(seed);
        _playToReveal(t, 0);
        bytes memory wrong = _changed(t.sum, lane, change);
        _propose(t, 0, wrong, t.next);
        uint256 chunk = (lane % (t.sum.length / 4)) / 32;
        _loseElsewhere(t, chunk, wrong);

        (bool won, bytes memory answer) = _challengeSum(t, chunk, _sumProof(t, wrong, chunk));
        require(won, _reason("a wrong sum", answer));
        _isOverturned(t);
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AnyWrongLaneOfAStepIsProvable(
        uint256 seed,
        uint256 vector,
        uint256 lane,
        uint32 change
    ) external {
        Trial memory t = _trial(seed);
        _playToReveal(t, 0);
        bytes[] memory wrong = new bytes[](t.next.length);
        for (uint256 v = 0; v < wrong.length; v++) {
            wrong[v] = v == vector % wrong.length ? _changed(t.next[v], lane, change) : t.next[v].copy();
        }
        _propose(t, 0, t.sum, wrong);
        uint256 chunk = (lane % (t.sum.length / 4)) / 32;
        if (t.chunks > 1) {
            bytes32 before = _everything(t);
            uint256 other = chunk ^ 1;
            (bool wonThere, bytes memory said) = _challengeStep(t, other, _stepProof(t, t.sum, wrong, other));
            _mustLose(t, before, wonThere, said, IAggregationCourt.NothingWrong.selector, "a chunk that is right");
        }

        (bool won, bytes memory answer) = _challengeStep(t, chunk, _stepProof(t, t.sum, wrong, chunk));
        require(won, _reason("a wrong step", answer));
        _isOverturned(t);
    }

    /// @dev The sum is wrong and the step from it is right: the sum alone convicts.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_ARightStepOfAWrongSumIsNotAWrongStep(uint256 seed, uint256 lane, uint32 change) external {
        Trial memory t = _trial(seed);
        _playToReveal(t, 0);
        bytes memory right = t.sum;
        t.sum = _changed(t.sum, lane, change);
        t.next = _stepped(t);
        _propose(t, 0, t.sum, t.next);
        bytes32 before = _everything(t);
        uint256 chunk = (lane % (t.sum.length / 4)) / 32;
        (bool won, bytes memory answer) = _challengeStep(t, chunk, _stepProof(t, t.sum, t.next, chunk));
        _mustLose(t, before, won, answer, IAggregationCourt.NothingWrong.selector, "the step of a wrong sum");
        require(keccak256(right) != keccak256(t.sum), "nothing was wrong");
        (won, answer) = _challengeSum(t, chunk, _sumProof(t, t.sum, chunk));
        require(won, _reason("a wrong sum", answer));
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AnyLaneBeyondItsBoundIsProvable(uint256 seed, uint256 lane, uint32 excess, bool below) external {
        Trial memory t = _trial(seed);
        uint256 guilty = _dice(seed, "guilty") % t.trainers.length;
        lane %= t.updates[guilty].length / 4;
        // Behind the vector's end, in its last chunk or in those of pure padding, no number but 0 is within its bound.
        uint256 most = lane < t.rules.parameters ? t.rules.bound * _laneWeight(t, guilty) : 0;
        uint256 magnitude = most + 1 + (excess % ((1 << 31) - most - 1));
        t.updates[guilty].set(lane, int32(below ? -int256(magnitude) : int256(magnitude)));
        _playToReveal(t, 0);

        _convicts(t, guilty, lane / 32);
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_TheLowestLaneOfAllIsBeyondEveryBound(uint256 seed, uint256 lane) external {
        Trial memory t = _trial(seed);
        lane %= t.updates[1].length / 4;
        t.updates[1].set(lane, type(int32).min);
        _playToReveal(t, 0);
        _convicts(t, 1, lane / 32);
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_ATreeOfAnotherDepthIsProvableAtAnyChunk(uint256 seed, uint8 depth, uint256 chunk) external {
        Trial memory t = _trial(seed);
        uint256 chunks = 1 << (depth % 5);
        if (chunks == t.chunks) chunks *= 2;
        // Even one of zeros alone.
        t.updates[1] = seed % 3 == 0 ? new bytes(chunks * 128) : Vectors.random(seed, chunks * 32, 1);
        _playToReveal(t, 0);
        _convicts(t, 1, chunk % chunks);
    }

    /// @dev In each phase from the reveal until the round is final, and no later.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AMalformedUpdateIsProvableUntilTheRoundIsFinal(uint256 seed, uint8 phase) external {
        Trial memory t = _trial(seed, ServerRule(seed % 4), 4);
        t.updates[1].set(0, int32(uint32(t.rules.bound * t.rules.maxWeight + 1)));
        _playToReveal(t, 0);
        phase %= 4;
        if (phase == 1) _toDeadline(t); // of the attestations
        if (phase >= 2) _propose(t, 0, t.sum, t.next);
        if (phase == 3) _toDeadline(t); // of the challenges
        if (phase < 3) return _convicts(t, 1, 0);

        bytes32 before = _everything(t);
        (bool won, bytes memory answer) = _challengeEncoding(t, t.seats[1], 0, _encodingProof(t, 1, 0));
        _mustLose(t, before, won, answer, ITrainingTask.WrongPhase.selector, "a proof after the end");
    }

    /* CLAIMS */

    function test_AProofWithoutAClaimIsRefused() external {
        (, bytes memory act) = _aProof();
        VM.prank(watcher);
        _refused(act, IClaims.NotClaimed.selector);
    }

    function test_AProofInTheBlockOfItsClaimIsRefused() external {
        (Trial memory t, bytes memory act) = _aProof();
        court.claim(address(t.task), t.round, _claimOf(watcher, act));
        VM.prank(watcher);
        _refused(act, IClaims.ClaimTooFresh.selector);
        VM.roll(VM.getBlockNumber() + 1);
        VM.prank(watcher);
        (bool won, ) = address(court).call(act);
        require(won, "a block later");
    }

    function test_AProofIsWorthNothingToWhoSeesItInTheMempool() external {
        (Trial memory t, bytes memory act) = _aProof();
        court.claim(address(t.task), t.round, _claimOf(watcher, act));
        VM.roll(VM.getBlockNumber() + 1);
        // The thief sees the proof now: it has not claimed it, and what it claims now is too fresh in this block.
        VM.prank(thief);
        _refused(act, IClaims.NotClaimed.selector);
        court.claim(address(t.task), t.round, _claimOf(thief, act));
        VM.prank(thief);
        _refused(act, IClaims.ClaimTooFresh.selector);

        VM.prank(watcher);
        (bool won, ) = address(court).call(act);
        require(won, "the watcher is first");
        VM.roll(VM.getBlockNumber() + 1);
        uint256 before = stakeToken.balanceOf(thief);
        VM.prank(thief);
        (won, ) = address(court).call(act);
        require(!won && stakeToken.balanceOf(thief) == before, "a thief is rewarded");
        require(stakeToken.balanceOf(watcher) == (2 * t.rules.fraudFine) / 5, "the watcher is");
    }

    function test_AClaimOfTheThiefsOwnDoesNotFitAnothersProof() external {
        (Trial memory t, bytes memory act) = _aProof();
        // Claims what the watcher has claimed, before it and after it: neither helps the one nor hurts the other.
        bytes32 claim = _claimOf(watcher, act);
        VM.prank(thief);
        court.claim(address(t.task), t.round, claim);
        VM.prank(watcher);
        VM.expectRevert(abi.encodeWithSelector(IClaims.AlreadyClaimed.selector, claim, VM.getBlockNumber()));
        court.claim(address(t.task), t.round, claim);
        VM.roll(VM.getBlockNumber() + 1);
        VM.prank(thief);
        _refused(act, IClaims.NotClaimed.selector);
        VM.prank(watcher);
        (bool won, ) = address(court).call(act);
        require(won, "somebody else's claim of a claim serves as well");
    }

    function test_AClaimServesOnce() external {
        (Trial memory t, bytes memory act) = _aProof();
        (bool won, ) = _bring(t, act);
        require(won, "the first time");
        VM.prank(watcher);
        _refused(act, IClaims.NotClaimed.selector);
        // Claimed anew it comes too late: there is no proposal.
        (won, ) = _bring(t, act);
        require(!won, "the second time");
    }

    function test_AClaimOfAProofThatProvesNothingIsKept() external {
        Trial memory t = _honestTrial(7);
        SumProof memory proof = _sumProof(t, t.sum, 0);
        bytes memory act = abi.encodeCall(court.challengeSum, (address(t.task), t.round, 0, proof));
        _bring(t, act);
        VM.prank(watcher);
        _refused(act, IAggregationCourt.NothingWrong.selector);
    }

    /// @dev One bit more anywhere makes another claim: nothing in a proof can be changed once it is claimed.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AClaimCoversEveryByte(uint256 place, uint8 change) external {
        (Trial memory t, bytes memory act) = _aProof();
        court.claim(address(t.task), t.round, _claimOf(watcher, act));
        VM.roll(VM.getBlockNumber() + 1);
        act[4 + (place % (act.length - 4))] ^= bytes1(change == 0 ? 1 : change);
        bytes32 before = _everything(t);
        VM.prank(watcher);
        (bool won, ) = address(court).call(act);
        require(!won && _everything(t) == before, "another call was claimed");
    }

    /* INTERNAL */

    /// @dev A round whose proposal has a wrong sum, and the call that overturns it.
    function _aProof() private returns (Trial memory t, bytes memory act) {
        t = _trial(1, ServerRule.FedAvg, 3);
        _playToReveal(t, 0);
        bytes memory wrong = _changed(t.sum, 3, 1);
        _propose(t, 0, wrong, t.next);
        act = abi.encodeCall(court.challengeSum, (address(t.task), t.round, 0, _sumProof(t, wrong, 0)));
    }

    function _refused(bytes memory act, bytes4 why) private {
        (bool won, bytes memory answer) = address(court).call(act);
        require(!won && bytes4(answer) == why, "refused for another reason");
    }

    function _convicts(Trial memory t, uint256 guilty, uint256 chunk) private {
        uint256 before = _staked(t, guilty);
        (bool won, bytes memory answer) = _challengeEncoding(
            t,
            t.seats[guilty],
            chunk,
            _encodingProof(t, guilty, chunk)
        );
        require(won, _reason("a malformed update", answer));
        require(_statusOf(t, guilty) == SeatStatus.Expelled, "not expelled");
        require(before - _staked(t, guilty) == t.rules.fraudFine, "not fined");
    }

    function _encodingProof(
        Trial memory t,
        uint256 trainer,
        uint256 chunk
    ) private pure returns (EncodingProof memory) {
        return EncodingProof(t.updates[trainer].opening(chunk), t.keyHashes[trainer]);
    }

    function _loseElsewhere(Trial memory t, uint256 chunk, bytes memory wrong) private {
        bytes32 before = _everything(t);
        for (uint256 other = 0; other < t.chunks; other++) {
            if (other == chunk) continue;
            (bool won, bytes memory answer) = _challengeSum(t, other, _sumProof(t, wrong, other));
            _mustLose(t, before, won, answer, IAggregationCourt.NothingWrong.selector, "a chunk that is right");
        }
    }

    function _isOverturned(Trial memory t) private view {
        require(_phase(t) == Phase.Aggregating, "the proposal stands");
        require(_staked(t, 0) == stake - t.rules.fraudFine, "the proposer is not fined");
    }

    function _laneWeight(Trial memory t, uint256 trainer) private pure returns (uint256) {
        return t.rules.serverRule == ServerRule.Uniform ? 1 : t.weights[trainer];
    }

    function _changed(bytes memory vector, uint256 lane, uint32 change) private pure returns (bytes memory changed) {
        changed = vector.copy();
        lane %= vector.length / 4;
        changed.set(lane, int32(uint32(vector.lane(lane)) ^ (change == 0 ? 1 : change)));
    }

    function _reason(string memory what, bytes memory answer) private pure returns (string memory) {
        string[16] memory digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
        string memory selector = "";
        for (uint256 i = 0; i < 4 && i < answer.length; i++) {
            selector = string.concat(selector, digits[uint8(answer[i]) >> 4], digits[uint8(answer[i]) & 15]);
        }
        return string.concat(what, " is not provable: 0x", selector);
    }
}
