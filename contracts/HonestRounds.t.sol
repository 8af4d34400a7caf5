// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {EncodingProof, IAggregationCourt, StepProof, SumProof} from "./interfaces/IAggregationCourt.sol";
import {ITrainingTask, SeatStatus, ServerRule} from "./interfaces/ITrainingTask.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {Trial, Trials} from "./test-support/Trials.t.sol";
import {Vectors} from "./test-support/Vectors.t.sol";
import {VM} from "./test-support/Vm.sol";

/// @notice No proof convicts anybody in an honest round, however it is malformed, and none changes anything.
contract HonestRoundsTest is Trials {
    using Vectors for bytes;

    /* SUMS */

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_NoChunkOfAnHonestRoundConvicts(uint256 seed) external {
        Trial memory t = _honestTrial(seed);
        bytes4 nothing = IAggregationCourt.NothingWrong.selector;
        for (uint256 chunk = 0; chunk < t.chunks; chunk++) {
            _sumLoses(t, chunk, _sumProof(t, t.sum, chunk), nothing, "the right sum");
            _stepLoses(t, chunk, _stepProof(t, t.sum, t.next, chunk), nothing, "the right step");
            for (uint256 i = 0; i < t.trainers.length; i++) {
                EncodingProof memory proof = EncodingProof(t.updates[i].opening(chunk), t.keyHashes[i]);
                _encodingLoses(t, t.seats[i], chunk, proof, nothing, "a well-formed update");
            }
        }
    }

    /// @dev Malformed updates whose lanes are any bits: a lane of their sum wraps, and the sum is right all the same.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_ASumThatWrapsIsRight(uint256 seed, uint256 lane, uint32 change) external {
        Trial memory t = _trial(seed);
        for (uint256 i = 0; i < t.trainers.length; i++) {
            t.updates[i] = Vectors.wild(_dice(seed, bytes32(i)), t.updates[i].length / 4);
        }
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
        for (uint256 chunk = 0; chunk < t.chunks; chunk++) {
            bytes4 nothing = IAggregationCourt.NothingWrong.selector;
            _sumLoses(t, chunk, _sumProof(t, t.sum, chunk), nothing, "a sum that wraps");
            _stepLoses(t, chunk, _stepProof(t, t.sum, t.next, chunk), nothing, "its step");
        }
        // Not even with a proof for another sum than the posted one.
        bytes memory other = t.sum.copy();
        lane %= other.length / 4;
        other.set(lane, int32(uint32(other.lane(lane)) ^ (change == 0 ? 1 : change)));
        bytes4 elsewhere = ChunkTree.NotUnderRoot.selector;
        _sumLoses(t, lane / 32, _sumProof(t, other, lane / 32), elsewhere, "a sum nobody posted");
    }

    /// @dev Extremes that are still within the bound.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_NumbersAtTheirBoundAreWellFormed(uint256 seed, bool below) external {
        Trial memory t = _trial(seed);
        for (uint256 i = 0; i < t.trainers.length; i++) {
            int256 most =
                int256(uint256(t.rules.bound)) *
                    (t.rules.serverRule == ServerRule.Uniform ? int256(1) : int256(uint256(t.weights[i])));
            for (uint256 j = 0; j < t.rules.parameters; j++) t.updates[i].set(j, int32(below ? -most : most));
        }
        _playToReveal(t, 0);
        for (uint256 i = 0; i < t.trainers.length; i++) {
            for (uint256 chunk = 0; chunk < t.chunks; chunk++) {
                EncodingProof memory proof = EncodingProof(t.updates[i].opening(chunk), t.keyHashes[i]);
                bytes4 nothing = IAggregationCourt.NothingWrong.selector;
                _encodingLoses(t, t.seats[i], chunk, proof, nothing, "a number at its bound");
            }
        }
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AProofOfTheSumThatIsChangedAnywhereIsRefused(
        uint256 seed,
        uint256 chunk,
        uint256 place,
        uint8 change
    ) external {
        Trial memory t = _honestTrial(seed);
        chunk %= t.chunks;
        if (change == 0) change = 1;

        // Any byte of an opening or of a contentKeyHash.
        SumProof memory proof = _sumProof(t, t.sum, chunk);
        proof.updates[place % proof.updates.length] ^= bytes1(change);
        _sumLoses(t, chunk, proof, IAggregationCourt.CommitmentMismatch.selector, "a changed update");

        proof = _sumProof(t, t.sum, chunk);
        proof.sum[place % proof.sum.length] ^= bytes1(change);
        _sumLoses(t, chunk, proof, ChunkTree.NotUnderRoot.selector, "a changed sum");

        _swappedUpdatesLose(t, chunk);
        if (t.chunks > 1) _anotherChunkLoses(t, chunk, chunk ^ (1 + (place % (t.chunks - 1))));
    }

    function _swappedUpdatesLose(Trial memory t, uint256 chunk) private {
        bytes4 committed = IAggregationCourt.CommitmentMismatch.selector;
        SumProof memory proof = _sumProof(t, t.sum, chunk);
        uint256 size = proof.updates.length / t.trainers.length;
        bytes memory first = proof.updates.slice(0, size);
        bytes memory second = proof.updates.slice(size, 2 * size);
        bytes memory rest = proof.updates.slice(2 * size, proof.updates.length);
        proof.updates = bytes.concat(second, first, rest);
        _sumLoses(t, chunk, proof, committed, "two updates swapped");
        proof.updates = bytes.concat(first, first, rest);
        _sumLoses(t, chunk, proof, committed, "an update twice, in another's place");
    }

    function _anotherChunkLoses(Trial memory t, uint256 chunk, uint256 other) private {
        SumProof memory proof = _sumProof(t, t.sum, chunk);
        proof.updates = _sumProof(t, t.sum, other).updates;
        _sumLoses(t, chunk, proof, IAggregationCourt.CommitmentMismatch.selector, "the updates' other chunk");
        proof = _sumProof(t, t.sum, chunk);
        proof.sum = t.sum.opening(other);
        _sumLoses(t, chunk, proof, ChunkTree.NotUnderRoot.selector, "the sum's other chunk");
        _sumLoses(t, other, _sumProof(t, t.sum, chunk), ChunkTree.NotUnderRoot.selector, "another index");
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AProofOfTheSumOfAnotherLengthIsRefused(
        uint256 seed,
        uint256 chunk,
        uint256 length,
        bytes calldata junk
    ) external {
        Trial memory t = _honestTrial(seed);
        chunk %= t.chunks;
        bytes4 lengths = IAggregationCourt.OpeningsLength.selector;
        SumProof memory right = _sumProof(t, t.sum, chunk);

        SumProof memory proof = SumProof(right.seats, right.updates.slice(0, length % right.updates.length), right.sum);
        _sumLoses(t, chunk, proof, lengths, "truncated updates");
        proof = SumProof(right.seats, bytes.concat(right.updates, hex"00", junk), right.sum);
        _sumLoses(t, chunk, proof, lengths, "over-long updates");
        proof = SumProof(right.seats, right.updates, right.sum.slice(0, length % right.sum.length));
        _sumLoses(t, chunk, proof, ChunkTree.OpeningLength.selector, "a truncated sum");
        proof = SumProof(right.seats, right.updates, bytes.concat(right.sum, hex"00", junk));
        _sumLoses(t, chunk, proof, ChunkTree.OpeningLength.selector, "an over-long sum");
        _sumLoses(t, chunk + t.chunks, right, ChunkTree.IndexOutsideTree.selector, "an index outside the tree");
        // Misaligned: everything one byte later.
        uint256 last = right.updates.length - 1;
        proof = SumProof(right.seats, bytes.concat(hex"00", right.updates.slice(0, last)), right.sum);
        _sumLoses(t, chunk, proof, IAggregationCourt.CommitmentMismatch.selector, "misaligned updates");
    }

    /// hardhat-config: fuzz.runs = 48
    function testFuzz_AProofOfOtherSeatsIsRefused(uint256 seed, uint256 chunk, uint8 dice) external {
        Trial memory t = _honestTrial(seed);
        chunk %= t.chunks;
        SumProof memory right = _sumProof(t, t.sum, chunk);
        uint256 size = right.updates.length / t.trainers.length;
        bytes memory one = right.updates.slice(0, size);

        // One seat fewer, any of them.
        uint256 missing = dice % t.trainers.length;
        uint256 lost = missing;
        uint256 bits = right.seats;
        for (; lost > 0; lost--) bits &= bits - 1;
        bits = right.seats & ~(bits & (~bits + 1));
        bytes memory rest = bytes.concat(
            right.updates.slice(0, missing * size),
            right.updates.slice((missing + 1) * size, right.updates.length)
        );
        SumProof memory proof = SumProof(bits, rest, right.sum);
        _sumLoses(t, chunk, proof, IAggregationCourt.NotTheWholeSum.selector, "a missing seat");
        proof = SumProof(0, "", right.sum);
        _sumLoses(t, chunk, proof, IAggregationCourt.NotTheWholeSum.selector, "no seat at all");

        // One seat more, with the opening of another: vacant, or outside the task.
        uint16 vacant = dice;
        while ((right.seats >> vacant) & 1 == 1) vacant = uint8(vacant + 1);
        proof = SumProof(right.seats | (1 << vacant), right.updates, right.sum);
        _sumLoses(t, chunk, proof, IAggregationCourt.OpeningsLength.selector, "a seat without an opening");
        uint256 before = _bitsBelow(right.seats, vacant) * size;
        proof.updates = bytes.concat(
            right.updates.slice(0, before),
            one,
            right.updates.slice(before, right.updates.length)
        );
        _sumLoses(t, chunk, proof, IAggregationCourt.NotInTheSum.selector, "a vacant seat");

        // A vacant seat instead of the one that is missing.
        proof = SumProof(bits | (1 << vacant), right.updates, right.sum);
        bytes4 why = IAggregationCourt.NotInTheSum.selector;
        if (_bitsBelow(bits, vacant) > missing) why = IAggregationCourt.CommitmentMismatch.selector;
        _sumLoses(t, chunk, proof, why, "a vacant seat in another's place");
    }

    /// @dev Once a seat is struck or expelled, or has never revealed, it is not in the sum, and a sum with it is wrong.
    /// hardhat-config: fuzz.runs = 48
    function testFuzz_SeatsThatAreOutAreNotInTheSum(uint256 seed, uint256 chunk, bool struck) external {
        Trial memory t = _trial(seed, ServerRule(seed % 4), 3 + (seed % 4));
        if (!struck) _malform(t, 1);
        _playToReveal(t, 0);
        chunk %= t.chunks;
        bytes memory sumOfAll = t.sum.copy();
        SumProof memory ofAll = _sumProof(t, t.sum, chunk);
        if (struck) _strike(t, 1);
        else _convictOfItsUpdate(t, 1);
        require(_statusOf(t, 1) == (struck ? SeatStatus.Struck : SeatStatus.Expelled), "still in the sum");
        _propose(t, 0, t.sum, t.next);

        _sumLoses(t, chunk, _sumProof(t, t.sum, chunk), IAggregationCourt.NothingWrong.selector, "the sum without it");
        ofAll.sum = t.sum.opening(chunk);
        _sumLoses(t, chunk, ofAll, IAggregationCourt.NotInTheSum.selector, "the sum with it");
        StepProof memory step = _stepProof(t, t.sum, t.next, chunk);
        _stepLoses(t, chunk, step, IAggregationCourt.NothingWrong.selector, "the step without it");
        require(keccak256(sumOfAll) != keccak256(t.sum), "it made no difference");
    }

    /// @dev In the next round: what was right before convicts nobody now.
    /// hardhat-config: fuzz.runs = 32
    function testFuzz_ProofsOfAnotherRoundAreRefused(uint256 seed, uint256 chunk) external {
        Trial memory t = _trial(seed);
        chunk %= t.chunks;
        // Even one that could have been convicted in its round.
        t.updates[0].set(32 * chunk, type(int32).max);
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
        SumProof memory oldSum = _sumProof(t, t.sum, chunk);
        StepProof memory oldStep = _stepProof(t, t.sum, t.next, chunk);
        EncodingProof memory oldUpdate = EncodingProof(t.updates[0].opening(chunk), t.keyHashes[0]);
        Trial memory old = _copyOf(t);
        bytes4 wrongRound = IAggregationCourt.WrongRound.selector;
        t.round = 2;
        _sumLoses(t, chunk, oldSum, wrongRound, "the sum of a round to come");
        _stepLoses(t, chunk, oldStep, wrongRound, "the step of a round to come");
        _encodingLoses(t, t.seats[0], chunk, oldUpdate, wrongRound, "an update of a round to come");

        _toDeadline(t);
        t.task.advance();
        t.from = t.next;
        for (uint256 i = 0; i < t.trainers.length; i++) t.updates[i] = Vectors.empty(t.rules.parameters);
        _playToReveal(t, 0);
        _propose(t, 0, t.sum, t.next);
        _sumLoses(old, chunk, oldSum, wrongRound, "the sum of a past round");
        _stepLoses(old, chunk, oldStep, wrongRound, "the step of a past round");
        bytes4 wrongPhase = ITrainingTask.WrongPhase.selector;
        _encodingLoses(old, old.seats[0], chunk, oldUpdate, wrongPhase, "an update of a past round");
        bytes4 committed = IAggregationCourt.CommitmentMismatch.selector;
        _encodingLoses(t, t.seats[0], chunk, oldUpdate, committed, "an update of a past round as one of this");
        oldSum.sum = t.sum.opening(chunk);
        _sumLoses(t, chunk, oldSum, committed, "updates of a past round");
    }

    /* STEPS */

    /// hardhat-config: fuzz.runs = 64
    function testFuzz_AProofOfTheStepThatIsChangedAnywhereIsRefused(
        uint256 seed,
        uint256 chunk,
        uint256 place,
        uint8 change,
        bytes calldata junk
    ) external {
        Trial memory t = _honestTrial(seed);
        chunk %= t.chunks;
        if (change == 0) change = 1;
        bytes4 elsewhere = ChunkTree.NotUnderRoot.selector;
        StepProof memory right = _stepProof(t, t.sum, t.next, chunk);

        StepProof memory proof = StepProof(_flipped(right.sum, place, change), right.from, right.next);
        _stepLoses(t, chunk, proof, elsewhere, "a changed sum");
        proof = StepProof(right.sum, _flipped(right.from, place, change), right.next);
        _stepLoses(t, chunk, proof, elsewhere, "a changed model before");
        proof = StepProof(right.sum, right.from, _flipped(right.next, place, change));
        _stepLoses(t, chunk, proof, elsewhere, "a changed model after");
        proof = StepProof(right.sum, right.next, right.from);
        _stepLoses(t, chunk, proof, elsewhere, "the models swapped");

        bytes4 length = IAggregationCourt.OpeningsLength.selector;
        proof = StepProof(right.sum, right.from.slice(0, place % right.from.length), right.next);
        _stepLoses(t, chunk, proof, length, "a truncated model");
        proof = StepProof(right.sum, right.from, bytes.concat(right.next, hex"00", junk));
        _stepLoses(t, chunk, proof, length, "an over-long model");
        proof = StepProof(bytes.concat(right.sum, hex"00", junk), right.from, right.next);
        _stepLoses(t, chunk, proof, ChunkTree.OpeningLength.selector, "an over-long sum");
        _stepLoses(t, chunk + t.chunks, right, ChunkTree.IndexOutsideTree.selector, "an index outside the tree");
        if (t.chunks > 1) _stepLoses(t, chunk ^ 1, right, elsewhere, "another index");
        if (t.from.length == 1) return;

        // A model's moment in the place of the model, or no moments at all.
        uint256 size = right.from.length / t.from.length;
        bytes memory turned = bytes.concat(
            right.from.slice(size, 2 * size),
            right.from.slice(0, size),
            right.from.slice(2 * size, right.from.length)
        );
        _stepLoses(t, chunk, StepProof(right.sum, turned, right.next), elsewhere, "a moment for the model");
        proof = StepProof(right.sum, right.from.slice(0, size), right.next.slice(0, size));
        _stepLoses(t, chunk, proof, length, "a model without its moments");
    }

    /* UPDATES */

    /// hardhat-config: fuzz.runs = 64
    function testFuzz_AProofOfAnUpdateThatIsChangedAnywhereIsRefused(
        uint256 seed,
        uint256 chunk,
        uint256 place,
        uint8 change,
        bytes32 hash
    ) external {
        Trial memory t = _honestTrial(seed);
        chunk %= t.chunks;
        if (change == 0) change = 1;
        uint16 seat = t.seats[0];
        bytes memory right = t.updates[0].opening(chunk);
        bytes32 key = t.keyHashes[0];
        bytes4 committed = IAggregationCourt.CommitmentMismatch.selector;

        _encodingLoses(t, seat, chunk, EncodingProof(_flipped(right, place, change), key), committed, "a changed byte");
        _encodingLoses(t, seat, chunk, EncodingProof(right, hash), committed, "another key");
        _encodingLoses(t, t.seats[1], chunk, EncodingProof(right, key), committed, "another's update");
        EncodingProof memory proof = EncodingProof(bytes.concat(right, hash), key);
        _encodingLoses(t, seat, chunk, proof, committed, "a deeper tree");
        uint256 misaligned = place % right.length;
        if (misaligned >= 128 && misaligned % 32 == 0) misaligned--;
        proof = EncodingProof(right.slice(0, misaligned), key);
        _encodingLoses(t, seat, chunk, proof, ChunkTree.OpeningLength.selector, "a misaligned opening");
        _anUpdateElsewhereLoses(t, chunk, EncodingProof(right, key));
    }

    /// @param right The proof of trainer 0's update at `chunk`.
    function _anUpdateElsewhereLoses(Trial memory t, uint256 chunk, EncodingProof memory right) private {
        bytes4 outside = ChunkTree.IndexOutsideTree.selector;
        _encodingLoses(t, t.seats[0], chunk + t.chunks, right, outside, "an index outside the tree");
        (, uint16 vacant) = _vacantSeat(t);
        _encodingLoses(t, vacant, chunk, right, IAggregationCourt.WrongRound.selector, "a vacant seat");
        if (t.chunks == 1) return;

        bytes4 committed = IAggregationCourt.CommitmentMismatch.selector;
        _encodingLoses(t, t.seats[0], chunk ^ 1, right, committed, "another index");
        // A tree one level less deep, whose leaf is to be the pair of nodes above the real leaves.
        bytes memory shallow = bytes.concat(
            _hashOfLeaf(t.updates[0], chunk & ~uint256(1)),
            _hashOfLeaf(t.updates[0], chunk | 1)
        );
        shallow = bytes.concat(shallow, shallow, right.update.slice(160, right.update.length));
        EncodingProof memory proof = EncodingProof(shallow, right.contentKeyHash);
        _encodingLoses(t, t.seats[0], chunk / 2, proof, committed, "nodes as a leaf");
    }

    /// @dev Any bytes at all, behind any of the selectors: with a claim, and even in the shape of a proof.
    /// hardhat-config: fuzz.runs = 128
    function testFuzz_RandomBytesConvictNobody(
        uint256 seed,
        uint8 kind,
        uint32 chunk,
        uint256 seats,
        bytes calldata a,
        bytes calldata b
    ) external {
        Trial memory t = _honestTrial(seed % 4);
        bytes32 before = _everything(t);
        bytes memory act;
        address task = address(t.task);
        chunk = seed % 2 == 0 ? chunk : uint32(chunk % t.chunks);
        if (kind % 4 == 0) act = abi.encodeCall(court.challengeSum, (task, 1, chunk, SumProof(seats, a, b)));
        if (kind % 4 == 1) act = abi.encodeCall(court.challengeStep, (task, 1, chunk, StepProof(a, b, a)));
        if (kind % 4 == 2) {
            EncodingProof memory proof = EncodingProof(a, bytes32(seats));
            act = abi.encodeCall(court.challengeEncoding, (task, 1, uint16(seats % 8), chunk, proof));
        }
        if (kind % 4 == 3) {
            bytes4[3] memory selectors = [
                IAggregationCourt.challengeSum.selector,
                IAggregationCourt.challengeStep.selector,
                IAggregationCourt.challengeEncoding.selector
            ];
            act = bytes.concat(selectors[seats % 3], abi.encode(task, 1, chunk), a, b);
        }
        (bool won, ) = _bring(t, act);
        require(!won && _everything(t) == before, "random bytes convict");
    }

    /// @dev Only the court can do what the court does.
    function testFuzz_NobodyElseCanJudge(uint256 seed, address caller, uint8 fault) external {
        if (caller == address(court)) return;
        Trial memory t = _honestTrial(seed % 4);
        bytes32 before = _everything(t);
        bytes[3] memory acts = [
            abi.encodeWithSelector(ITrainingTask.overturn.selector, t.round, fault % 5, caller),
            abi.encodeCall(t.task.expel, (t.round, t.seats[0], caller)),
            abi.encodeCall(t.task.hold, (t.round))
        ];
        for (uint256 i = 0; i < acts.length; i++) {
            VM.prank(caller);
            (bool done, bytes memory answer) = address(t.task).call(acts[i]);
            _mustLose(t, before, done, answer, ITrainingTask.NotTheCourt.selector, "a stranger");
        }
    }

    /* INTERNAL */

    function _sumLoses(Trial memory t, uint256 chunk, SumProof memory proof, bytes4 why, string memory what) private {
        bytes32 before = _everything(t);
        (bool won, bytes memory answer) = _challengeSum(t, chunk, proof);
        _mustLose(t, before, won, answer, why, what);
    }

    function _stepLoses(Trial memory t, uint256 chunk, StepProof memory proof, bytes4 why, string memory what) private {
        bytes32 before = _everything(t);
        (bool won, bytes memory answer) = _challengeStep(t, chunk, proof);
        _mustLose(t, before, won, answer, why, what);
    }

    function _encodingLoses(
        Trial memory t,
        uint16 seat,
        uint256 chunk,
        EncodingProof memory proof,
        bytes4 why,
        string memory what
    ) private {
        bytes32 before = _everything(t);
        (bool won, bytes memory answer) = _challengeEncoding(t, seat, chunk, proof);
        _mustLose(t, before, won, answer, why, what);
    }

    function _copyOf(Trial memory t) private pure returns (Trial memory) {
        return abi.decode(abi.encode(t), (Trial));
    }

    function _vacantSeat(Trial memory t) private view returns (bool found, uint16 seat) {
        for (; seat < 8; seat++) {
            (address trainer, , , , ) = t.task.seatAt(t.round, seat);
            if (trainer == address(0)) return (true, seat);
        }
    }

    function _bitsBelow(uint256 bits, uint256 position) private pure returns (uint256 count) {
        for (uint256 i = 0; i < position; i++) count += (bits >> i) & 1;
    }

    function _hashOfLeaf(bytes memory vector, uint256 chunk) private pure returns (bytes32) {
        return keccak256(bytes.concat(hex"00", bytes4(uint32(chunk)), vector.slice(chunk * 128, (chunk + 1) * 128)));
    }

    function _flipped(bytes memory data, uint256 place, uint8 change) private pure returns (bytes memory flipped) {
        flipped = data.copy();
        flipped[place % data.length] ^= bytes1(change);
    }
}
