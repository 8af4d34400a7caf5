// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Phase, PrivacyMode, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";
import {Cohort, CohortWord} from "../types/Cohort.sol";
import {Round, RoundWord} from "../types/Round.sol";
import {TaskRules} from "./TaskRules.sol";

/// @notice Whatever has happened in a round of either kind, its clock never goes back, does not mind when it is read, and
/// runs out.
contract RoundClockTest {
    RulesReader private immutable _reader = RulesReader(Deploy.named("RulesReader"));

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
        (RulesReader clock, TaskConfig memory config, Round round, Cohort[] memory cohorts) = _aRound(random);
        Round turned = clock.next(round, time);
        bool masked = config.privacy == PrivacyMode.Masked;
        Phase expected = masked ? _afterMasked(config, round, cohorts) : _afterSealed(config, round);
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
        bool attesting = round.phase() == Phase.Attesting;
        if (acted < (attesting ? config.minSummed : config.minTrainers)) return Phase.Void;
        if (entering) return Phase.Committing;
        if (committing) return Phase.Revealing;
        return round.phase() == Phase.Revealing ? Phase.Attesting : Phase.Aggregating;
    }

    function _afterMasked(TaskConfig memory config, Round round, Cohort[] memory cohorts) private pure returns (Phase) {
        Phase phase = round.phase();
        if (phase == Phase.Proposed) return Phase.Final;
        if (phase == Phase.Drawing || phase == Phase.Aggregating) return Phase.Void;
        if (phase == Phase.Entering) {
            if (round.entered() < config.minTrainers * cohorts.length) return Phase.Void;
            return config.cohorts == 1 ? Phase.Sharing : Phase.Drawing;
        }
        bool someGoOn = false;
        bool someCanBeRebuilt = false;
        for (uint256 c = 0; c < cohorts.length; c++) {
            someGoOn = someGoOn || _goesOn(cohorts[c], phase, config.minTrainers);
            someCanBeRebuilt = someCanBeRebuilt || _canBeRebuilt(cohorts[c], config);
        }
        if (phase == Phase.Revealing && someCanBeRebuilt) return Phase.Recovering;
        if (!someGoOn) return Phase.Void;
        if (phase == Phase.Sharing) return Phase.Committing;
        if (phase == Phase.Committing) return Phase.Agreeing;
        return phase == Phase.Agreeing ? Phase.Revealing : Phase.Aggregating;
    }

    /// @dev It has done all that it has to until the end of `phase`.
    function _goesOn(Cohort cohort, Phase phase, uint256 enough) private pure returns (bool) {
        if (CohortWord.count(cohort.shared()) < enough) return false;
        if (phase >= Phase.Committing && CohortWord.count(cohort.committed()) < enough) return false;
        if (phase >= Phase.Agreeing && cohort.members() == 0) return false;
        if (phase < Phase.Revealing) return true;
        bool isUnmasked = cohort.seeds() == cohort.members() && cohort.keys() == cohort.dropped();
        return isUnmasked && !cohort.isSpoilt();
    }

    /// @dev Its set is agreed on, something of it is missing, and enough have revealed.
    function _canBeRebuilt(Cohort cohort, TaskConfig memory config) private pure returns (bool) {
        if (!_goesOn(cohort, Phase.Agreeing, config.minTrainers)) return false;
        bool isMissing = !_goesOn(cohort, Phase.Revealing, config.minTrainers);
        return isMissing && CohortWord.count(cohort.seeds()) >= config.shareThreshold;
    }

    function _length(TaskConfig memory config, Phase phase) private pure returns (uint256) {
        if (phase == Phase.Drawing || phase == Phase.Sharing) return config.shareSeconds;
        if (phase == Phase.Committing) return config.commitSeconds;
        if (phase == Phase.Agreeing || phase == Phase.Attesting) return config.attestSeconds;
        if (phase == Phase.Revealing) return config.revealSeconds;
        if (phase == Phase.Recovering) return config.recoverSeconds;
        return phase == Phase.Aggregating ? config.proposeSeconds : 0;
    }

    /// @dev A running round of some possible task, with some of its seats having acted.
    function _aRound(
        uint256 random
    ) private returns (RulesReader clock, TaskConfig memory config, Round round, Cohort[] memory cohorts) {
        config = SomeRules.possible(random);
        bool masked = config.privacy == PrivacyMode.Masked;
        if (!masked) {
            config.maxTrainers = uint16(1 + (config.maxTrainers % 24));
            config.minTrainers = uint16(1 + (config.minTrainers % config.maxTrainers));
            config.minSummed = uint16(1 + (config.minSummed % config.minTrainers));
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
        if (masked) cohorts = new Cohort[](1 + ((random >> 128) % config.cohorts));
        for (uint256 c = 0; c < cohorts.length; c++) {
            uint256 dice = uint256(keccak256(abi.encode(random, c)));
            cohorts[c] = _aCohort(round, config.maxTrainers / config.cohorts, dice);
        }
        clock.setCohorts(cohorts);
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
        Phase[10] memory ofMasked = [
            Phase.Entering,
            Phase.Drawing,
            Phase.Sharing,
            Phase.Committing,
            Phase.Agreeing,
            Phase.Revealing,
            Phase.Recovering,
            Phase.Blaming,
            Phase.Aggregating,
            Phase.Proposed
        ];
        return ofMasked[random % 10];
    }

    /// @dev Of so many ranks, any may have shared, any of those have committed and any of those be members, mostly many;
    /// often everything is known of them, or of some. Once there have been proposals one may have been spoilt.
    function _aCohort(Round round, uint256 size, uint256 random) private pure returns (Cohort cohort) {
        cohort = CohortWord.fresh(round.number());
        uint256 members = 0;
        for (uint256 rank = 0; rank < size; rank++) {
            uint256 bit = 1 << rank;
            uint256 dice = uint256(keccak256(abi.encode(random, rank)));
            if (dice % (2 + (random % 30)) == 0) continue;
            cohort = cohort.withShared(bit);
            bool isKnown = random % 3 == 0 || dice & (1 << 32) == 0;
            bool isCommitted = (dice >> 64) % (2 + ((random >> 64) % 30)) != 0;
            if (isCommitted) cohort = cohort.withCommitted(bit);
            bool isMember = isCommitted && (random >> 32) % 4 != 0 && dice & (3 << 96) != 0;
            if (isMember) members |= bit;
            if (isKnown) cohort = isMember ? cohort.withSeed(bit, 1) : cohort.withKey(bit);
        }
        cohort = cohort.withMembers(members);
        bool mayBeSpoilt = round.phase() >= Phase.Blaming && cohort.isUnmasked();
        if (mayBeSpoilt && random >> 255 == 1) cohort = cohort.spoiled();
    }
}
