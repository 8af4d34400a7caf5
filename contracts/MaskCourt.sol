// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Claims} from "./Claims.sol";
import {ChunkOpening, IMaskCourt, OpenedEdges, SharesProof, UnmaskingProof} from "./interfaces/IMaskCourt.sol";
import {CohortSets, DealtSeat, IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {Fault, Proposal, ServerRule, TaskConfig} from "./interfaces/ITrainingTask.sol";
import {ChaCha20} from "./libraries/ChaCha20.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {Dealing} from "./libraries/Dealing.sol";
import {Dleq, SharedPointClaim, SharedPointProof} from "./libraries/Dleq.sol";
import {EcdhSeed} from "./libraries/EcdhSeed.sol";
import {LaneRange} from "./libraries/LaneRange.sol";
import {LaneRanks} from "./libraries/LaneRanks.sol";
import {LaneSum} from "./libraries/LaneSum.sol";
import {CurvePoint, Secp256k1} from "./libraries/Secp256k1.sol";
import {ShamirShares, ShareKind} from "./libraries/ShamirShares.sol";
import {UpdateCommitment} from "./libraries/UpdateCommitment.sol";
import {CohortWord} from "./types/Cohort.sol";

/// @title MaskCourt
/// @notice See IMaskCourt.
/// @dev It believes a task everything about itself, as AggregationCourt does: what it keeps is kept apart for each.
contract MaskCourt is IMaskCourt, Claims, ReentrancyGuardTransient, Multicall {
    /// @dev One chunk of some members' masked updates, and what takes the masks out that are known to everybody.
    struct Unmasking {
        bytes32 domain;
        uint32 round;
        uint32 chunk;
        uint256 depth; // of the trees it stands in
        uint256 lanes; // how many of its lanes are masked
        uint256 seats; // of those members
        DealtSeat[] dealt; // what they have dealt, by ascending seats
        uint16[] dropped; // seats that shared and are no members
        uint256[] keys; // theirs
    }

    /// @dev A blame in a cohort. Sets have bit s for seat s.
    // | 0..159 accuser | 160..191 chunk | 192..231 openUntil |
    // | 0..39 proveUntil |
    // | opened | and | guilty |
    struct Blame {
        address accuser;
        uint32 chunk;
        uint40 openUntil;
        uint40 proveUntil;
        uint256 opened;
        uint256 guilty;
        mapping(uint16 seat => bytes32) openings;
    }

    uint256 private constant CHUNK_WORDS = ChunkTree.CHUNK_BYTES / 32;
    /// @dev What a member shows besides its opening: seed, key, sharesHash.
    uint256 private constant SECRET_BYTES = 128;
    uint256 private constant DROPPED_BYTES = 96;

    mapping(address task => mapping(uint32 round => mapping(uint8 cohort => Blame))) private _blames;

    /* PROOFS */

    /// @inheritdoc IMaskCourt
    function challengeMaskedSum(
        address task,
        uint32 round,
        uint32 chunk,
        UnmaskingProof[] calldata proofs,
        bytes calldata sum
    ) external nonReentrant claimed {
        Proposal memory proposal = IMaskedTask(task).proposal();
        if (proposal.round != round) revert WrongRound(round, proposal.round);
        ChunkTree.verify(proposal.sumRoot, ChunkTree.depthOf(proposal.parameters), chunk, sum);
        uint256[] memory right = _sumOfAll(task, round, chunk, proposal.parameters, proofs);
        if (LaneSum.isEqual(right, ChunkTree.words(sum))) revert NothingWrong(chunk);
        IMaskedTask(task).overturn(round, Fault.WrongSum, msg.sender);
    }

    /// @inheritdoc IMaskCourt
    function challengeShares(
        address task,
        uint32 round,
        uint16 seat,
        SharesProof calldata proof
    ) external nonReentrant claimed {
        DealtSeat memory dealt = IMaskedTask(task).seatsAt(round, 1 << uint256(seat))[0];
        bytes32 sharesHash = ShamirShares.hashOf(proof.leaves);
        bytes32 domain = UpdateCommitment.domain(task);
        _checkDealing(domain, round, seat, dealt, proof.keyAddress, proof.maskHash, sharesHash);
        if (_areSound(IMaskedTask(task).config().shareThreshold, proof)) revert SharesAreSound(seat);
        if (!IMaskedTask(task).convict(round, seat, msg.sender)) revert AlreadyConvicted(seat);
    }

    /* BLAME */

    /// @inheritdoc IMaskCourt
    function accuse(
        address task,
        uint32 round,
        uint8 cohort,
        uint32 chunk,
        UnmaskingProof calldata proof
    ) external nonReentrant claimed {
        TaskConfig memory config = IMaskedTask(task).config();
        CohortSets memory sets = _setsOf(task, round, cohort);
        Unmasking memory unmasking = _unmasking(task, round, chunk, config.parameters, sets, proof.dropped);
        (uint256[] memory sum, uint256 weight) = _sumOf(unmasking, proof.members);
        if (config.serverRule == ServerRule.Uniform) weight = unmasking.dealt.length;
        if (LaneRange.isWithin(sum, chunk, config.parameters, config.bound * weight)) revert NothingWrong(chunk);

        Blame storage blame = _blames[task][round][cohort];
        (blame.accuser, blame.chunk) = (msg.sender, chunk);
        uint256 endsAt = IMaskedTask(task).blame(round, cohort);
        uint256 third = config.blameSeconds / 3;
        (blame.openUntil, blame.proveUntil) = (uint40(endsAt - 2 * third), uint40(endsAt - third));
        emit SumAccused(task, round, cohort, chunk, msg.sender, blame.openUntil, blame.proveUntil);
    }

    /// @inheritdoc IMaskCourt
    function openChunk(
        address task,
        uint32 round,
        uint8 cohort,
        uint16 seat,
        ChunkOpening calldata opening
    ) external nonReentrant {
        Blame storage blame = _blameOf(task, round, cohort);
        if (block.timestamp >= blame.openUntil) revert TooLate(blame.openUntil);
        TaskConfig memory config = IMaskedTask(task).config();
        uint32 chunk = blame.chunk;
        CohortSets memory sets = _setsOf(task, round, cohort);
        uint256 members = sets.members;
        _checkSilentMember(blame, members, seat);
        // One of them alone, less the masks to all that are no members.
        sets.shared = (sets.shared & ~members) | _bit(seat);
        sets.members = _bit(seat);
        Unmasking memory unmasking = _unmasking(task, round, chunk, config.parameters, sets, opening.dropped);
        DealtSeat memory dealt = unmasking.dealt[0];
        if (dealt.trainer != msg.sender) revert NotYourSeat(seat, dealt.trainer, msg.sender);

        uint256 need = ChunkTree.openingBytes(unmasking.depth) + SECRET_BYTES;
        if (opening.member.length != need) revert MembersLength(opening.member.length, need);
        uint256[] memory words = new uint256[](CHUNK_WORDS);
        CurvePoint memory key = _addUnmasked(words, unmasking, seat, dealt, opening.member);
        bytes32[] memory streams = _removeStreams(words, members, unmasking.lanes, seat, opening.streams);
        uint256 weight = config.serverRule == ServerRule.Uniform ? 1 : dealt.weight;

        blame.opened |= _bit(seat);
        blame.openings[seat] = _hashOf(key, streams);
        emit ChunkOpened(task, round, seat, key, streams);
        if (LaneRange.isWithin(words, chunk, config.parameters, config.bound * weight)) return;
        _findGuilty(blame, task, round, seat);
    }

    /// @inheritdoc IMaskCourt
    function convictEdge(
        address task,
        uint32 round,
        uint8 cohort,
        OpenedEdges calldata prover,
        OpenedEdges calldata peer,
        CurvePoint calldata shared,
        SharedPointProof calldata proof
    ) external nonReentrant {
        Blame storage blame = _blameOf(task, round, cohort);
        if (block.timestamp >= blame.proveUntil) revert TooLate(blame.proveUntil);
        (bytes32 ofProver, bytes32 ofPeer) = _saidOfEdge(blame, task, round, cohort, prover, peer);
        bytes32 domain = UpdateCommitment.domain(task);
        Dleq.verify(SharedPointClaim(domain, round, prover.key, peer.key, shared), proof);
        address sharedAddress = Secp256k1.addressOf(shared);
        bytes32 seed = EcdhSeed.seedOf(domain, round, prover.seat, peer.seat, sharedAddress);
        bytes32 right = _hashOfStream(seed, blame.chunk);

        uint256 before = blame.guilty;
        if (ofProver != right) _findGuilty(blame, task, round, prover.seat);
        if (ofPeer != right) _findGuilty(blame, task, round, peer.seat);
        if (blame.guilty == before) revert NothingWrong(blame.chunk);
    }

    /// @inheritdoc IMaskCourt
    function convictUnproved(
        address task,
        uint32 round,
        uint8 cohort,
        OpenedEdges calldata one,
        OpenedEdges calldata other
    ) external nonReentrant {
        Blame storage blame = _blameOf(task, round, cohort);
        if (block.timestamp < blame.proveUntil) revert TooEarly(blame.proveUntil);
        (bytes32 ofOne, bytes32 ofOther) = _saidOfEdge(blame, task, round, cohort, one, other);
        if (ofOne == ofOther) revert NothingWrong(blame.chunk);
        // Who differs from the guilty may be honest: it had nothing more to prove.
        uint256 guilty = blame.guilty & (_bit(one.seat) | _bit(other.seat));
        if (guilty != 0) revert AlreadyGuilty(guilty);
        _findGuilty(blame, task, round, one.seat);
        _findGuilty(blame, task, round, other.seat);
    }

    /// @inheritdoc IMaskCourt
    function convictSilent(address task, uint32 round, uint8 cohort, uint16 seat) external nonReentrant {
        Blame storage blame = _blameOf(task, round, cohort);
        if (block.timestamp < blame.openUntil) revert TooEarly(blame.openUntil);
        _checkSilentMember(blame, _setsOf(task, round, cohort).members, seat);
        uint256 guilty = blame.guilty & _bit(seat);
        if (guilty != 0) revert AlreadyGuilty(guilty);
        _findGuilty(blame, task, round, seat);
    }

    /* INTERNAL: taking masks out */

    /// @dev The right sum of all cohorts that are in the round's.
    function _sumOfAll(
        address task,
        uint32 round,
        uint32 chunk,
        uint256 parameters,
        UnmaskingProof[] calldata proofs
    ) private view returns (uint256[] memory) {
        CohortSets[] memory cohorts = IMaskedTask(task).cohorts(round);
        uint256[][] memory sums = new uint256[][](proofs.length);
        uint256[] memory updates = new uint256[](proofs.length);
        uint256[] memory weights = new uint256[](proofs.length);
        uint256 summed = 0;
        for (uint256 c = 0; c < cohorts.length; c++) {
            if (!cohorts[c].isSummed) continue;
            if (summed == proofs.length) revert ProofsLength(proofs.length, summed + 1);
            UnmaskingProof calldata proof = proofs[summed];
            Unmasking memory unmasking = _unmasking(task, round, chunk, parameters, cohorts[c], proof.dropped);
            updates[summed] = unmasking.dealt.length;
            (sums[summed], weights[summed]) = _sumOf(unmasking, proof.members);
            summed++;
        }
        if (summed != proofs.length) revert ProofsLength(proofs.length, summed);
        // Where a task has one cohort nothing more can come of it, and its rules need not be asked for.
        if (cohorts[0].roster == type(uint256).max) return sums[0];
        TaskConfig memory config = IMaskedTask(task).config();
        return LaneRanks.sum(sums, config.serverRule == ServerRule.Uniform ? updates : weights, config.trim);
    }

    /// @dev With the keys of those who shared and are no members, each checked against its dealing.
    function _unmasking(
        address task,
        uint32 round,
        uint32 chunk,
        uint256 parameters,
        CohortSets memory sets,
        bytes calldata dropped
    ) private view returns (Unmasking memory unmasking) {
        unmasking.domain = UpdateCommitment.domain(task);
        (unmasking.round, unmasking.chunk) = (round, chunk);
        unmasking.depth = ChunkTree.depthOf(parameters);
        uint256 firstLane = uint256(chunk) * ChunkTree.CHUNK_LANES;
        unmasking.lanes = Math.min(Math.saturatingSub(parameters, firstLane), ChunkTree.CHUNK_LANES);
        unmasking.seats = sets.members;
        unmasking.dealt = IMaskedTask(task).seatsAt(round, sets.members);

        uint256 left = sets.shared & ~sets.members;
        uint256 need = CohortWord.count(left) * DROPPED_BYTES;
        if (dropped.length != need) revert DroppedLength(dropped.length, need);
        if (need == 0) return unmasking;
        DealtSeat[] memory dealt = IMaskedTask(task).seatsAt(round, left);
        unmasking.dropped = new uint16[](dealt.length);
        unmasking.keys = new uint256[](dealt.length);
        for (uint256 i = 0; i < dealt.length; i++) {
            uint16 seat = uint16(Math.log2(left & (~left + 1)));
            (uint256 key, bytes32 maskHash, bytes32 sharesHash) = abi.decode(
                dropped[i * DROPPED_BYTES:],
                (uint256, bytes32, bytes32)
            );
            address keyAddress = EcdhSeed.publicKeyAddress(key);
            _checkDealing(unmasking.domain, round, seat, dealt[i], keyAddress, maskHash, sharesHash);
            (unmasking.dropped[i], unmasking.keys[i]) = (seat, key);
            left &= left - 1;
        }
    }

    /// @dev The right sum of the members' updates, and the sum of their weights.
    function _sumOf(
        Unmasking memory unmasking,
        bytes calldata members
    ) private pure returns (uint256[] memory sum, uint256 weight) {
        sum = new uint256[](CHUNK_WORDS);
        uint256 size = ChunkTree.openingBytes(unmasking.depth) + SECRET_BYTES;
        uint256 need = unmasking.dealt.length * size;
        if (members.length != need) revert MembersLength(members.length, need);
        uint256 set = unmasking.seats;
        uint256 i = 0;
        for (uint16 seat = 0; set >> seat != 0; seat++) {
            if ((set >> seat) & 1 == 0) continue;
            DealtSeat memory dealt = unmasking.dealt[i++];
            _addUnmasked(sum, unmasking, seat, dealt, members[:size]);
            weight += dealt.weight;
            members = members[size:];
        }
    }

    /// @dev Adds a member's masked chunk, less its own mask and those between it and all that are no members. The masks to
    /// other members stay.
    function _addUnmasked(
        uint256[] memory sum,
        Unmasking memory unmasking,
        uint16 seat,
        DealtSeat memory dealt,
        bytes calldata member
    ) private pure returns (CurvePoint memory key) {
        bytes calldata opening = member[:member.length - SECRET_BYTES];
        bytes32 root = ChunkTree.rootOf(unmasking.depth, unmasking.chunk, opening);
        if (root != dealt.commitment) revert CommitmentMismatch(seat, dealt.commitment, root);
        bytes32 seed;
        bytes32 sharesHash;
        (seed, key, sharesHash) = abi.decode(member[opening.length:], (bytes32, CurvePoint, bytes32));
        address keyAddress = Secp256k1.addressOf(key);
        bytes32 maskHash = Dealing.hashOfSeed(seed);
        _checkDealing(unmasking.domain, unmasking.round, seat, dealt, keyAddress, maskHash, sharesHash);

        LaneSum.addChunk(sum, opening[:ChunkTree.CHUNK_BYTES]);
        ChaCha20.subtractChunk(sum, seed, unmasking.chunk, unmasking.lanes);
        if (unmasking.dropped.length != 0) _removeEdges(sum, unmasking, seat, key);
    }

    /// @dev The lower of two seats has added the mask between them, and the higher one has subtracted it.
    function _removeEdges(
        uint256[] memory sum,
        Unmasking memory unmasking,
        uint16 seat,
        CurvePoint memory key
    ) private pure {
        Secp256k1.check(key);
        for (uint256 i = 0; i < unmasking.dropped.length; i++) {
            uint16 other = unmasking.dropped[i];
            address shared = Secp256k1.addressOfMultiple(unmasking.keys[i], key);
            bytes32 seed = EcdhSeed.seedOf(unmasking.domain, unmasking.round, seat, other, shared);
            if (seat < other) ChaCha20.subtractChunk(sum, seed, unmasking.chunk, unmasking.lanes);
            else ChaCha20.addChunk(sum, seed, unmasking.chunk, unmasking.lanes);
        }
    }

    /// @dev The same with masks to other members as `seat` says they are.
    /// @return hashes Of them, in the order of all members, 0 for the seat itself.
    function _removeStreams(
        uint256[] memory words,
        uint256 members,
        uint256 lanes,
        uint16 seat,
        bytes calldata streams
    ) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](CohortWord.count(members));
        uint256 need = (hashes.length - 1) * ChunkTree.CHUNK_BYTES;
        if (streams.length != need) revert StreamsLength(streams.length, need);
        uint256 own = _placeOf(members, seat);
        for (uint256 i = 0; i < hashes.length; i++) {
            if (i == own) continue;
            bytes calldata stream = streams[:ChunkTree.CHUNK_BYTES];
            hashes[i] = keccak256(stream);
            _removeStream(words, stream, lanes, own < i);
            streams = streams[ChunkTree.CHUNK_BYTES:];
        }
    }

    function _removeStream(uint256[] memory words, bytes calldata stream, uint256 lanes, bool added) private pure {
        for (uint256 w = 0; w < CHUNK_WORDS; w++) {
            // Lanes behind the vector's end are not masked.
            uint256 masked = Math.min(Math.saturatingSub(lanes, 8 * w), 8);
            uint256 word = (uint256(bytes32(stream[32 * w:])) >> (256 - 32 * masked)) << (256 - 32 * masked);
            // a - b is ~(~a + b), because ~a is -a - 1.
            words[w] = added ? ~LaneSum.add(~words[w], word) : LaneSum.add(words[w], word);
        }
    }

    function _checkDealing(
        bytes32 domain,
        uint32 round,
        uint16 seat,
        DealtSeat memory dealt,
        address keyAddress,
        bytes32 maskHash,
        bytes32 sharesHash
    ) private pure {
        bytes32 opened = Dealing.hash(domain, round, dealt.trainer, keyAddress, maskHash, sharesHash);
        if (opened != dealt.dealing) revert DealingMismatch(seat, dealt.dealing, opened);
    }

    /* INTERNAL: shares */

    /// @dev Whether shares rebuild what their dealer has committed to; reverts unless it has dealt all of them.
    function _areSound(uint256 threshold, SharesProof calldata proof) private view returns (bool) {
        if (proof.seats.length != proof.shares.length) {
            revert ShamirShares.SharesLength(proof.seats.length, proof.shares.length);
        }
        for (uint256 i = 0; i < proof.seats.length; i++) {
            ShamirShares.checkDealt(proof.leaves, proof.kind, proof.seats[i], proof.shares[i]);
            if (uint256(proof.shares[i]) >= Secp256k1.ORDER) return false;
        }
        if (proof.seats.length != threshold) revert ShamirShares.SharesLength(threshold, proof.shares.length);
        uint256 secret = ShamirShares.secretOf(proof.seats, proof.shares);
        if (proof.kind == ShareKind.Seed) return Dealing.hashOfSeed(bytes32(secret)) == proof.maskHash;
        // 0 is no key, whatever has been committed to.
        return secret != 0 && EcdhSeed.publicKeyAddress(secret) == proof.keyAddress;
    }

    /* INTERNAL: blame */

    function _setsOf(address task, uint32 round, uint8 cohort) private view returns (CohortSets memory) {
        CohortSets[] memory cohorts = IMaskedTask(task).cohorts(round);
        if (cohort >= cohorts.length) revert NoSuchCohort(cohort, cohorts.length);
        return cohorts[cohort];
    }

    function _blameOf(address task, uint32 round, uint8 cohort) private view returns (Blame storage blame) {
        blame = _blames[task][round][cohort];
        if (blame.openUntil == 0) revert NotAccused(round, cohort);
    }

    function _checkSilentMember(Blame storage blame, uint256 members, uint16 seat) private view {
        if (members & _bit(seat) == 0) revert NotAMember(seat);
        if (blame.opened & _bit(seat) != 0) revert AlreadyOpened(seat);
    }

    /// @dev What each of two members has said the mask between them is.
    function _saidOfEdge(
        Blame storage blame,
        address task,
        uint32 round,
        uint8 cohort,
        OpenedEdges calldata one,
        OpenedEdges calldata other
    ) private view returns (bytes32 ofOne, bytes32 ofOther) {
        _checkOpened(blame, one);
        _checkOpened(blame, other);
        uint256 members = _setsOf(task, round, cohort).members;
        return (one.streams[_placeOf(members, other.seat)], other.streams[_placeOf(members, one.seat)]);
    }

    function _checkOpened(Blame storage blame, OpenedEdges calldata edges) private view {
        bytes32 opened = blame.openings[edges.seat];
        bytes32 shown = _hashOf(edges.key, edges.streams);
        if (shown != opened) revert OpeningMismatch(edges.seat, opened, shown);
    }

    /// @dev Once a round somebody is fined, for whatever it has done.
    function _findGuilty(Blame storage blame, address task, uint32 round, uint16 seat) private {
        blame.guilty |= _bit(seat);
        IMaskedTask(task).convict(round, seat, blame.accuser);
    }

    function _hashOf(CurvePoint memory key, bytes32[] memory streams) private pure returns (bytes32) {
        return keccak256(abi.encode(key, streams));
    }

    function _hashOfStream(bytes32 seed, uint32 chunk) private pure returns (bytes32) {
        (uint256 first, uint256 second, uint256 third, uint256 fourth) = ChaCha20.chunkOf(seed, chunk);
        return keccak256(abi.encode(first, second, third, fourth));
    }

    /// @dev How many members have a lower seat.
    function _placeOf(uint256 members, uint16 seat) private pure returns (uint256) {
        return CohortWord.count(members & ((1 << uint256(seat)) - 1));
    }

    /// @dev 0 for seats that no task has.
    function _bit(uint16 seat) private pure returns (uint256) {
        return 1 << uint256(seat);
    }
}
