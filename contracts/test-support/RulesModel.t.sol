// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {Fault, Phase, SeatStatus, TaskConfig} from "../interfaces/ITrainingTask.sol";

/// @title RulesModel
/// @notice What the rules say, written as plainly as can be, with loops over everybody: who is owed what, whose deadlines
/// were missed, which model stands. It is told of acts that a task has taken, and reads nothing from the task.
contract RulesModel {
    struct Sat {
        address trainer;
        uint16 weight;
        SeatStatus status;
        bool missedTurn;
        uint256 strikes;
        bool barred;
    }

    struct Course {
        uint256 entered; // convicts of the round before excluded
        uint256 committed;
        uint256 revealed; // those that were struck or expelled later included
        uint256 struck; // those
        uint16 drawn;
        bool stands; // a proposal does
        uint256 proposals;
        uint16 proposerSeat;
        address proposer;
        bytes32 proposedModel;
        uint256 missed; // by how many, of the one that stands
    }

    TaskConfig private _rules;
    uint256 private _taskNumber;
    mapping(uint256 task => mapping(uint32 round => mapping(uint16 seat => Sat))) private _sat;
    mapping(uint256 task => mapping(uint32 round => Course)) private _course;

    mapping(address actor => uint256) public due; // rewards of all tasks, claimed or not
    mapping(address actor => uint256) public finesDue; // of all tasks, taken or not
    mapping(address actor => uint256) public bounties; // for what the court has found, of the vault's token
    uint256 public slashes; // large ones, and those for silence: taken at once
    uint256 public earned; // of this task's budget
    uint256 public completed; // final rounds of this task
    bytes32 public modelRoot; // this task's
    uint256 public finals; // final rounds of all tasks

    function begin(TaskConfig calldata rules, bytes32 firstModel) external {
        _rules = rules;
        _taskNumber += 1;
        (earned, completed, modelRoot) = (0, 0, firstModel);
    }

    function entered(uint32 round, uint16 seat, address trainer, uint16 weight) external {
        _sat[_taskNumber][round][seat] = Sat(trainer, weight, SeatStatus.Entered, false, 0, false);
        _course[_taskNumber][round].entered += 1;
    }

    function committed(uint32 round, uint16 seat) external {
        _sat[_taskNumber][round][seat].status = SeatStatus.Committed;
        _course[_taskNumber][round].committed += 1;
    }

    function revealed(uint32 round, uint16 seat) external {
        Course storage course = _course[_taskNumber][round];
        _sat[_taskNumber][round][seat].status = SeatStatus.Revealed;
        course.revealed += 1;
        if (uint256(keccak256(abi.encode(block.prevrandao, round, seat))) % course.revealed == 0) course.drawn = seat;
    }

    /// @notice More than half of all who revealed strike a seat.
    function attested(uint32 round, uint256 missing) external {
        Course storage course = _course[_taskNumber][round];
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _sat[_taskNumber][round][seat];
            if (missing & (1 << seat) == 0 || sat.status != SeatStatus.Revealed) continue;
            sat.strikes += 1;
            if (2 * sat.strikes <= course.revealed) continue;
            sat.status = SeatStatus.Struck;
            course.struck += 1;
        }
    }

    function proposed(uint32 round, uint16 seat, address trainer, bytes32 model) external {
        Course storage course = _course[_taskNumber][round];
        (course.stands, course.proposals, course.missed) = (true, course.proposals + 1, 0);
        (course.proposerSeat, course.proposer, course.proposedModel) = (seat, trainer, model);
        if (seat != course.drawn) _missTurn(round);
    }

    /// @notice More than half of all who revealed miss a model: another is proposed, by another.
    function modelMissed(uint32 round) external {
        Course storage course = _course[_taskNumber][round];
        course.missed += 1;
        if (2 * course.missed <= course.revealed) return;
        course.stands = false;
        _sat[_taskNumber][round][course.proposerSeat].barred = true;
    }

    /// @notice The court has overturned a proposal. Fraud costs the large slash, silence a quarter of it.
    function overturned(uint32 round, Fault fault, address rewarded) external {
        Course storage course = _course[_taskNumber][round];
        course.stands = false;
        _sat[_taskNumber][round][course.proposerSeat].barred = true;
        bool fraud = fault != Fault.Undisclosed;
        _slash(course.proposer, fraud ? _rules.fraudFine : _rules.fraudFine / 4, rewarded);
    }

    /// @notice The court has convicted an update: it leaves the sum, if it was in it, and with it the proposal falls.
    function expelled(uint32 round, uint16 seat, address rewarded) external {
        Course storage course = _course[_taskNumber][round];
        Sat storage sat = _sat[_taskNumber][round][seat];
        if (sat.status == SeatStatus.Revealed) {
            course.struck += 1;
            course.stands = false;
        }
        sat.status = SeatStatus.Expelled;
        _slash(sat.trainer, _rules.fraudFine, rewarded);
    }

    /// @notice r_i = rate * d_i and an equal share for all accepted updates, and what the aggregator and the caller get.
    function finalised(uint32 round, address advancer) external {
        Course storage course = _course[_taskNumber][round];
        uint256 rate = Math.min(_rules.maxDataRate, _rules.dataPot / weightOf(round));
        uint256 share = _rules.computePot / updates(round);
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _sat[_taskNumber][round][seat];
            if (sat.status == SeatStatus.Revealed) _owe(sat.trainer, rate * sat.weight + share);
        }
        _owe(course.proposer, _rules.aggregatorPay);
        _owe(advancer, _rules.advanceTip);
        _fine(round, Phase.Final);
        (completed, modelRoot, finals) = (completed + 1, course.proposedModel, finals + 1);
    }

    /// @notice A round ended by its deadlines: the first phase in which too few acted.
    function voided(uint32 round) external {
        Course storage course = _course[_taskNumber][round];
        uint256 min = _rules.minTrainers;
        if (course.entered < min) return;
        if (course.committed < min) return _fine(round, Phase.Committing);
        if (course.revealed < min) return _fine(round, Phase.Revealing);
        if (course.revealed - course.struck < min) return _fine(round, Phase.Attesting);
        _missTurn(round);
        _fine(round, Phase.Aggregating);
    }

    /// @notice Where `trainer` sits in `round`.
    function seatOf(uint32 round, address trainer) external view returns (bool sits, uint16 seat) {
        for (; seat < _rules.maxTrainers; seat++) {
            if (_sat[_taskNumber][round][seat].trainer == trainer) return (true, seat);
        }
    }

    /// @notice How many updates are in the sum of `round`.
    function updates(uint32 round) public view returns (uint256) {
        return _course[_taskNumber][round].revealed - _course[_taskNumber][round].struck;
    }

    /// @notice The weight of the updates in the sum of `round`.
    function weightOf(uint32 round) public view returns (uint256 weight) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _sat[_taskNumber][round][seat];
            if (sat.status == SeatStatus.Revealed) weight += sat.weight;
        }
    }

    /// @notice The proposal of `round`, if one stands.
    function proposal(uint32 round) external view returns (bool stands, uint256 ordinal, uint16 seat, bytes32 model) {
        Course storage course = _course[_taskNumber][round];
        return (course.stands, course.proposals, course.proposerSeat, course.proposedModel);
    }

    /// @notice Whether a seat may not propose in `round` any more.
    function barred(uint32 round, uint16 seat) external view returns (bool) {
        return _sat[_taskNumber][round][seat].barred;
    }

    /// @notice A bit for every seat whose update is in `round`, struck or not.
    function revealedSeats(uint32 round) external view returns (uint256 bits) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            SeatStatus status = _sat[_taskNumber][round][seat].status;
            if (status == SeatStatus.Revealed || status == SeatStatus.Struck) bits |= 1 << seat;
        }
    }

    function _missTurn(uint32 round) private {
        Sat storage drawn = _sat[_taskNumber][round][_course[_taskNumber][round].drawn];
        if (drawn.status == SeatStatus.Revealed && !drawn.barred) drawn.missedTurn = true;
    }

    /// @dev Two fifths to whoever has shown it.
    function _slash(address trainer, uint256 fine, address rewarded) private {
        finesDue[trainer] += fine;
        bounties[rewarded] += (fine * 2) / 5;
        slashes += fine;
    }

    function _fine(uint32 round, Phase endedIn) private {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _sat[_taskNumber][round][seat];
            bool neverCommitted = sat.status == SeatStatus.Entered;
            bool neverRevealed = sat.status == SeatStatus.Committed && endedIn >= Phase.Revealing;
            if (neverCommitted || neverRevealed || sat.missedTurn) finesDue[sat.trainer] += _rules.missFine;
        }
    }

    function _owe(address actor, uint256 amount) private {
        due[actor] += amount;
        earned += amount;
    }
}
