// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {StepProof} from "./interfaces/IAggregationCourt.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {ITrainingTask, Phase, Proposal, SeatStatus, ServerRule} from "./interfaces/ITrainingTask.sol";
import {Trial, Trials} from "./test-support/Trials.t.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";
import {Vectors} from "./test-support/Vectors.t.sol";
import {VM} from "./test-support/Vm.sol";

/// @notice What a task makes of a verdict: who pays, who is paid, who is out, and that the round goes on.
contract VerdictsTest is Trials {
    using Vectors for bytes;

    uint256 private constant ALL = 255; // trainers stay for the next round

    /* FINES */

    function test_AFraudCostsTheLargeSlashOfWhichTheChallengerGetsTwoFifths() external {
        Trial memory t = _played(3, 0);
        _convictOfAWrongSum(t, 0);
        _fined(t, 0, t.rules.fraudFine, watcher);
        (, Phase phase, uint256 endsAt) = t.task.clock();
        require(phase == Phase.Aggregating, "others propose");
        require(endsAt == VM.getBlockTimestamp() + t.rules.proposeSeconds, "and have their time for it");
    }

    function test_AWrongStepCostsTheSame() external {
        Trial memory t = _played(3, 0);
        bytes[] memory wrong = new bytes[](1);
        wrong[0] = t.next[0].copy();
        wrong[0].set(0, wrong[0].lane(0) ^ 1);
        _propose(t, 0, t.sum, wrong);
        StepProof memory proof = _stepProof(t, t.sum, wrong, 0);
        (bool won, ) = _challengeStep(t, 0, proof);
        require(won, "not provable");
        _fined(t, 0, t.rules.fraudFine, watcher);
    }

    function test_AMalformedUpdateCostsTheSame() external {
        Trial memory t = _trial(5, ServerRule.FedAvg, 3);
        _malform(t, 1);
        _playToReveal(t, 0);
        _convictOfItsUpdate(t, 1);
        _fined(t, 1, t.rules.fraudFine, watcher);
    }

    function test_WhoChallengesItselfLosesMoney() external {
        Trial memory t = _played(3, 0);
        bytes memory wrong = t.sum.copy();
        wrong.set(0, wrong.lane(0) ^ 1);
        _propose(t, 0, wrong, t.next);
        bytes memory act = abi.encodeCall(court.challengeSum, (address(t.task), t.round, 0, _sumProof(t, wrong, 0)));
        court.claim(address(t.task), t.round, _claimOf(t.trainers[0], act));
        VM.roll(VM.getBlockNumber() + 1);
        VM.prank(t.trainers[0]);
        (bool won, ) = address(court).call(act);
        require(won, "not provable");
        _fined(t, 0, t.rules.fraudFine, t.trainers[0]);
        uint256 back = stakeToken.balanceOf(t.trainers[0]);
        require(2 * back < t.rules.fraudFine, "at least half is lost");
    }

    /// @dev After a first fraud the stake is less than the second one's fine: all of it is taken, and shared alike.
    function test_AStakeThatCannotPayIsTakenWhole() external {
        stake = 702; // the least that the rules allow
        Trial memory t = _trial(5, ServerRule.FedAvg, 3);
        _malform(t, 0);
        _playToReveal(t, 0);
        _convictOfAWrongSum(t, 0);
        _convictOfItsUpdate(t, 0);
        require(_staked(t, 0) == 0, "something is left");
        require(stakeToken.balanceOf(watcher) == 200 + 80, "two fifths of 500 and of 202");
        require(stakeToken.balanceOf(BURNT) == 300 + 122, "the rest is burnt");
    }

    /* WHO PROPOSES NEXT */

    function test_AConvictMayNotProposeAgainAndNobodyWaitsForIt() external {
        Trial memory t = _played(4, 0);
        uint256 drawn = _drawn(t);
        _convictOfAWrongSum(t, drawn);
        VM.prank(t.trainers[drawn]);
        VM.expectRevert(abi.encodeWithSelector(ITrainingTask.Barred.selector, t.seats[drawn]));
        t.task.propose(t.round, t.seats[drawn], "sum", "model", "", "");
        // Without a grace, and without a fine for the turn of the one that is barred.
        uint256 next = (drawn + 1) % 4;
        VM.prank(t.trainers[next]);
        t.task.propose(t.round, t.seats[next], t.sum.root(), _rootOf(t.next), "", "");
        _toDeadline(t);
        t.task.advance();
        t.task.settle(1, t.seats[drawn]);
        require(_staked(t, drawn) == stake - t.rules.fraudFine, "fined for a turn it could not take");
        require(t.task.claimable(t.trainers[drawn]) > 0, "its update was in the sum");
    }

    function test_ARoundEndsRightAfterSeveralWrongProposals() external {
        Trial memory t = _played(5, 0);
        for (uint256 i = 0; i < 4; i++) {
            _convictOfAWrongSum(t, i);
            require(_staked(t, i) == stake - t.rules.fraudFine, "each of them is fined");
        }
        _propose(t, 4, t.sum, t.next);
        Proposal memory proposal = t.task.proposal();
        require(proposal.ordinal == 5 && proposal.seat == t.seats[4] && proposal.updates == 5, "the fifth proposal");
        _toDeadline(t);
        t.task.advance();
        (uint32 completed, , bytes32 model, ) = t.task.progress();
        require(completed == 1 && model == _rootOf(t.next), "the round does not end right");
        require(stakeToken.balanceOf(watcher) == 4 * 200, "each proof is rewarded");
    }

    function test_ARoundInWhichNobodyIsLeftToProposeIsVoid() external {
        Trial memory t = _played(2, 0);
        _convictOfAWrongSum(t, 0);
        _convictOfAWrongSum(t, 1);
        _toDeadline(t);
        t.task.advance();
        (uint32 completed, , bytes32 model, ) = t.task.progress();
        require(completed == 0 && model == _rootOf(t.from), "the model is what it was");
        for (uint256 i = 0; i < 2; i++) t.task.settle(1, t.seats[i]);
        require(_staked(t, 0) == stake - t.rules.fraudFine, "one fine each");
        require(_staked(t, 1) == stake - t.rules.fraudFine, "and no other");
    }

    /* WHO IS OUT */

    function test_AProposalFallsWithAnUpdateInItAndItsProposerIsNotToBlame() external {
        Trial memory t = _trial(5, ServerRule.FedAvg, 4);
        _malform(t, 1);
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
        _convictOfItsUpdate(t, 1);
        require(_phase(t) == Phase.Aggregating, "the proposal stands");
        require(_staked(t, 0) == stake, "the proposer is fined");

        _propose(t, 0, t.sum, t.next);
        Proposal memory proposal = t.task.proposal();
        require(proposal.ordinal == 2 && proposal.updates == 3, "the same proposer, without the convict");
        require(proposal.divisor == uint32(t.weights[0]) + t.weights[2] + t.weights[3], "and without its weight");
        _toDeadline(t);
        t.task.advance();
        require(t.task.claimable(t.trainers[1]) == 0, "a convict is paid");
        require(t.task.claimable(t.trainers[2]) > 0, "another is not");
        require(rewardToken.balanceOf(address(t.task)) >= t.task.claimable(t.trainers[0]), "escrow");
    }

    function test_AnUpdateIsExpelledOnce() external {
        Trial memory t = _trial(5, ServerRule.FedAvg, 4);
        _malform(t, 1);
        _playToReveal(t, 0);
        _convictOfItsUpdate(t, 1);
        VM.prank(address(court));
        VM.expectRevert(abi.encodeWithSelector(ISealedTask.CannotExpelSeat.selector, t.seats[1], SeatStatus.Expelled));
        t.task.expel(1, t.seats[1], watcher);
    }

    function test_WhoHasNotRevealedIsNotExpelled() external {
        Trial memory t = _trial(5, ServerRule.FedAvg, 4);
        for (uint256 i = 0; i < 4; i++) {
            VM.prank(t.trainers[i]);
            t.task.enter(t.seats[i], t.weights[i]);
        }
        _toDeadline(t);
        for (uint256 i = 0; i < 4; i++) _commit(t, i, false);
        for (uint256 i = 0; i < 3; i++) _reveal(t, i);
        VM.prank(address(court));
        VM.expectRevert(abi.encodeWithSelector(ISealedTask.CannotExpelSeat.selector, t.seats[3], SeatStatus.Committed));
        t.task.expel(1, t.seats[3], watcher);
        // One that has is, before the others have: they are waited for as before.
        VM.prank(address(court));
        t.task.expel(1, t.seats[0], watcher);
        require(_phase(t) == Phase.Revealing, "nobody is left out");
        _reveal(t, 3);
        require(_phase(t) == Phase.Attesting, "nobody is waited for");
    }

    function test_ARoundWithTooFewLeftIsVoidAndNobodyElsePays() external {
        for (uint256 late = 0; late < 2; late++) {
            Trial memory t = _trial(5 + 4 * late, ServerRule.FedAvg, 2);
            _malform(t, 0);
            _malform(t, 1);
            _playToReveal(t, 0);
            uint256 drawn = _drawn(t);
            if (late == 1) _propose(t, drawn, t.sum, t.next);
            else _toDeadline(t);
            _convictOfItsUpdate(t, 1 - drawn);
            require(_phase(t) == Phase.Void, "it goes on");
            t.task.advance();
            require(_phase(t) == Phase.Entering, "no new round");
            for (uint256 i = 0; i < 2; i++) t.task.settle(1, t.seats[i]);
            require(_staked(t, drawn) == stake, "the other one is fined");
            require(_staked(t, 1 - drawn) == stake - t.rules.fraudFine, "the convict is fined otherwise");
        }
    }

    function test_AStruckUpdateCanBeConvicted() external {
        Trial memory t = _trial(5, ServerRule.FedAvg, 3);
        _malform(t, 0);
        _playToReveal(t, 0);
        _strike(t, 0);
        _propose(t, 1, t.sum, t.next);
        _convictOfItsUpdate(t, 0);
        _fined(t, 0, t.rules.fraudFine, watcher);
        require(_phase(t) == Phase.Proposed, "a proposal falls with an update that is not in it");
    }

    function test_AConvictPlaysTheRoundItHasEnteredButProposesNothingAndEntersNoOther() external {
        stake = 702; // the least: one fraud and two missed deadlines
        Trial memory t = _trial(5, ServerRule.FedAvg, 4);
        _playToReveal(t, ALL);
        _convictOfAWrongSum(t, 0);
        _propose(t, 1, t.sum, t.next);
        _toDeadline(t);
        t.from = t.next;
        t.task.advance();
        t.round = 2;
        _toDeadline(t); // of the entries

        bytes32 domain = t.task.domain();
        bytes32 root = t.updates[0].root();
        bytes32 commitment = UpdateCommitment.hash(domain, 2, t.trainers[0], root, t.keyHashes[0]);
        VM.prank(t.trainers[0]);
        VM.expectRevert(abi.encodeWithSelector(ITrainingTask.InsufficientStake.selector, 202, 702));
        t.task.commitAndEnter(2, t.seats[0], commitment, t.weights[0]);

        for (uint256 i = 0; i < 4; i++) _commit(t, i, false);
        for (uint256 i = 0; i < 4; i++) _reveal(t, i);
        _recompute(t);
        _toDeadline(t);
        VM.warp(VM.getBlockTimestamp() + t.rules.graceSeconds);
        VM.prank(t.trainers[0]);
        VM.expectRevert(abi.encodeWithSelector(ITrainingTask.InsufficientStake.selector, 202, 500));
        t.task.propose(2, t.seats[0], "sum", "model", "", "");
        _propose(t, 1, t.sum, t.next);
        require(t.task.proposal().updates == 4, "its update does not count");
    }

    /* MISSED MODELS */

    function test_AMajorityThatMissesAModelWithholdsItAndNobodyIsFined() external {
        for (uint256 count = 2; count <= 6; count++) {
            Trial memory t = _trial(5, ServerRule.FedAvg, count);
            _playToReveal(t, 0);
            _propose(t, 0, t.sum, t.next);
            uint256 enough = count / 2 + 1;
            for (uint256 i = 1; i < count && i <= enough; i++) {
                require(_phase(t) == Phase.Proposed, "a minority withholds a model");
                _missModel(t, i);
            }
            // Of two, one is no majority, and the proposer does not count against itself.
            require(_phase(t) == (count == 2 ? Phase.Proposed : Phase.Aggregating), "a majority is ignored");
            require(_staked(t, 0) == stake, "an opinion is fined");
            if (count == 2) continue;
            VM.prank(t.trainers[0]);
            VM.expectRevert(abi.encodeWithSelector(ITrainingTask.Barred.selector, t.seats[0]));
            t.task.propose(1, t.seats[0], "sum", "model", "", "");

            // For the next proposal all is counted anew, and everybody may miss it again.
            _propose(t, 1, t.sum, t.next);
            _missModel(t, 2);
            require(_phase(t) == Phase.Proposed, "misses of another model are counted");
        }
    }

    function test_AModelIsMissedOnceByEachAndNotByItsProposer() external {
        Trial memory t = _played(4, 0);
        _propose(t, 0, t.sum, t.next);
        _missModel(t, 1);
        bytes memory twice = abi.encodeWithSelector(
            ITrainingTask.AlreadyActed.selector,
            t.seats[1],
            SeatStatus.Revealed
        );
        VM.prank(t.trainers[1]);
        VM.expectRevert(twice);
        t.task.missModel(1, t.seats[1]);
        VM.prank(t.trainers[0]);
        VM.expectRevert(
            abi.encodeWithSelector(ITrainingTask.CannotAttestSeat.selector, t.seats[0], SeatStatus.Revealed)
        );
        t.task.missModel(1, t.seats[0]);
        VM.prank(t.trainers[2]);
        VM.expectRevert(
            abi.encodeWithSelector(ITrainingTask.NotYourSeat.selector, t.seats[1], t.trainers[1], t.trainers[2])
        );
        t.task.missModel(1, t.seats[1]);
    }

    /* INTERNAL */

    function _played(uint256 trainers, uint256 staying) private returns (Trial memory t) {
        t = _trial(5, ServerRule.FedAvg, trainers);
        _playToReveal(t, staying);
    }

    /// @dev As the task draws: of k reveals each with probability 1/k.
    function _drawn(Trial memory t) private view returns (uint256 drawn) {
        for (uint256 i = 0; i < t.trainers.length; i++) {
            uint256 random = uint256(keccak256(abi.encode(block.prevrandao, t.round, t.seats[i])));
            if (random % (i + 1) == 0) drawn = i;
        }
    }

    function _fined(Trial memory t, uint256 trainer, uint256 fine, address rewarded) private view {
        require(_staked(t, trainer) == stake - fine, "another fine");
        require(stakeToken.balanceOf(rewarded) == (2 * fine) / 5, "another reward");
        require(stakeToken.balanceOf(BURNT) == fine - (2 * fine) / 5, "the rest is not burnt");
    }
}
