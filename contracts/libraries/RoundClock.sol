// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase} from "../interfaces/ITrainingTask.sol";
import {Cohort, CohortWord} from "../types/Cohort.sol";
import {Round} from "../types/Round.sol";
import {Rules} from "./Rules.sol";

/// @title RoundClock
/// @notice Where a round stands, as a function of its counters, the task's rules and the time alone. Every phase has a
/// deadline and every deadline an outcome: the next phase if enough have acted, else the round is void. `Proposed` ends
/// in `Final`.
library RoundClock {
    /// @notice `round` carried forward to `time` by `next_`. `endsAt` of Final and Void is when they were reached.
    /// @return now_ The round then. @return endedIn The last phase that was left: for a void round, the one it failed in.
    function asOf(
        Round round,
        uint256 time,
        function(Round, uint256) internal view returns (Round) next_
    ) internal view returns (Round now_, Phase endedIn) {
        (now_, endedIn) = (round, round.phase());
        while (time >= now_.endsAt() && now_.phase() > Phase.Idle && now_.phase() < Phase.Final) {
            endedIn = now_.phase();
            now_ = next_(now_, now_.endsAt());
        }
    }

    /// @notice A sealed task's `round` with its phase ended at `time`.
    function next(Round round, uint256 time) internal view returns (Round) {
        Phase phase = round.phase();
        uint256 enough = Rules.minTrainers();
        if (phase == Phase.Entering && round.entered() >= enough) {
            return round.turned(Phase.Committing, time + Rules.commitSeconds());
        }
        if (phase == Phase.Committing && round.committed() >= enough) {
            return round.turned(Phase.Revealing, time + Rules.revealSeconds());
        }
        if (phase == Phase.Revealing && round.revealed() >= enough) {
            return round.turned(Phase.Attesting, time + Rules.attestSeconds());
        }
        if (phase == Phase.Attesting && round.revealed() >= Rules.minSummed()) {
            return round.turned(Phase.Aggregating, time + Rules.proposeSeconds());
        }
        return _ended(round, time);
    }

    /// @notice A masked task's `round` with its phase ended at `time`, given what its `cohorts` have done. Each falls out by
    /// itself; the round goes on with the others.
    function nextMasked(Round round, Cohort[] memory cohorts, uint256 time) internal view returns (Round) {
        Phase phase = round.phase();
        uint256 enough = Rules.minTrainers();
        if (phase == Phase.Entering && round.entered() >= enough * cohorts.length) {
            // The draw has the time of the shares, which have it once more after that.
            return round.turned(Rules.cohorts() == 1 ? Phase.Sharing : Phase.Drawing, time + Rules.shareSeconds());
        }
        bool sound = false;
        bool rebuildable = false;
        for (uint256 c = 0; c < cohorts.length; c++) {
            Phase fallenOutIn = cohorts[c].endedIn(enough);
            sound = sound || fallenOutIn > phase;
            // Fewer shares than the threshold rebuild nothing.
            bool hasShares = CohortWord.count(cohorts[c].seeds()) >= Rules.shareThreshold();
            rebuildable = rebuildable || (fallenOutIn == Phase.Revealing && hasShares);
        }
        if (phase == Phase.Sharing && sound) return round.turned(Phase.Committing, time + Rules.commitSeconds());
        if (phase == Phase.Committing && sound) return round.turned(Phase.Agreeing, time + Rules.attestSeconds());
        if (phase == Phase.Agreeing && sound) return round.turned(Phase.Revealing, time + Rules.revealSeconds());
        if (phase == Phase.Revealing && rebuildable) {
            return round.turned(Phase.Recovering, time + Rules.recoverSeconds());
        }
        if ((phase == Phase.Revealing || phase == Phase.Recovering || phase == Phase.Blaming) && sound) {
            return round.turned(Phase.Aggregating, time + Rules.proposeSeconds());
        }
        return _ended(round, time);
    }

    function _ended(Round round, uint256 time) private pure returns (Round) {
        return round.turned(round.phase() == Phase.Proposed ? Phase.Final : Phase.Void, time);
    }
}
