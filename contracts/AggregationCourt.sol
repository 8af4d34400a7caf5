// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Claims} from "./Claims.sol";
import {EncodingProof, IAggregationCourt, StepProof, SumProof} from "./interfaces/IAggregationCourt.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {Fault, ITrainingTask, Proposal, SeatStatus, ServerRule, TaskConfig} from "./interfaces/ITrainingTask.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {LaneRange} from "./libraries/LaneRange.sol";
import {LaneRanks} from "./libraries/LaneRanks.sol";
import {LaneSum} from "./libraries/LaneSum.sol";
import {ServerStep, StepRule} from "./libraries/ServerStep.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";
import {CohortWord} from "./types/Cohort.sol";

/// @title AggregationCourt
/// @notice See IAggregationCourt.
/// @dev It believes a task everything about itself: a contract that is none can only overturn its own proposals, and the
/// prices of requests to it are kept apart from all others.
contract AggregationCourt is IAggregationCourt, Claims, ReentrancyGuardTransient, Multicall {
    using Address for address payable;

    // | 0..159 requester | 160..207 answerBy (seconds) | 208..303 price (wei) | in two slots
    struct Request {
        address requester;
        uint48 answerBy;
        uint96 price;
    }

    uint8 private constant SUM = 0;
    uint256 private constant CHUNK_WORDS = ChunkTree.CHUNK_BYTES / 32;
    /// @dev What an answer costs besides its opening's bytes, and what each of them costs at most.
    uint256 private constant ANSWER_GAS = 100_000;
    uint256 private constant GAS_PER_BYTE = 50;

    mapping(bytes32 request => Request) private _requests;
    /// @inheritdoc IAggregationCourt
    mapping(address account => uint256) public owed;

    /* PROOFS */

    /// @inheritdoc IAggregationCourt
    function challengeSum(
        address task,
        uint32 round,
        uint32 chunk,
        SumProof calldata proof
    ) external nonReentrant claimed {
        Proposal memory proposal = _proposal(task, round);
        uint256 depth = ChunkTree.depthOf(proposal.parameters);
        ChunkTree.verify(proposal.sumRoot, depth, chunk, proof.sum);
        uint256 updates = CohortWord.count(proof.seats);
        uint256[] memory sum = _sumOf(task, round, chunk, depth, updates, proposal.trim, proof);
        if (updates != proposal.updates) revert NotTheWholeSum(updates, proposal.updates);
        if (LaneSum.isEqual(sum, ChunkTree.words(proof.sum))) revert NothingWrong(chunk);
        ITrainingTask(task).overturn(round, Fault.WrongSum, msg.sender);
    }

    /// @inheritdoc IAggregationCourt
    function challengeStep(
        address task,
        uint32 round,
        uint32 chunk,
        StepProof calldata proof
    ) external nonReentrant claimed {
        Proposal memory proposal = _proposal(task, round);
        TaskConfig memory config = ITrainingTask(task).config();
        uint256 depth = ChunkTree.depthOf(proposal.parameters);
        ChunkTree.verify(proposal.sumRoot, depth, chunk, proof.sum);
        (bytes32 fromRoot, bytes32 modelRoot) = ITrainingTask(task).modelRoots();
        uint256[][] memory from = _verifyState(fromRoot, config.serverRule, depth, chunk, proof.from);
        uint256[][] memory next = _verifyState(modelRoot, config.serverRule, depth, chunk, proof.next);
        _step(_stepRule(config, proposal), from, ChunkTree.words(proof.sum));
        bool same = true;
        for (uint256 v = 0; v < next.length; v++) same = same && LaneSum.isEqual(from[v], next[v]);
        if (same) revert NothingWrong(chunk);
        ITrainingTask(task).overturn(round, Fault.WrongStep, msg.sender);
    }

    /// @inheritdoc IAggregationCourt
    function challengeEncoding(
        address task,
        uint32 round,
        uint16 seat,
        uint32 chunk,
        EncodingProof calldata proof
    ) external nonReentrant claimed {
        TaskConfig memory config = ITrainingTask(task).config();
        uint256 levels = ChunkTree.levelsOf(proof.update);
        bytes32 root = ChunkTree.rootOf(levels, chunk, proof.update);
        (address trainer, uint32 inRound, uint16 weight, , bytes32 commitment) = ITrainingTask(task).seatAt(
            round,
            seat
        );
        if (inRound != round) revert WrongRound(round, inRound);
        _checkCommitment(ITrainingTask(task).domain(), round, seat, trainer, commitment, root, proof.contentKeyHash);
        // A tree has leaves at one depth only, for leaves and nodes hash differently: any other is another length.
        if (levels == ChunkTree.depthOf(config.parameters)) {
            uint256 laneWeight = config.serverRule == ServerRule.Uniform ? 1 : weight;
            uint256[] memory words = ChunkTree.words(proof.update);
            if (LaneRange.isWithin(words, chunk, config.parameters, config.bound * laneWeight))
                revert NothingWrong(chunk);
        }
        ISealedTask(task).expel(round, seat, msg.sender);
    }

    /* DISCLOSURE */

    /// @inheritdoc IAggregationCourt
    function requestChunk(address task, uint32 round, uint8 vector, uint32 chunk) external payable nonReentrant {
        Proposal memory proposal = _proposal(task, round);
        TaskConfig memory config = ITrainingTask(task).config();
        uint256 depth = ChunkTree.depthOf(config.parameters);
        uint256 vectors = ServerStep.vectors(config.serverRule);
        if (vector > vectors) revert NoSuchVector(vector, vectors);
        if (uint256(chunk) >> depth != 0) revert ChunkTree.IndexOutsideTree(chunk, depth);
        uint256 price = _priceAt(depth);
        if (msg.value < price || msg.value > type(uint96).max) revert PriceTooLow(msg.value, price);
        Request storage request = _requests[_requestKey(task, round, proposal.ordinal, vector, chunk)];
        if (request.requester != address(0)) revert AlreadyRequested(request.requester);

        request.requester = msg.sender;
        request.price = uint96(msg.value);
        uint256 answerBy = ITrainingTask(task).hold(round);
        request.answerBy = uint48(answerBy);
        emit ChunkRequested(task, round, proposal.ordinal, vector, chunk, msg.sender, answerBy, msg.value);
    }

    /// @inheritdoc IAggregationCourt
    function answerRequest(
        address task,
        uint32 round,
        uint8 vector,
        uint32 chunk,
        bytes calldata opening
    ) external nonReentrant {
        Proposal memory proposal = _proposal(task, round);
        bytes32 key = _requestKey(task, round, proposal.ordinal, vector, chunk);
        // Of many answers in one multicall none must fail because somebody else was faster with one of them.
        if (_requests[key].requester == address(0)) return;
        Request memory request = _take(key);
        if (block.timestamp > request.answerBy) revert AnswerTooLate(request.answerBy);
        TaskConfig memory config = ITrainingTask(task).config();
        uint256 depth = ChunkTree.depthOf(config.parameters);
        if (vector == SUM) {
            ChunkTree.verify(proposal.sumRoot, depth, chunk, opening);
        } else {
            // Above a vector's own root come the hashes that lead from it to the root of all of them.
            uint256 above = Math.log2(ServerStep.vectors(config.serverRule), Math.Rounding.Ceil);
            (, bytes32 modelRoot) = ITrainingTask(task).modelRoots();
            ChunkTree.verifyInForest(modelRoot, depth, above, vector - 1, chunk, opening);
        }
        owed[msg.sender] += request.price;
        emit ChunkDisclosed(task, round, proposal.ordinal, vector, chunk, opening);
    }

    /// @inheritdoc IAggregationCourt
    function reportSilence(address task, uint32 round, uint8 vector, uint32 chunk) external nonReentrant {
        Proposal memory proposal = _proposal(task, round);
        Request memory request = _take(_requestKey(task, round, proposal.ordinal, vector, chunk));
        if (block.timestamp <= request.answerBy) revert AnswerStillPossible(request.answerBy);
        owed[request.requester] += request.price;
        ITrainingTask(task).overturn(round, Fault.Undisclosed, request.requester);
    }

    /// @inheritdoc IAggregationCourt
    function reclaim(address task, uint32 round, uint16 ordinal, uint8 vector, uint32 chunk) external nonReentrant {
        Request memory request = _take(_requestKey(task, round, ordinal, vector, chunk));
        try ITrainingTask(task).proposal() returns (Proposal memory proposal) {
            if (proposal.round == round && proposal.ordinal == ordinal) revert ProposalStillStands();
        } catch {}
        owed[request.requester] += request.price;
    }

    /// @inheritdoc IAggregationCourt
    function withdraw() external nonReentrant returns (uint256 amount) {
        amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        payable(msg.sender).sendValue(amount);
    }

    /// @inheritdoc IAggregationCourt
    function requestPrice(address task) external view returns (uint256) {
        return _priceAt(ChunkTree.depthOf(ITrainingTask(task).config().parameters));
    }

    /* INTERNAL */

    function _proposal(address task, uint32 round) private view returns (Proposal memory proposal) {
        proposal = ITrainingTask(task).proposal();
        if (proposal.round != round) revert WrongRound(round, proposal.round);
    }

    /// @dev Adds the chunks of all seats in the proof, each under the root its trainer has committed to, or ranks them.
    function _sumOf(
        address task,
        uint32 round,
        uint32 chunk,
        uint256 depth,
        uint256 updates,
        uint256 trim,
        SumProof calldata proof
    ) private view returns (uint256[] memory sum) {
        sum = new uint256[](CHUNK_WORDS);
        uint256[][] memory ranked = new uint256[][](trim == 0 ? 0 : updates);
        bytes32 domain = UpdateCommitment.domain(task);
        uint256 size = ChunkTree.openingBytes(depth) + 32;
        uint256 need = updates * size;
        if (proof.updates.length != need) revert OpeningsLength(proof.updates.length, need);
        bytes calldata left = proof.updates;
        uint16 seat = 0;
        for (uint256 seats = proof.seats; seats != 0; seats >>= 1) {
            if (seats & 1 == 1) {
                bytes calldata opening = left[:size - 32];
                bytes32 keyHash = bytes32(left[size - 32:]);
                _checkInTheSum(task, domain, round, seat, ChunkTree.rootOf(depth, chunk, opening), keyHash);
                if (trim == 0) LaneSum.addChunk(sum, opening[:ChunkTree.CHUNK_BYTES]);
                else ranked[ranked.length - left.length / size] = ChunkTree.words(opening);
                left = left[size:];
            }
            seat++;
        }
        if (trim != 0) return LaneRanks.sum(ranked, trim);
    }

    function _checkInTheSum(
        address task,
        bytes32 domain,
        uint32 round,
        uint16 seat,
        bytes32 root,
        bytes32 keyHash
    ) private view {
        (address trainer, uint32 inRound, , SeatStatus status, bytes32 commitment) = ITrainingTask(task).seatAt(
            round,
            seat
        );
        if (inRound != round || status != SeatStatus.Revealed) revert NotInTheSum(seat);
        _checkCommitment(domain, round, seat, trainer, commitment, root, keyHash);
    }

    function _checkCommitment(
        bytes32 domain,
        uint32 round,
        uint16 seat,
        address trainer,
        bytes32 committed,
        bytes32 root,
        bytes32 keyHash
    ) private pure {
        bytes32 opened = UpdateCommitment.hash(domain, round, trainer, root, keyHash);
        if (opened != committed) revert CommitmentMismatch(seat, committed, opened);
    }

    /// @dev The chunks of a model and its moments, all under the root of the model.
    function _verifyState(
        bytes32 root,
        ServerRule rule,
        uint256 depth,
        uint32 chunk,
        bytes calldata openings
    ) private pure returns (uint256[][] memory words) {
        uint256 vectors = ServerStep.vectors(rule);
        uint256 size = ChunkTree.openingBytes(depth);
        if (openings.length != vectors * size) revert OpeningsLength(openings.length, vectors * size);
        words = new uint256[][](vectors);
        bytes32[] memory roots = new bytes32[](vectors);
        for (uint256 v = 0; v < vectors; v++) {
            bytes calldata opening = openings[v * size:(v + 1) * size];
            words[v] = ChunkTree.words(opening);
            roots[v] = ChunkTree.rootOf(depth, chunk, opening);
        }
        bytes32 computed = ServerStep.rootOf(roots);
        if (computed != root) revert ChunkTree.NotUnderRoot(computed, root);
    }

    function _stepRule(TaskConfig memory config, Proposal memory proposal) private pure returns (StepRule memory) {
        return
            StepRule({
                rule: config.serverRule,
                divisor: proposal.divisor,
                serverRate: config.serverRate,
                momentum: config.momentum,
                secondMomentum: config.secondMomentum,
                adaptivity: config.adaptivity,
                fractionBits: config.fractionBits
            });
    }

    /// @dev Steps the chunk of each vector, in place.
    function _step(StepRule memory rule, uint256[][] memory state, uint256[] memory sum) private pure {
        for (uint256 w = 0; w < CHUNK_WORDS; w++) {
            uint256[3] memory word;
            for (uint256 v = 0; v < state.length; v++) word[v] = state[v][w];
            word = ServerStep.step(rule, word, sum[w]);
            for (uint256 v = 0; v < state.length; v++) state[v][w] = word[v];
        }
    }

    function _priceAt(uint256 depth) private view returns (uint256) {
        return 2 * (ANSWER_GAS + GAS_PER_BYTE * ChunkTree.openingBytes(depth)) * block.basefee;
    }

    function _requestKey(
        address task,
        uint32 round,
        uint16 ordinal,
        uint8 vector,
        uint32 chunk
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(task, round, ordinal, vector, chunk));
    }

    /// @dev The request, which is then forgotten: it is answered, or given back.
    function _take(bytes32 key) private returns (Request memory request) {
        request = _requests[key];
        if (request.requester == address(0)) revert NotRequested();
        delete _requests[key];
    }
}
