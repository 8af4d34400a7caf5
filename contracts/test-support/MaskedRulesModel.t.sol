// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Fault, Phase, SeatStatus, TaskConfig} from "../interfaces/ITrainingTask.sol";

/// @title MaskedRulesModel
/// @notice What the rules of a masked task say, written as plainly as can be, with loops over everybody: whose secrets may
/// be shown, which set stands, who is owed what, whose deadlines were missed. It is told of acts that a task has taken,
/// reads nothing from the task, and says of an act whether it was allowed.
contract MaskedRulesModel {
    struct Sat {
        address trainer;
        uint16 weight;
        SeatStatus status;
        uint256 key; // whose key it has shared
        bool voted;
        bool missedTurn;
        bool barred;
        bool convicted;
        bool gaveShares;
    }

    struct Course {
        uint256 entered;
        uint256 shared; // these five are sets: bit s is seat s
        uint256 committed;
        uint256 members;
        uint256 seeds;
        uint256 keys;
        uint256 revealed; // by their owners
        uint16 drawn;
        bool stands; // a proposal does
        uint16 proposerSeat;
        address proposer;
        uint256 missed; // by how many, of the one that stands
        bool blamed;
    }

    TaskConfig private _rules;
    uint256 private _taskNumber;
    mapping(uint256 task => mapping(uint32 round => mapping(uint16 seat => Sat))) private _sat;
    mapping(uint256 task => mapping(uint32 round => Course)) private _course;
    mapping(bytes32 ballot => uint256) private _votes;

    mapping(address actor => uint256) public due; // rewards of all tasks, claimed or not
    mapping(address actor => uint256) public finesDue; // of all tasks, taken or not
    uint256 public earned; // of this task's budget
    uint256 public completed; // final rounds of this task
    // Of all tasks: what has come up at all.
    mapping(Phase phase => uint256) public ended; // rounds by where they ended
    uint256 public rebuiltSeeds;
    uint256 public rebuiltKeys;
    uint256 public struckSeats;

    function begin(TaskConfig calldata rules) external {
        _rules = rules;
        _taskNumber += 1;
        (earned, completed) = (0, 0);
    }

    /* ACTS */

    function entered(uint32 round, uint16 seat, address trainer, uint16 weight) external {
        Sat storage sat = _seat(round, seat);
        (sat.trainer, sat.weight, sat.status) = (trainer, weight, SeatStatus.Entered);
        _round(round).entered += 1;
    }

    function shared(uint32 round, uint16 seat, uint256 key) external {
        (_seat(round, seat).status, _seat(round, seat).key) = (SeatStatus.Shared, key);
        _round(round).shared |= 1 << seat;
    }

    function committed(uint32 round, uint16 seat) external {
        _seat(round, seat).status = SeatStatus.Committed;
        _round(round).committed |= 1 << seat;
    }

    /// @return allowed Whether it counts. @return decides Whether it fixes its set.
    function voted(
        uint32 round,
        uint16 seat,
        uint256 members,
        bytes32 cohortView
    ) external returns (bool allowed, bool decides) {
        Course storage course = _round(round);
        Sat storage sat = _seat(round, seat);
        allowed = sat.status == SeatStatus.Committed && !sat.voted && course.members == 0;
        allowed = allowed && members & ~course.committed == 0 && count(members) >= _rules.minTrainers;
        if (!allowed) return (false, false);
        sat.voted = true;
        bytes32 ballot = keccak256(abi.encode(_taskNumber, round, members, cohortView));
        _votes[ballot] += 1;
        if (_votes[ballot] < _rules.shareThreshold) return (true, false);
        course.members = members;
        for (uint16 s = 0; s < _rules.maxTrainers; s++) {
            if (course.committed & ~members & (1 << s) == 0) continue;
            _seat(round, s).status = SeatStatus.Struck;
            struckSeats++;
        }
        return (true, true);
    }

    function revealed(uint32 round, uint16 seat) external returns (bool allowed) {
        Course storage course = _round(round);
        allowed = _showsSeed(round, seat, SeatStatus.Revealed);
        course.revealed += 1;
        if (uint256(keccak256(abi.encode(block.prevrandao, round, seat))) % course.revealed == 0) course.drawn = seat;
    }

    function seedRebuilt(uint32 round, uint16 seat) external returns (bool allowed) {
        rebuiltSeeds++;
        return _showsSeed(round, seat, SeatStatus.Rebuilt);
    }

    function keyRebuilt(uint32 round, uint16 seat) external returns (bool allowed) {
        Course storage course = _round(round);
        rebuiltKeys++;
        allowed = droppedSet(round) & ~course.keys & (1 << seat) != 0;
        course.keys |= 1 << seat;
    }

    function sharesGiven(uint32 round, uint16 seat, uint256 owners) external returns (bool allowed) {
        Sat storage sat = _seat(round, seat);
        allowed = sat.status == SeatStatus.Revealed && !sat.gaveShares && owners & ~_round(round).members == 0;
        sat.gaveShares = true;
    }

    function proposed(uint32 round, uint16 seat, address trainer, bytes32) external returns (bool allowed) {
        Course storage course = _round(round);
        Sat storage sat = _seat(round, seat);
        allowed = _isUnmasked(course) && !course.stands && sat.status == SeatStatus.Revealed && !sat.barred;
        (course.stands, course.missed) = (true, 0);
        (course.proposerSeat, course.proposer) = (seat, trainer);
        if (seat != course.drawn) _missTurn(round);
    }

    /// @notice More than half of all in the sum miss a model: another is proposed, by another.
    function modelMissed(uint32 round) external {
        Course storage course = _round(round);
        course.missed += 1;
        if (2 * course.missed <= count(course.members)) return;
        course.stands = false;
        _seat(round, course.proposerSeat).barred = true;
    }

    /* VERDICTS */

    /// @notice Fraud costs the large slash, silence a quarter of it.
    function overturned(uint32 round, Fault fault, address) external {
        Course storage course = _round(round);
        course.stands = false;
        _seat(round, course.proposerSeat).barred = true;
        bool fraud = fault != Fault.Undisclosed;
        finesDue[course.proposer] += fraud ? _rules.fraudFine : _rules.fraudFine / 4;
    }

    function convicted(uint32 round, uint16 seat, address) external returns (bool allowed) {
        Sat storage sat = _seat(round, seat);
        allowed = sat.status != SeatStatus.Vacant && !sat.convicted && _round(round).members != 0;
        sat.convicted = true;
        finesDue[sat.trainer] += _rules.fraudFine;
    }

    function blamed(uint32 round) external {
        (_round(round).blamed, _round(round).stands) = (true, false);
    }

    /* ENDS */

    /// @notice r_i = rate * d_i and an equal share for all updates in the sum, and what the aggregator and the caller get.
    function finalised(uint32 round, address advancer) external returns (bool allowed) {
        Course storage course = _round(round);
        allowed = course.stands && !course.blamed && _isUnmasked(course);
        uint256 weight = weightOf(course.members, round);
        uint256 rate = Math.min(_rules.maxDataRate, _rules.dataPot / weight);
        uint256 share = _rules.computePot / count(course.members);
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            if (course.members & (1 << seat) == 0) continue;
            _owe(_seat(round, seat).trainer, rate * _seat(round, seat).weight + share);
        }
        _owe(course.proposer, _rules.aggregatorPay);
        _owe(advancer, _rules.advanceTip);
        _end(round, Phase.Final);
        completed += 1;
    }

    /// @notice A round ended by its deadlines: the first phase in which too few acted.
    function voided(uint32 round) external {
        Course storage course = _round(round);
        uint256 min = _rules.minTrainers;
        if (course.entered < min) return _end(round, Phase.Entering);
        if (count(course.shared) < min) return _end(round, Phase.Sharing);
        if (count(course.committed) < min) return _end(round, Phase.Committing);
        if (course.members == 0) return _end(round, Phase.Agreeing);
        if (!_isUnmasked(course)) {
            return _end(round, course.revealed < _rules.shareThreshold ? Phase.Revealing : Phase.Recovering);
        }
        if (course.blamed) return _end(round, Phase.Blaming);
        _missTurn(round);
        _end(round, Phase.Aggregating);
    }

    /* VIEWS */

    /// @notice Where `trainer` sits in `round`.
    function seatOf(uint32 round, address trainer) external view returns (bool sits, uint16 seat) {
        for (; seat < _rules.maxTrainers; seat++) {
            if (_sat[_taskNumber][round][seat].trainer == trainer) return (true, seat);
        }
    }

    function trainerOf(uint32 round, uint16 seat) external view returns (bool sits, address trainer) {
        trainer = _sat[_taskNumber][round][seat].trainer;
        sits = trainer != address(0);
    }

    /// @notice Whose key the trainer of a seat has shared.
    function keyOf(uint32 round, uint16 seat) external view returns (uint256) {
        return _sat[_taskNumber][round][seat].key;
    }

    function committedSet(uint32 round) external view returns (uint256) {
        return _course[_taskNumber][round].committed;
    }

    function membersSet(uint32 round) external view returns (uint256) {
        return _course[_taskNumber][round].members;
    }

    /// @notice In the masks, but not in the sum; nobody before the sum is fixed.
    function droppedSet(uint32 round) public view returns (uint256) {
        Course storage course = _course[_taskNumber][round];
        return course.members == 0 ? 0 : course.shared & ~course.members;
    }

    /// @notice What is known of the round: shared, members, seeds, keys.
    function sets(uint32 round) external view returns (uint256, uint256, uint256, uint256) {
        Course storage course = _course[_taskNumber][round];
        return (course.shared, course.members, course.seeds, course.keys);
    }

    /// @notice Whether a proposal stands, and nobody is blamed for its sum.
    function stands(uint32 round) external view returns (bool) {
        return _course[_taskNumber][round].stands;
    }

    function weightOf(uint256 set, uint32 round) public view returns (uint256 weight) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            if (set & (1 << seat) != 0) weight += _sat[_taskNumber][round][seat].weight;
        }
    }

    function count(uint256 set) public pure returns (uint256 size) {
        for (uint256 bit = 0; bit < 256; bit++) size += (set >> bit) & 1;
    }

    /* INTERNAL */

    function _round(uint32 round) private view returns (Course storage) {
        return _course[_taskNumber][round];
    }

    function _seat(uint32 round, uint16 seat) private view returns (Sat storage) {
        return _sat[_taskNumber][round][seat];
    }

    function _isUnmasked(Course storage course) private view returns (bool) {
        return
            course.members != 0 && course.seeds == course.members && course.keys == (course.shared & ~course.members);
    }

    /// @dev Of members alone, once, and of nobody whose key is known.
    function _showsSeed(uint32 round, uint16 seat, SeatStatus status) private returns (bool allowed) {
        Course storage course = _round(round);
        allowed = course.members & ~course.seeds & ~course.keys & (1 << seat) != 0;
        course.seeds |= 1 << seat;
        _seat(round, seat).status = status;
    }

    function _missTurn(uint32 round) private {
        Sat storage drawn = _seat(round, _round(round).drawn);
        if (drawn.status == SeatStatus.Revealed && !drawn.barred) drawn.missedTurn = true;
    }

    /// @dev Whoever missed a deadline is fined, once.
    function _end(uint32 round, Phase phase) private {
        ended[phase]++;
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _seat(round, seat);
            bool fined = sat.missedTurn || sat.status == SeatStatus.Rebuilt;
            if (sat.status == SeatStatus.Entered) fined = phase != Phase.Entering;
            if (sat.status == SeatStatus.Shared) fined = phase != Phase.Sharing;
            if (sat.status == SeatStatus.Committed) {
                fined = phase == Phase.Agreeing ? !sat.voted : phase != Phase.Committing;
            }
            if (fined) finesDue[sat.trainer] += _rules.missFine;
        }
    }

    function _owe(address actor, uint256 amount) private {
        due[actor] += amount;
        earned += amount;
    }
}
