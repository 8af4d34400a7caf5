// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IAggregationCourt} from "./interfaces/IAggregationCourt.sol";
import {Fault, ITrainingTask, Phase, ServerRule} from "./interfaces/ITrainingTask.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {Deploy} from "./test-support/Deploy.sol";
import {Disclosures} from "./test-support/Disclosures.t.sol";
import {ContractAccount, GreedyAccount} from "./test-support/EtherAccounts.sol";
import {Trial, Trials} from "./test-support/Trials.t.sol";
import {Vectors} from "./test-support/Vectors.t.sol";
import {VM} from "./test-support/Vm.sol";

/// @notice Chunks that are asked for: what an answer is worth, what silence costs, and that nobody can block anything.
contract DisclosureTest is Trials {
    using Vectors for bytes;

    uint256 private constant BASE_FEE = 3 gwei;

    /* ANSWERS */

    /// @dev Of the sum, the model and its moments, by any rule: the right opening is worth the price, no other anything.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_TheRightChunkAndNoOtherIsAnAnswer(
        uint256 seed,
        uint8 vector,
        uint256 chunk,
        uint256 place,
        uint8 change
    ) external {
        Trial memory t = _trialAtAPrice(seed);
        vector %= uint8(1 + t.next.length);
        chunk %= t.chunks;
        uint256 price = _request(t, vector, chunk);
        bytes memory right = _answer(t, vector, chunk);

        _changedAnswersFail(t, vector, chunk, place, change);
        if (t.chunks > 1) {
            bytes memory other = _answer(t, vector, chunk ^ 1);
            _answerFails(t, vector, chunk, other, ChunkTree.NotUnderRoot.selector);
            _answerDoesNothing(t, vector, chunk ^ 1, other);
        }
        uint8 next = uint8((vector + 1) % (1 + t.next.length));
        _answerDoesNothing(t, next, chunk, _answer(t, next, chunk));
        if (vector > 1) {
            // A moment under the root of the model is none without the hashes above it, nor at another's place.
            bytes memory bare = t.next[vector - 1].opening(chunk);
            _answerFails(t, vector, chunk, bare, ChunkTree.OpeningLength.selector);
            _answerFails(t, vector, chunk, _answer(t, 1, chunk), ChunkTree.NotUnderRoot.selector);
        }

        VM.prank(watcher);
        court.answerRequest(address(t.task), t.round, vector, uint32(chunk), right);
        require(court.owed(watcher) == price, "the answer is not paid for");
        _answerDoesNothing(t, vector, chunk, right);
        uint256 before = watcher.balance;
        VM.prank(watcher);
        require(court.withdraw() == price && watcher.balance == before + price, "not paid out");
        require(address(court).balance == 0, "some of it stays behind");
    }

    function _changedAnswersFail(Trial memory t, uint8 vector, uint256 chunk, uint256 place, uint8 change) private {
        bytes memory right = _answer(t, vector, chunk);
        bytes memory wrong = right.copy();
        wrong[place % wrong.length] ^= bytes1(change == 0 ? 1 : change);
        _answerFails(t, vector, chunk, wrong, ChunkTree.NotUnderRoot.selector);
        bytes4 length = ChunkTree.OpeningLength.selector;
        _answerFails(t, vector, chunk, right.slice(0, place % right.length), length);
        _answerFails(t, vector, chunk, bytes.concat(right, bytes32(place)), length);
    }

    function test_ARequestCostsTheAnswersGasTwiceAtLeast() external {
        Trial memory t = _trialAtAPrice(4);
        uint256 price = court.requestPrice(address(t.task));
        uint256 opening = 128 + 32 * _depth(t);
        require(price == 2 * (100_000 + 50 * opening) * BASE_FEE, "another price");
        VM.fee(2 * BASE_FEE);
        require(court.requestPrice(address(t.task)) == 2 * price, "it follows the base fee");
        VM.fee(BASE_FEE);
        _requestFails(t, 0, 0, price - 1, IAggregationCourt.PriceTooLow.selector);
        _requestFails(t, 0, 0, 1 << 96, IAggregationCourt.PriceTooLow.selector);
        uint256 vectors = 1 + t.next.length;
        _requestFails(t, uint8(vectors), 0, price, IAggregationCourt.NoSuchVector.selector);
        _requestFails(t, 0, uint32(t.chunks), price, ChunkTree.IndexOutsideTree.selector);
        court.requestChunk{value: price}(address(t.task), t.round, 0, 0);
        _requestFails(t, 0, 0, price, IAggregationCourt.AlreadyRequested.selector);
        // More than the price is a bounty.
        court.requestChunk{value: 3 * price}(address(t.task), t.round, 1, 0);
        VM.prank(thief);
        court.answerRequest(address(t.task), t.round, 1, 0, _answer(t, 1, 0));
        require(court.owed(thief) == 3 * price, "a bounty is lost");
    }

    function test_AnAnswerBringsItsGasTwice() external {
        Trial memory t = _trialAtAPrice(7); // FedAdam: the dearest
        for (uint8 vector = 0; vector < 4; vector++) {
            uint256 price = _request(t, vector, 0);
            bytes memory answer = _answer(t, vector, 0);
            uint256 before = gasleft();
            court.answerRequest(address(t.task), t.round, vector, 0, answer);
            uint256 used = before - gasleft() + 21_000 + 16 * (answer.length + 200);
            require(2 * used * BASE_FEE <= price, "an answer costs more than half of its price");
        }
    }

    /* SILENCE */

    function test_SilenceCostsAQuarterOfTheLargeSlashAndTheProposal() external {
        Trial memory t = _trialAtAPrice(4);
        address requester = VM.addr(2001);
        uint256 price = court.requestPrice(address(t.task));
        VM.deal(requester, price);
        VM.prank(requester);
        court.requestChunk{value: price}(address(t.task), t.round, 0, 0);
        uint256 answerBy = VM.getBlockTimestamp() + t.rules.discloseSeconds;

        VM.warp(answerBy);
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.AnswerStillPossible.selector, answerBy));
        court.reportSilence(address(t.task), t.round, 0, 0);
        VM.warp(answerBy + 1);
        _answerFails(t, 0, 0, _answer(t, 0, 0), IAggregationCourt.AnswerTooLate.selector);
        VM.prank(thief); // whoever says it, the one who asked is rewarded
        court.reportSilence(address(t.task), t.round, 0, 0);

        uint256 fine = t.rules.fraudFine / 4;
        require(_phase(t) == Phase.Aggregating, "the proposal stands");
        require(_staked(t, 0) == stake - fine, "another fine");
        require(stakeToken.balanceOf(requester) == (2 * fine) / 5, "another reward");
        require(court.owed(requester) == price, "the price is not given back");
        require(court.owed(thief) == 0 && stakeToken.balanceOf(thief) == 0, "the caller is rewarded");
        VM.prank(t.trainers[0]);
        VM.expectRevert(abi.encodeWithSelector(ITrainingTask.Barred.selector, t.seats[0]));
        t.task.propose(t.round, t.seats[0], "sum", "model", "", "");
    }

    function test_SilenceDoesNotCostTheNextRound() external {
        VM.fee(BASE_FEE);
        Trial memory t = _trial(4, ServerRule.FedAvg, 3);
        _playToReveal(t, 7);
        _propose(t, 0, t.sum, t.next);
        _request(t, 0, 0);
        VM.warp(VM.getBlockTimestamp() + t.rules.discloseSeconds + 1);
        court.reportSilence(address(t.task), t.round, 0, 0);
        _propose(t, 1, t.sum, t.next);
        _toDeadline(t);
        t.from = t.next;
        _playNextToReveal(t);
        _propose(t, 0, t.sum, t.next);
        require(t.task.proposal().updates == 3, "it may not train");
    }

    /// @dev Two disputes at once: what is left of the first cannot touch the next proposal.
    function test_ARequestConcernsItsOwnProposal() external {
        VM.fee(BASE_FEE);
        Trial memory t = _trial(4, ServerRule.FedAvg, 3);
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
        uint256 price = _request(t, 0, 0);
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.ProposalStillStands.selector));
        court.reclaim(address(t.task), t.round, 1, 0, 0);
        VM.prank(address(court));
        t.task.overturn(t.round, Fault.WrongSum, watcher);
        _propose(t, 1, t.sum, t.next);
        VM.warp(VM.getBlockTimestamp() + t.rules.discloseSeconds + 1);
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.NotRequested.selector));
        court.reportSilence(address(t.task), t.round, 0, 0);
        _answerDoesNothing(t, 0, 0, _answer(t, 0, 0));
        // The same chunk can be asked for again, and the old price comes back to who paid it, whoever calls.
        _request(t, 0, 0);
        VM.prank(thief);
        court.reclaim(address(t.task), t.round, 1, 0, 0);
        require(court.owed(address(this)) == price && court.owed(thief) == 0, "the price is lost");
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.NotRequested.selector));
        court.reclaim(address(t.task), t.round, 1, 0, 0);
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.ProposalStillStands.selector));
        court.reclaim(address(t.task), t.round, 2, 0, 0);
    }

    function test_ARequestThatNobodyReportsIsGivenBackWhenTheRoundIsFinal() external {
        Trial memory t = _trialAtAPrice(4);
        uint256 price = _request(t, 0, 0);
        _toDeadline(t);
        require(_phase(t) == Phase.Final, "it should be final");
        VM.expectPartialRevert(ITrainingTask.WrongPhase.selector);
        court.reportSilence(address(t.task), t.round, 0, 0);
        court.reclaim(address(t.task), t.round, 1, 0, 0);
        require(court.owed(address(this)) == price, "the price is lost");
        t.task.advance();
        (uint32 completed, , , ) = t.task.progress();
        require(completed == 1, "a request voids a round");
    }

    /* HOLDING */

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_ARequestLeavesTimeToAnswerAndToUseTheAnswer(uint256 seed, uint32 wait) external {
        Trial memory t = _trialAtAPrice(seed);
        (, , uint256 endsAt) = t.task.clock();
        VM.warp(VM.getBlockTimestamp() + (wait % (endsAt - VM.getBlockTimestamp())));
        _request(t, 0, 0);
        (, , uint256 held) = t.task.clock();
        uint256 needed = VM.getBlockTimestamp() + 2 * t.rules.discloseSeconds;
        require(held == (needed > endsAt ? needed : endsAt), "held for another time");
    }

    function test_AProposalIsHeldForABoundedTime() external {
        Trial memory t = _trialAtAPrice(7);
        (, , uint256 began) = t.task.clock();
        uint256 most = began + 32 * t.rules.discloseSeconds;
        uint256 requests = 0;
        while (true) {
            (, Phase phase, uint256 endsAt) = t.task.clock();
            require(phase == Phase.Proposed && endsAt <= most, "held for too long");
            VM.warp(endsAt - 1);
            (bool done, bytes memory why) = _tryRequest(t, 0, 0);
            if (!done) {
                require(bytes4(why) == ITrainingTask.HeldForTooLong.selector, "another reason");
                break;
            }
            court.answerRequest(address(t.task), t.round, 0, 0, _answer(t, 0, 0));
            requests += 1;
        }
        require(requests >= 16 && requests <= 32, "another number of requests");
        // Who asks in time needs no more of it.
        (, , uint256 end) = t.task.clock();
        VM.warp(end - 2 * t.rules.discloseSeconds);
        _request(t, 0, 0);
        court.answerRequest(address(t.task), t.round, 0, 0, _answer(t, 0, 0));
        _toDeadline(t);
        require(_phase(t) == Phase.Final, "it never ends");
    }

    function test_ManyAnswersFitIntoOneTransactionWhoeverElseAnswers() external {
        Trial memory t = _trialAtAPrice(7);
        uint256 price = 0;
        bytes[] memory answers = new bytes[](4);
        for (uint8 vector = 0; vector < 4; vector++) {
            price = _request(t, vector, 0);
            answers[vector] = abi.encodeCall(
                court.answerRequest,
                (address(t.task), t.round, vector, 0, _answer(t, vector, 0))
            );
        }
        VM.prank(thief);
        court.answerRequest(address(t.task), t.round, 2, 0, _answer(t, 2, 0));
        uint256 before = court.owed(address(this));
        Multicall(address(court)).multicall(answers);
        require(court.owed(thief) == price, "the faster one is not paid");
        require(court.owed(address(this)) == before + 3 * price, "the others are not paid");
    }

    /* WHO REFUSES ETHER */

    function test_WhoRefusesEtherBlocksNobody() external {
        Trial memory t = _trialAtAPrice(4);
        ContractAccount refuser = new ContractAccount{value: 1 ether}();
        uint256 price = court.requestPrice(address(t.task));
        for (uint8 vector = 0; vector < 2; vector++) {
            bytes memory ask = abi.encodeCall(court.requestChunk, (address(t.task), t.round, vector, 0));
            (bool asked, ) = refuser.act(address(court), price, ask);
            require(asked, "it may ask");
        }
        // It answers one of its own and is silent on the other: neither needs it to take ether.
        bytes memory answer = abi.encodeCall(court.answerRequest, (address(t.task), t.round, 0, 0, _answer(t, 0, 0)));
        (bool answered, ) = refuser.act(address(court), 0, answer);
        require(answered, "it may answer");
        VM.warp(VM.getBlockTimestamp() + t.rules.discloseSeconds + 1);
        court.reportSilence(address(t.task), t.round, 1, 0);
        require(_phase(t) == Phase.Aggregating, "the proposal stands");
        require(court.owed(address(refuser)) == 2 * price, "not owed");
        (bool paid, ) = refuser.act(address(court), 0, abi.encodeCall(court.withdraw, ()));
        require(!paid && court.owed(address(refuser)) == 2 * price, "it is paid, or loses what it is owed");
    }

    function test_WhoAsksAgainWhileBeingPaidIsPaidOnce() external {
        Trial memory t = _trialAtAPrice(4);
        GreedyAccount greedy = new GreedyAccount{value: 1 ether}();
        uint256 price = court.requestPrice(address(t.task));
        bytes memory ask = abi.encodeCall(court.requestChunk, (address(t.task), t.round, 0, 0));
        (bool asked, ) = greedy.act(address(court), price, ask);
        require(asked, "it may ask");
        _request(t, 1, 0); // another's price is in the court
        VM.warp(VM.getBlockTimestamp() + t.rules.discloseSeconds + 1);
        court.reportSilence(address(t.task), t.round, 0, 0);
        (bool paid, ) = greedy.act(address(court), 0, abi.encodeCall(court.withdraw, ()));
        require(paid && address(greedy).balance == 1 ether, "paid twice, or not at all");
        require(address(court).balance == price && court.owed(address(greedy)) == 0, "another's price is gone");
        VM.expectRevert(abi.encodeWithSelector(IAggregationCourt.NothingOwed.selector, thief));
        VM.prank(thief);
        court.withdraw();
    }

    receive() external payable {}

    /* INTERNAL */

    function _trialAtAPrice(uint256 seed) private returns (Trial memory) {
        VM.fee(BASE_FEE);
        return _honestTrial(seed);
    }

    function _request(Trial memory t, uint8 vector, uint256 chunk) private returns (uint256 price) {
        price = court.requestPrice(address(t.task));
        court.requestChunk{value: price}(address(t.task), t.round, vector, uint32(chunk));
    }

    function _tryRequest(Trial memory t, uint8 vector, uint256 chunk) private returns (bool, bytes memory) {
        uint256 price = court.requestPrice(address(t.task));
        bytes memory ask = abi.encodeCall(court.requestChunk, (address(t.task), t.round, vector, uint32(chunk)));
        return address(court).call{value: price}(ask);
    }

    function _requestFails(Trial memory t, uint8 vector, uint32 chunk, uint256 value, bytes4 why) private {
        VM.deal(address(this), 1 << 100);
        bytes memory ask = abi.encodeCall(court.requestChunk, (address(t.task), t.round, vector, chunk));
        (bool done, bytes memory answer) = address(court).call{value: value}(ask);
        require(!done && bytes4(answer) == why, "asked for what cannot be asked for");
    }

    function _answerFails(Trial memory t, uint8 vector, uint256 chunk, bytes memory opening, bytes4 why) private {
        bytes32 before = _everything(t);
        uint256 owed = court.owed(address(this));
        (bool done, bytes memory answer) = address(court).call(
            abi.encodeCall(court.answerRequest, (address(t.task), t.round, vector, uint32(chunk), opening))
        );
        require(!done && bytes4(answer) == why, "refused for another reason");
        require(_everything(t) == before && court.owed(address(this)) == owed, "a wrong answer changes something");
    }

    /// @dev Nobody asks for it: nothing is paid or said.
    function _answerDoesNothing(Trial memory t, uint8 vector, uint256 chunk, bytes memory opening) private {
        bytes32 before = _everything(t);
        uint256 owed = court.owed(address(this));
        court.answerRequest(address(t.task), t.round, vector, uint32(chunk), opening);
        require(
            _everything(t) == before && court.owed(address(this)) == owed,
            "an answer to nothing changes something"
        );
    }

    /// @dev The opening of a chunk, and for a model with moments the hashes that lead from its root to that of all.
    function _answer(Trial memory t, uint8 vector, uint256 chunk) private pure returns (bytes memory) {
        if (vector == 0) return t.sum.opening(chunk);
        bytes memory opening = t.next[vector - 1].opening(chunk);
        if (t.next.length == 1) return opening;
        if (t.next.length == 2) return bytes.concat(opening, t.next[2 - vector].root());
        bytes32 left = ChunkTree.node(t.next[0].root(), t.next[1].root());
        if (vector == 3) return bytes.concat(opening, bytes32(0), left);
        return bytes.concat(opening, t.next[2 - vector].root(), ChunkTree.node(t.next[2].root(), 0));
    }

    function _depth(Trial memory t) private pure returns (uint256 depth) {
        while (1 << depth < t.chunks) depth++;
    }
}

/// @notice Whoever asks, answers, reports, reclaims and withdraws, in whatever order: the court holds what it owes, to the
/// wei.
/// @dev Runs with all Solidity tests only, as FederationInvariants do.
contract DisclosureInvariants {
    Disclosures private _disclosures;

    function setUp() external {
        IAggregationCourt court = IAggregationCourt(Deploy.named("AggregationCourt"));
        _disclosures = new Disclosures{value: 100 ether}(court);
    }

    /// @dev Asked by the runner: everything goes through these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_disclosures);
    }

    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 200
    function invariant_TheCourtHoldsWhatItOwes() external view {
        Disclosures d = _disclosures;
        require(bytes(d.broken()).length == 0, d.broken());
        require(address(d.court()).balance == d.held(), "ether is lost, or another's is paid out");
        require(d.owesWhatIsDue(), "somebody is owed something else");
    }
}
