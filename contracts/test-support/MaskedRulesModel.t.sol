// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase, SeatStatus} from "../interfaces/ITrainingTask.sol";
import {RulesModel} from "./RulesModel.t.sol";

/// @title MaskedRulesModel
/// @notice What the rules of a masked task say besides: who is in which cohort, which set of it stands, whose secrets may be
/// shown, and which cohorts the sum is of.
contract MaskedRulesModel is RulesModel {
    /// @dev Sets of seats: bit s is seat s.
    struct Cohort {
        uint256 shared;
        uint256 committed;
        uint256 members;
        uint256 seeds;
        uint256 keys;
        uint256 revealed; // seeds, by their owners
        bool isSpoilt;
    }

    struct Dealt {
        uint8 cohort;
        uint256 key; // whose key it has shared
        bool voted;
        bool convicted;
        bool gaveShares;
    }

    mapping(uint256 task => mapping(uint32 round => mapping(uint256 index => Cohort))) private _cohort;
    mapping(uint256 task => mapping(uint32 round => mapping(uint256 index => uint256))) private _roster;
    mapping(uint256 task => mapping(uint32 round => mapping(uint16 seat => Dealt))) private _dealt;
    mapping(bytes32 ballot => uint256) private _votes;
    // Of all tasks: what has come up at all.
    uint256 public rebuiltSeeds;
    uint256 public rebuiltKeys;
    uint256 public struckSeats;
    mapping(Phase phase => uint256) public leftBehind; // cohorts that have fallen out of a round that others made final

    /* ACTS */

    /// @return allowed Whether everybody who has entered is in one of as few cohorts as can hold them, all of nearly the
    /// same size.
    function drawn(uint32 round, uint256[] calldata rosters) external returns (bool allowed) {
        uint256 all = 0;
        uint256 size = _round(round).entered / rosters.length;
        allowed = rosters.length == cohortCount(round) && _roster[_taskNumber][round][0] == 0;
        for (uint256 c = 0; c < rosters.length; c++) {
            uint256 sitting = count(rosters[c]);
            allowed = allowed && all & rosters[c] == 0 && (sitting == size || sitting == size + 1);
            all |= rosters[c];
            _roster[_taskNumber][round][c] = rosters[c];
        }
        for (uint16 seat = 0; seat < _rules.maxTrainers; seat++) {
            bool sits = _seat(round, seat).status != SeatStatus.Vacant;
            allowed = allowed && sits == (all & (1 << seat) != 0);
        }
        allowed = allowed && all >> _rules.maxTrainers == 0;
    }

    function shared(uint32 round, uint16 seat, uint8 index, uint256 key) external returns (bool allowed) {
        allowed = index < cohortCount(round) && rosterOf(round, index) & (1 << seat) != 0;
        _seat(round, seat).status = SeatStatus.Shared;
        (_dealtAt(round, seat).cohort, _dealtAt(round, seat).key) = (index, key);
        _cohortAt(round, index).shared |= 1 << seat;
    }

    function committed(uint32 round, uint16 seat) external {
        _seat(round, seat).status = SeatStatus.Committed;
        _cohortOf(round, seat).committed |= 1 << seat;
    }

    /// @return allowed Whether it counts. While other cohorts still vote, a vote in one that has agreed decides nothing.
    function voted(uint32 round, uint16 seat, uint256 members, bytes32 cohortView) external returns (bool allowed) {
        Cohort storage cohort = _cohortOf(round, seat);
        allowed = _seat(round, seat).status == SeatStatus.Committed && !_dealtAt(round, seat).voted;
        allowed = allowed && members & ~cohort.committed == 0 && count(members) >= _rules.minTrainers;
        if (!allowed) return false;
        _dealtAt(round, seat).voted = true;
        bytes32 ballot = keccak256(abi.encode(_taskNumber, round, members, cohortView));
        _votes[ballot] += 1;
        if (cohort.members != 0 || _votes[ballot] < _rules.shareThreshold) return true;
        cohort.members = members;
        for (uint16 s = 0; s < _rules.maxTrainers; s++) {
            if (cohort.committed & ~members & (1 << s) == 0) continue;
            _seat(round, s).status = SeatStatus.Struck;
            struckSeats++;
        }
    }

    function revealed(uint32 round, uint16 seat) external returns (bool allowed) {
        allowed = _showsSeed(round, seat, SeatStatus.Revealed);
        _cohortOf(round, seat).revealed |= 1 << seat;
        _reveal(round, seat);
    }

    function seedRebuilt(uint32 round, uint16 seat) external returns (bool allowed) {
        rebuiltSeeds++;
        return _showsSeed(round, seat, SeatStatus.Rebuilt);
    }

    function keyRebuilt(uint32 round, uint16 seat) external returns (bool allowed) {
        Cohort storage cohort = _cohortOf(round, seat);
        rebuiltKeys++;
        allowed = droppedWith(round, seat) & ~cohort.keys & (1 << seat) != 0;
        cohort.keys |= 1 << seat;
    }

    function sharesGiven(uint32 round, uint16 seat, uint256 owners) external returns (bool allowed) {
        Dealt storage dealt = _dealtAt(round, seat);
        allowed = _seat(round, seat).status == SeatStatus.Revealed && !dealt.gaveShares;
        allowed = allowed && owners & ~_cohortOf(round, seat).members == 0;
        dealt.gaveShares = true;
    }

    /* VERDICTS */

    /// @return allowed Whether anybody may be convicted yet. @return isFirst Whether this seat is, now.
    function convicted(uint32 round, uint16 seat, address rewarded) external returns (bool allowed, bool isFirst) {
        for (uint256 c = 0; c < cohortCount(round); c++) allowed = allowed || _cohortAt(round, c).members != 0;
        Dealt storage dealt = _dealtAt(round, seat);
        isFirst = _seat(round, seat).status != SeatStatus.Vacant && !dealt.convicted;
        if (!isFirst) return (allowed, false);
        dealt.convicted = true;
        _slash(_seat(round, seat).trainer, _rules.fraudFine, rewarded);
    }

    /// @notice A cohort's updates leave the sum, and with them the proposal falls; its proposer may propose again.
    function blamed(uint32 round, uint8 index) external returns (bool allowed) {
        allowed = _round(round).stands && _isSummed(_cohortAt(round, index));
        (_cohortAt(round, index).isSpoilt, _round(round).stands) = (true, false);
    }

    /* VIEWS */

    /// @notice As few as have a seat for everybody.
    function cohortCount(uint32 round) public view returns (uint256 size) {
        size = 1;
        while (size * (_rules.maxTrainers / _rules.cohorts) < _round(round).entered) size++;
    }

    /// @notice Who was drawn into a cohort: everybody where there is but one.
    function rosterOf(uint32 round, uint256 index) public view returns (uint256) {
        return _rules.cohorts == 1 ? type(uint256).max : _roster[_taskNumber][round][index];
    }

    /// @notice Where a seat is to share.
    function drawnInto(uint32 round, uint16 seat) external view returns (uint8 index) {
        while (index < _rules.cohorts && rosterOf(round, index) & (1 << seat) == 0) index++;
    }

    /// @notice Whose key the trainer of a seat has shared.
    function keyOf(uint32 round, uint16 seat) external view returns (uint256) {
        return _dealtAt(round, seat).key;
    }

    /// @notice Who has committed in the cohort that a seat has shared in.
    function committedWith(uint32 round, uint16 seat) external view returns (uint256) {
        return _cohortOf(round, seat).committed;
    }

    /// @notice Whose updates its cohort has agreed on.
    function membersWith(uint32 round, uint16 seat) external view returns (uint256) {
        return _cohortOf(round, seat).members;
    }

    /// @notice In its masks, but not in its sum; nobody before that is fixed.
    function droppedWith(uint32 round, uint16 seat) public view returns (uint256) {
        Cohort storage cohort = _cohortOf(round, seat);
        return cohort.members == 0 ? 0 : cohort.shared & ~cohort.members;
    }

    /// @notice What is known of a cohort.
    function cohortAt(uint32 round, uint256 index) external view returns (Cohort memory cohort, bool isSummed) {
        cohort = _cohortAt(round, index);
        isSummed = _isSummed(cohort);
    }

    /// @inheritdoc RulesModel
    function divisorOf(uint32 round) public view override returns (uint256) {
        if (_rules.trim == 0) return super.divisorOf(round);
        uint256 left = 0;
        for (uint256 c = 0; c < cohortCount(round); c++) if (_isSummed(_cohortAt(round, c))) left++;
        // Pairs of extremes go as long as something is left.
        for (uint256 pair = 0; pair < _rules.trim && left > 2; pair++) left -= 2;
        return left;
    }

    function count(uint256 set) public pure returns (uint256 size) {
        for (uint256 bit = 0; bit < 256; bit++) size += (set >> bit) & 1;
    }

    /* WHAT A MASKED TASK SAYS */

    function _hasSum(uint32 round) internal view override returns (bool) {
        for (uint256 c = 0; c < cohortCount(round); c++) if (_isSummed(_cohortAt(round, c))) return true;
        return false;
    }

    function _isInSum(uint32 round, uint16 seat) internal view override returns (bool) {
        Cohort storage cohort = _cohortOf(round, seat);
        return cohort.members & (1 << seat) != 0 && _isSummed(cohort);
    }

    function _mayPropose(SeatStatus status) internal pure override returns (bool) {
        return status == SeatStatus.Revealed;
    }

    function _voidedIn(uint32 round) internal view override returns (Phase last) {
        if (_round(round).entered < _rules.minTrainers * cohortCount(round)) return Phase.Entering;
        if (rosterOf(round, 0) == 0) return Phase.Drawing;
        // The round has lasted as long as the cohort that has lasted longest.
        bool rebuildable = false;
        for (uint256 c = 0; c < cohortCount(round); c++) {
            Cohort memory cohort = _cohortAt(round, c);
            Phase phase = _fellOutIn(cohort);
            if (phase > last) last = phase;
            rebuildable = rebuildable || (cohort.members != 0 && count(cohort.revealed) >= _rules.shareThreshold);
        }
        if (last == Phase.Revealing && rebuildable) return Phase.Recovering;
        return last == Phase.Final ? Phase.Aggregating : last;
    }

    function _missedDeadline(uint32 round, uint16 seat, Phase endedIn) internal view override returns (bool) {
        SeatStatus status = _seat(round, seat).status;
        if (status == SeatStatus.Entered) return endedIn >= Phase.Sharing;
        Phase own = _fellOutIn(_cohortOf(round, seat));
        if (own < endedIn) endedIn = own;
        if (status == SeatStatus.Shared) return endedIn != Phase.Sharing;
        if (status != SeatStatus.Committed) return status == SeatStatus.Rebuilt;
        if (endedIn == Phase.Agreeing) return !_dealtAt(round, seat).voted;
        return endedIn > Phase.Agreeing;
    }

    function _noteEnd(uint32 round, Phase phase) internal override {
        if (phase != Phase.Final) return;
        for (uint256 c = 0; c < cohortCount(round); c++) leftBehind[_fellOutIn(_cohortAt(round, c))]++;
    }

    /* INTERNAL */

    function _cohortAt(uint32 round, uint256 index) private view returns (Cohort storage) {
        return _cohort[_taskNumber][round][index];
    }

    function _dealtAt(uint32 round, uint16 seat) private view returns (Dealt storage) {
        return _dealt[_taskNumber][round][seat];
    }

    function _cohortOf(uint32 round, uint16 seat) private view returns (Cohort storage) {
        return _cohortAt(round, _dealtAt(round, seat).cohort);
    }

    function _isUnmasked(Cohort memory cohort) private pure returns (bool) {
        bool allSeeds = cohort.members != 0 && cohort.seeds == cohort.members;
        return allSeeds && cohort.keys == (cohort.shared & ~cohort.members);
    }

    function _isSummed(Cohort memory cohort) private view returns (bool) {
        return _fellOutIn(cohort) == Phase.Final;
    }

    function _fellOutIn(Cohort memory cohort) private view returns (Phase) {
        if (count(cohort.shared) < _rules.minTrainers) return Phase.Sharing;
        if (count(cohort.committed) < _rules.minTrainers) return Phase.Committing;
        if (cohort.members == 0) return Phase.Agreeing;
        if (!_isUnmasked(cohort)) return Phase.Revealing;
        return cohort.isSpoilt ? Phase.Blaming : Phase.Final;
    }

    /// @dev Of members alone, once, and of nobody whose key is known.
    function _showsSeed(uint32 round, uint16 seat, SeatStatus status) private returns (bool allowed) {
        Cohort storage cohort = _cohortOf(round, seat);
        allowed = cohort.members & ~cohort.seeds & ~cohort.keys & (1 << seat) != 0;
        cohort.seeds |= 1 << seat;
        _seat(round, seat).status = status;
    }
}
