// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Fault, Phase, SeatStatus, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";

/// @title RulesModel
/// @notice What the rules of all tasks say, written as plainly as can be, with loops over everybody: who is owed what, whose
/// deadlines were missed, which model stands. It is told of acts that a task has taken, reads nothing from the task, and says
/// of some whether they were allowed. How updates get into a round is for the models of both kinds to say.
abstract contract RulesModel {
    struct Sat {
        address trainer;
        uint16 weight;
        SeatStatus status;
        bool missedTurn;
        bool barred;
    }

    struct Course {
        uint256 entered;
        uint256 revealed; // by their owners; those that were struck or expelled later included
        uint16 drawn;
        bool stands; // a proposal does
        uint256 proposals;
        uint16 proposerSeat;
        address proposer;
        bytes32 proposedModel;
        uint256 missed; // by how many, of the one that stands
    }

    TaskConfig internal _rules;
    uint256 internal _taskNumber;
    mapping(uint256 task => mapping(uint32 round => mapping(uint16 seat => Sat))) private _sat;
    mapping(uint256 task => mapping(uint32 round => Course)) private _course;

    mapping(address actor => uint256) public due; // rewards of all tasks, claimed or not
    mapping(address actor => uint256) public finesDue; // of all tasks, taken or not
    mapping(address actor => uint256) public bounties; // for what courts have found, of the vault's token
    uint256 public slashes; // large ones, and those for silence: taken at once
    uint256 public earned; // of this task's budget
    uint256 public completed; // final rounds of this task
    bytes32 public modelRoot; // this task's
    mapping(Phase phase => uint256) public ended; // rounds of all tasks, by where they ended

    function begin(TaskConfig calldata rules, bytes32 firstModel) external {
        _rules = rules;
        _taskNumber += 1;
        (earned, completed, modelRoot) = (0, 0, firstModel);
    }

    /* ACTS */

    function entered(uint32 round, uint16 seat, address trainer, uint16 weight) external {
        _sat[_taskNumber][round][seat] = Sat(trainer, weight, SeatStatus.Entered, false, false);
        _round(round).entered += 1;
    }

    function proposed(uint32 round, uint16 seat, address trainer, bytes32 model) external returns (bool allowed) {
        Course storage course = _round(round);
        Sat storage sat = _seat(round, seat);
        allowed = _hasSum(round) && !course.stands && _mayPropose(sat.status) && !sat.barred;
        (course.stands, course.proposals, course.missed) = (true, course.proposals + 1, 0);
        (course.proposerSeat, course.proposer, course.proposedModel) = (seat, trainer, model);
        if (seat != course.drawn) _missTurn(round);
    }

    /// @notice More than half of all who revealed miss a model: another is proposed, by another.
    function modelMissed(uint32 round) external {
        Course storage course = _round(round);
        course.missed += 1;
        if (2 * course.missed > course.revealed) _fall(round);
    }

    /* VERDICTS */

    /// @notice A court has overturned a proposal. Fraud costs the large slash, silence a quarter of it.
    function overturned(uint32 round, Fault fault, address rewarded) external {
        _fall(round);
        uint256 fine = fault == Fault.Undisclosed ? _rules.fraudFine / 4 : _rules.fraudFine;
        _slash(_round(round).proposer, fine, rewarded);
    }

    /* ENDS */

    /// @notice r_i = rate * d_i and an equal share for all updates in the sum, and what the aggregator and the caller get.
    function finalised(uint32 round, address advancer) external returns (bool allowed) {
        Course storage course = _round(round);
        allowed = course.stands && _hasSum(round);
        uint256 rate = Math.min(_rules.maxDataRate, _rules.dataPot / weightOf(round));
        uint256 share = _rules.computePot / updates(round);
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _seat(round, seat);
            if (_isInSum(round, seat)) _owe(sat.trainer, rate * sat.weight + share);
        }
        _owe(course.proposer, _rules.aggregatorPay);
        _owe(advancer, _rules.advanceTip);
        _end(round, Phase.Final);
        (completed, modelRoot) = (completed + 1, course.proposedModel);
    }

    /// @notice A round ended by its deadlines.
    function voided(uint32 round) external {
        Phase phase = _voidedIn(round);
        if (phase == Phase.Aggregating) _missTurn(round);
        _end(round, phase);
    }

    /* VIEWS */

    /// @notice Where `trainer` sits in `round`.
    function seatOf(uint32 round, address trainer) external view returns (bool sits, uint16 seat) {
        for (; seat < _rules.maxTrainers; seat++) {
            if (_seat(round, seat).trainer == trainer) return (true, seat);
        }
    }

    function trainerOf(uint32 round, uint16 seat) external view returns (bool sits, address trainer) {
        trainer = _seat(round, seat).trainer;
        sits = trainer != address(0);
    }

    /// @notice How many updates are in the sum of `round`.
    function updates(uint32 round) public view returns (uint256 size) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) if (_isInSum(round, seat)) size++;
    }

    /// @notice The weight of the updates in the sum of `round`.
    function weightOf(uint32 round) public view returns (uint256 weight) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            if (_isInSum(round, seat)) weight += _seat(round, seat).weight;
        }
    }

    /// @notice What the sum of `round` is to be divided by.
    function divisorOf(uint32 round) public view virtual returns (uint256) {
        return _rules.serverRule == ServerRule.Uniform ? updates(round) : weightOf(round);
    }

    /// @notice The proposal of `round`, if one stands.
    function proposal(uint32 round) external view returns (bool stands, uint256 ordinal, uint16 seat, bytes32 model) {
        Course storage course = _round(round);
        return (course.stands, course.proposals, course.proposerSeat, course.proposedModel);
    }

    /* FOR EACH KIND TO SAY */

    /// @dev There is a sum to propose.
    function _hasSum(uint32 round) internal view virtual returns (bool);

    /// @dev The update of a seat is in it.
    function _isInSum(uint32 round, uint16 seat) internal view virtual returns (bool);

    /// @dev Who has acted so far that it may propose.
    function _mayPropose(SeatStatus status) internal view virtual returns (bool);

    /// @dev The first phase in which too few have acted.
    function _voidedIn(uint32 round) internal view virtual returns (Phase);

    /// @dev Whether a seat owes the fine of a missed deadline, besides that of a missed turn, in a round that ended so.
    function _missedDeadline(uint32 round, uint16 seat, Phase endedIn) internal view virtual returns (bool);

    /// @dev A round has ended.
    function _noteEnd(uint32 round, Phase phase) internal virtual {}

    /* INTERNAL */

    function _round(uint32 round) internal view returns (Course storage) {
        return _course[_taskNumber][round];
    }

    function _seat(uint32 round, uint16 seat) internal view returns (Sat storage) {
        return _sat[_taskNumber][round][seat];
    }

    /// @dev Reservoir sampling, as the rules have it.
    function _reveal(uint32 round, uint16 seat) internal {
        Course storage course = _round(round);
        course.revealed += 1;
        if (uint256(keccak256(abi.encode(block.prevrandao, round, seat))) % course.revealed == 0) course.drawn = seat;
    }

    /// @dev Two fifths to whoever has shown it.
    function _slash(address trainer, uint256 fine, address rewarded) internal {
        finesDue[trainer] += fine;
        bounties[rewarded] += (fine * 2) / 5;
        slashes += fine;
    }

    function _fall(uint32 round) private {
        Course storage course = _round(round);
        course.stands = false;
        _seat(round, course.proposerSeat).barred = true;
    }

    function _missTurn(uint32 round) private {
        Sat storage drawn = _seat(round, _round(round).drawn);
        if (_mayPropose(drawn.status) && !drawn.barred) drawn.missedTurn = true;
    }

    /// @dev Whoever missed a deadline is fined, once.
    function _end(uint32 round, Phase phase) private {
        ended[phase]++;
        _noteEnd(round, phase);
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _seat(round, seat);
            if (sat.missedTurn || _missedDeadline(round, seat, phase)) finesDue[sat.trainer] += _rules.missFine;
        }
    }

    function _owe(address actor, uint256 amount) private {
        due[actor] += amount;
        earned += amount;
    }
}
