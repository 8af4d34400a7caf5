// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Phase, PrivacyMode, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";
import {Cohort, CohortWord} from "../types/Cohort.sol";
import {Round, RoundWord} from "../types/Round.sol";
import {TaskRules} from "./TaskRules.sol";

/// @notice Whatever has happened in a round of either kind, its clock never goes back, does not mind when it is read, and
/// runs out.
contract RoundClockTest {
    RulesReader private immutable _reader = new RulesReader();

    function testFuzz_NeverGoesBackAndDoesNotMindWhenItIsRead(uint256 random, uint32 wait, uint32 more) external {
        (RulesReader clock, , Round round, ) = _aRound(random);
        uint256 time = round.endsAt() - (random % 100) + wait;
        (Round first, ) = clock.asOf(round, time);
        (Round later, Phase endedIn) = clock.asOf(round, time + more);
        require(later.phase() >= first.phase(), "a phase goes back");
        require(later.endsAt() >= first.endsAt(), "a deadline goes back");
        (Round readTwice, Phase endedInTwice) = clock.asOf(first, time + more);
        require(Round.unwrap(readTwice) == Round.unwrap(later), "reading it between changes it");
        bool endsInBetween = first.phase() < Phase.Final && later.phase() >= Phase.Final;
        if (endsInBetween) require(endedInTwice == endedIn, "nor what it ended in");
    }

    function testFuzz_AlwaysEnds(uint256 random) external {
        (RulesReader clock, TaskConfig memory config, Round round, ) = _aRound(random);
        (Round end, Phase endedIn) = clock.asOf(round, round.endsAt() + TaskRules.longestRound(config));
        require(end.phase() == Phase.Final || end.phase() == Phase.Void, "goes on for ever");
        require((end.phase() == Phase.Final) == (round.phase() == Phase.Proposed), "final only by a proposal");
        require(endedIn >= round.phase() && endedIn < Phase.Final, "ends in a phase it was in");
    }

    function testFuzz_TurnsToTheNextPhaseAndOnlyWithEnough(uint256 random, uint32 time) external {
        (RulesReader clock, TaskConfig memory config, Round round, Cohort cohort) = _aRound(random);
        Round turned = clock.next(round, time);
        bool masked = config.privacy == PrivacyMode.Masked;
        Phase expected = masked ? _afterMasked(config, round, cohort) : _afterSealed(config, round);
        require(turned.phase() == expected, "to the next phase, or to nothing");
        require(turned.endsAt() == time + _length(config, expected), "for as long as the rules say");
        require(Round.unwrap(turned.turned(round.phase(), round.endsAt())) == Round.unwrap(round), "counters stay");
    }

    function testFuzz_WaitsForItsDeadline(uint256 random, uint32 early) external {
        (RulesReader clock, , Round round, ) = _aRound(random);
        uint256 time = uint256(round.endsAt()) - 1 - (early % round.endsAt());
        (Round same, Phase in_) = clock.asOf(round, time);
        require(Round.unwrap(same) == Round.unwrap(round) && in_ == round.phase(), "turned too early");
    }

    function testFuzz_StandsStillBeforeItOpensAndAfterItsEnd(uint256 random, uint40 time) external {
        (RulesReader clock, , Round round, ) = _aRound(random);
        Phase[3] memory still = [Phase.Idle, Phase.Final, Phase.Void];
        for (uint256 i = 0; i < 3; i++) {
            Round resting = round.turned(still[i], round.endsAt());
            (Round same, Phase in_) = clock.asOf(resting, time);
            require(Round.unwrap(same) == Round.unwrap(resting) && in_ == still[i], "moved");
        }
    }

    function _afterSealed(TaskConfig memory config, Round round) private pure returns (Phase) {
        if (round.phase() == Phase.Proposed) return Phase.Final;
        if (round.phase() == Phase.Aggregating) return Phase.Void;
        bool entering = round.phase() == Phase.Entering;
        bool committing = round.phase() == Phase.Committing;
        uint256 acted =
            entering
                ? round.entered()
                : committing
                    ? round.committed()
                    : round.revealed();
        if (acted < config.minTrainers) return Phase.Void;
        if (entering) return Phase.Committing;
        if (committing) return Phase.Revealing;
        return round.phase() == Phase.Revealing ? Phase.Attesting : Phase.Aggregating;
    }

    function _afterMasked(TaskConfig memory config, Round round, Cohort cohort) private pure returns (Phase) {
        Phase phase = round.phase();
        uint256 enough = config.minTrainers;
        if (phase == Phase.Proposed) return Phase.Final;
        if (phase == Phase.Entering) return round.entered() >= enough ? Phase.Sharing : Phase.Void;
        if (phase == Phase.Sharing) return cohort.sharedCount() >= enough ? Phase.Committing : Phase.Void;
        if (phase == Phase.Committing) return round.committed() >= enough ? Phase.Agreeing : Phase.Void;
        if (phase == Phase.Agreeing) return cohort.members() != 0 ? Phase.Revealing : Phase.Void;
        bool opens = phase == Phase.Revealing || phase == Phase.Recovering;
        if (opens && cohort.seeds() == cohort.members() && cohort.keys() == cohort.dropped()) return Phase.Aggregating;
        bool recovers = phase == Phase.Revealing && round.revealed() >= config.shareThreshold;
        return recovers ? Phase.Recovering : Phase.Void;
    }

    function _length(TaskConfig memory config, Phase phase) private pure returns (uint256) {
        if (phase == Phase.Sharing) return config.shareSeconds;
        if (phase == Phase.Committing) return config.commitSeconds;
        if (phase == Phase.Agreeing || phase == Phase.Attesting) return config.attestSeconds;
        if (phase == Phase.Revealing) return config.revealSeconds;
        if (phase == Phase.Recovering) return config.recoverSeconds;
        return phase == Phase.Aggregating ? config.proposeSeconds : 0;
    }

    /// @dev A running round of some possible task, with some of its seats having acted.
    function _aRound(
        uint256 random
    ) private returns (RulesReader clock, TaskConfig memory config, Round round, Cohort cohort) {
        config = SomeRules.possible(random);
        bool masked = config.privacy == PrivacyMode.Masked;
        if (!masked) {
            config.maxTrainers = uint16(1 + (config.maxTrainers % 24));
            config.minTrainers = uint16(1 + (config.minTrainers % config.maxTrainers));
        }
        clock = _reader.withRules(config);
        round = RoundWord.fresh(uint32(random >> 16)).turned(
            _phase(masked, random >> 8),
            1_700_000_000 + uint256(uint32(random >> 48))
        );
        uint256 entered = (random >> 80) % (config.maxTrainers + 1);
        uint256 committed = (random >> 96) % (entered + 1);
        uint256 revealed = (random >> 112) % (committed + 1);
        for (uint256 i = 0; i < entered; i++) round = round.withEntered();
        for (uint256 i = 0; i < committed; i++) round = round.withCommitted();
        for (uint256 i = 0; i < revealed; i++) round = round.withRevealed(1);
        if (masked) cohort = _aCohort(round.number(), config.maxTrainers, random >> 128);
        clock.setCohort(cohort);
    }

    function _phase(bool masked, uint256 random) private pure returns (Phase) {
        if (!masked) {
            Phase[6] memory ofSealed = [
                Phase.Entering,
                Phase.Committing,
                Phase.Revealing,
                Phase.Attesting,
                Phase.Aggregating,
                Phase.Proposed
            ];
            return ofSealed[random % 6];
        }
        Phase[9] memory ofMasked = [
            Phase.Entering,
            Phase.Sharing,
            Phase.Committing,
            Phase.Agreeing,
            Phase.Revealing,
            Phase.Recovering,
            Phase.Aggregating,
            Phase.Proposed,
            Phase.Blaming
        ];
        return ofMasked[random % 9];
    }

    /// @dev Of so many seats, any may have shared and any of those be members; often everything is known of them, or of some.
    function _aCohort(uint32 number, uint256 seats, uint256 random) private pure returns (Cohort cohort) {
        cohort = CohortWord.fresh(number);
        uint256 known = random >> 96;
        for (uint16 seat = 0; seat < seats; seat++) {
            if ((random >> seat) & 1 == 0) continue;
            cohort = cohort.withShared(seat);
            bool isKnown = known % 3 == 0 || (known >> seat) & 4 == 0;
            bool isMember = (random >> 32) % 3 != 0 && (random >> (64 + seat)) & 1 == 0;
            if (isMember) cohort = cohort.withMembers(1 << seat);
            if (isKnown) cohort = isMember ? cohort.withSeed(seat) : cohort.withKey(seat);
        }
    }
}
