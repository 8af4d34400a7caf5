// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase} from "../interfaces/ITrainingTask.sol";
import {Rules} from "./Rules.sol";

/// @notice A round, in one slot:
/// | 0..31 number | 32..39 phase | 40..79 endsAt | 80..95 entered | 96..111 committed | 112..127 revealed
/// | 128..143 struck | 144..175 weight | 176..191 drawn | 192..207 proposer |
struct Round {
    uint32 number;
    Phase phase;
    uint40 endsAt; // when `phase` ends by the clock, in seconds
    uint16 entered;
    uint16 committed;
    uint16 revealed; // and not struck
    uint16 struck;
    uint32 weight; // of all who revealed and were not struck
    uint16 drawn; // the seat that aggregates first
    uint16 proposer; // the seat whose proposal stands
}

/// @title RoundClock
/// @notice Where a round stands, as a function of its counters, the task's rules and the time alone. Every phase has a deadline and every
/// deadline an outcome: the next phase if enough have acted, else the round is void. `Proposed` ends in `Final`.
library RoundClock {
    /// @notice Carries `round` forward to `time`. `endsAt` of Final and Void is when they were reached.
    /// @return endedIn The last phase that was left: for a void round, the one it failed in.
    function tick(Round memory round, uint256 time) internal view returns (Phase endedIn) {
        endedIn = round.phase;
        while (time >= round.endsAt && round.phase > Phase.Idle && round.phase < Phase.Final) {
            endedIn = round.phase;
            next(round, round.endsAt);
        }
    }

    /// @notice Ends the phase of `round` at `time`: early because everybody has acted, or at its deadline.
    function next(Round memory round, uint256 time) internal view {
        (Phase phase, uint256 lasts) = (Phase.Void, 0);
        if (round.phase == Phase.Entering) {
            if (round.entered >= Rules.minTrainers()) (phase, lasts) = (Phase.Committing, Rules.commitSeconds());
        } else if (round.phase == Phase.Committing) {
            if (round.committed >= Rules.minTrainers()) (phase, lasts) = (Phase.Revealing, Rules.revealSeconds());
        } else if (round.phase == Phase.Revealing) {
            if (round.revealed >= Rules.minTrainers()) (phase, lasts) = (Phase.Attesting, Rules.attestSeconds());
        } else if (round.phase == Phase.Attesting) {
            if (round.revealed >= Rules.minTrainers()) (phase, lasts) = (Phase.Aggregating, Rules.proposeSeconds());
        } else if (round.phase == Phase.Proposed) {
            phase = Phase.Final;
        }
        round.phase = phase;
        round.endsAt = uint40(time + lasts);
    }
}
