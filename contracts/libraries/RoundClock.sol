// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase, TaskConfig} from "../interfaces/ITrainingTask.sol";

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
/// @notice Where a round stands, as a pure function of its counters and the time. Every phase has a deadline and every
/// deadline an outcome: the next phase if enough have acted, else the round is void. `Proposed` ends in `Final`.
library RoundClock {
    /// @notice Carries `round` forward to `time`. `endsAt` of Final and Void is when they were reached.
    /// @return moved Whether any deadline had passed.
    /// @return endedIn The last phase that was left: for a void round, the one it failed in.
    function tick(Round memory round, TaskConfig memory config, uint256 time)
        internal
        pure
        returns (bool moved, Phase endedIn)
    {
        while (time >= round.endsAt && round.phase > Phase.Idle && round.phase < Phase.Final) {
            moved = true;
            endedIn = round.phase;
            next(round, config, round.endsAt);
        }
    }

    /// @notice Ends the phase of `round` at `time`: early because everybody has acted, or at its deadline.
    function next(Round memory round, TaskConfig memory config, uint256 time) internal pure {
        (Phase phase, uint256 lasts) = (Phase.Void, 0);
        if (round.phase == Phase.Entering) {
            if (round.entered >= config.minTrainers) (phase, lasts) = (Phase.Committing, config.commitSeconds);
        } else if (round.phase == Phase.Committing) {
            if (round.committed >= config.minTrainers) (phase, lasts) = (Phase.Revealing, config.revealSeconds);
        } else if (round.phase == Phase.Revealing) {
            if (round.revealed >= config.minTrainers) (phase, lasts) = (Phase.Attesting, config.attestSeconds);
        } else if (round.phase == Phase.Attesting) {
            if (round.revealed >= config.minTrainers) (phase, lasts) = (Phase.Aggregating, config.proposeSeconds);
        } else if (round.phase == Phase.Proposed) {
            phase = Phase.Final;
        }
        round.phase = phase;
        round.endsAt = uint40(time + lasts);
    }
}
