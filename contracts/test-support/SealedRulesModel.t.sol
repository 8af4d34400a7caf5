// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase, SeatStatus} from "../interfaces/ITrainingTask.sol";
import {RulesModel} from "./RulesModel.t.sol";

/// @title SealedRulesModel
/// @notice What the rules of a sealed task say besides: who strikes whom, and what is left of an update that was convicted.
contract SealedRulesModel is RulesModel {
    struct Acts {
        uint256 committed;
        uint256 struck; // or expelled
    }

    mapping(uint256 task => mapping(uint32 round => Acts)) private _acts;
    mapping(uint256 task => mapping(uint32 round => mapping(uint16 seat => uint256))) private _strikes;

    function committed(uint32 round, uint16 seat) external {
        _seat(round, seat).status = SeatStatus.Committed;
        _acts[_taskNumber][round].committed += 1;
    }

    function revealed(uint32 round, uint16 seat) external {
        _seat(round, seat).status = SeatStatus.Revealed;
        _reveal(round, seat);
    }

    /// @notice More than half of all who revealed strike a seat.
    function attested(uint32 round, uint256 missing) external {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            Sat storage sat = _seat(round, seat);
            if (missing & (1 << seat) == 0 || sat.status != SeatStatus.Revealed) continue;
            _strikes[_taskNumber][round][seat] += 1;
            if (2 * _strikes[_taskNumber][round][seat] <= _round(round).revealed) continue;
            sat.status = SeatStatus.Struck;
            _acts[_taskNumber][round].struck += 1;
        }
    }

    /// @notice The court has convicted an update: it leaves the sum, if it was in it, and with it the proposal falls, as one
    /// by the convict does.
    function expelled(uint32 round, uint16 seat, address rewarded) external {
        Sat storage sat = _seat(round, seat);
        bool counts = sat.status == SeatStatus.Revealed;
        if (counts) _acts[_taskNumber][round].struck += 1;
        if (counts || _round(round).proposerSeat == seat) _round(round).stands = false;
        sat.status = SeatStatus.Expelled;
        _slash(sat.trainer, _rules.fraudFine, rewarded);
    }

    /// @notice A bit for every seat whose update is in `round`, struck or not.
    function revealedSeats(uint32 round) external view returns (uint256 bits) {
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            SeatStatus status = _seat(round, seat).status;
            if (status == SeatStatus.Revealed || status == SeatStatus.Struck) bits |= 1 << seat;
        }
    }

    function _hasSum(uint32 round) internal view override returns (bool) {
        return _left(round) >= _rules.minSummed;
    }

    function _isInSum(uint32 round, uint16 seat) internal view override returns (bool) {
        return _seat(round, seat).status == SeatStatus.Revealed;
    }

    function _mayPropose(SeatStatus status) internal pure override returns (bool) {
        return status == SeatStatus.Revealed || status == SeatStatus.Struck;
    }

    function _voidedIn(uint32 round) internal view override returns (Phase) {
        uint256 min = _rules.minTrainers;
        if (_round(round).entered < min) return Phase.Entering;
        if (_acts[_taskNumber][round].committed < min) return Phase.Committing;
        if (_round(round).revealed < min) return Phase.Revealing;
        return _hasSum(round) ? Phase.Aggregating : Phase.Attesting;
    }

    function _missedDeadline(uint32 round, uint16 seat, Phase endedIn) internal view override returns (bool) {
        SeatStatus status = _seat(round, seat).status;
        if (status == SeatStatus.Entered) return endedIn != Phase.Entering;
        return status == SeatStatus.Committed && endedIn >= Phase.Revealing;
    }

    function _left(uint32 round) private view returns (uint256) {
        return _round(round).revealed - _acts[_taskNumber][round].struck;
    }
}
