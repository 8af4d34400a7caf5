// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Phase, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";
import {Round, RoundWord} from "../types/Round.sol";
import {TaskRules} from "./TaskRules.sol";

/// @notice Whatever has happened in a round, its clock never goes back, does not mind when it is read, and runs out.
contract RoundClockTest {
    RulesReader private immutable _reader = new RulesReader();

    function testFuzz_NeverGoesBackAndDoesNotMindWhenItIsRead(uint256 random, uint32 wait, uint32 more) external {
        (RulesReader clock, , Round round) = _aRound(random);
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
        (RulesReader clock, TaskConfig memory config, Round round) = _aRound(random);
        (Round end, Phase endedIn) = clock.asOf(round, round.endsAt() + TaskRules.longestRound(config));
        require(end.phase() == Phase.Final || end.phase() == Phase.Void, "goes on for ever");
        require((end.phase() == Phase.Final) == (round.phase() == Phase.Proposed), "final only by a proposal");
        require(endedIn >= round.phase() && endedIn < Phase.Final, "ends in a phase it was in");
    }

    function testFuzz_TurnsOnePhaseAtATimeAndOnlyWithEnough(uint256 random, uint32 time) external {
        (RulesReader clock, TaskConfig memory config, Round round) = _aRound(random);
        Round turned = clock.next(round, time);
        uint256 acted =
            round.phase() == Phase.Entering
                ? round.entered()
                : round.phase() == Phase.Committing
                    ? round.committed()
                    : round.revealed();
        bool enough = acted >= config.minTrainers && round.phase() != Phase.Aggregating;
        if (round.phase() == Phase.Proposed) enough = true;
        if (enough) require(uint8(turned.phase()) == uint8(round.phase()) + 1, "to the next phase");
        else require(turned.phase() == Phase.Void, "to nothing");
        require(Round.unwrap(turned.turned(round.phase(), round.endsAt())) == Round.unwrap(round), "counters stay");
    }

    function testFuzz_WaitsForItsDeadline(uint256 random, uint32 early) external {
        (RulesReader clock, , Round round) = _aRound(random);
        uint256 time = uint256(round.endsAt()) - 1 - (early % round.endsAt());
        (Round same, Phase in_) = clock.asOf(round, time);
        require(Round.unwrap(same) == Round.unwrap(round) && in_ == round.phase(), "turned too early");
    }

    function testFuzz_StandsStillBeforeItOpensAndAfterItsEnd(uint256 random, uint40 time) external {
        (RulesReader clock, , Round round) = _aRound(random);
        Phase[3] memory still = [Phase.Idle, Phase.Final, Phase.Void];
        for (uint256 i = 0; i < 3; i++) {
            Round resting = round.turned(still[i], round.endsAt());
            (Round same, Phase in_) = clock.asOf(resting, time);
            require(Round.unwrap(same) == Round.unwrap(resting) && in_ == still[i], "moved");
        }
    }

    /// @dev A running round of some possible task, with some of its seats having acted.
    function _aRound(uint256 random) private returns (RulesReader clock, TaskConfig memory config, Round round) {
        config = SomeRules.possible(random);
        config.maxTrainers = uint16(1 + (config.maxTrainers % 24));
        config.minTrainers = uint16(1 + (config.minTrainers % config.maxTrainers));
        clock = _reader.withRules(config);
        Phase phase = Phase(1 + ((random >> 8) % 6));
        round = RoundWord.fresh(uint32(random >> 16)).turned(phase, 1_700_000_000 + uint256(uint32(random >> 48)));
        uint256 entered = (random >> 80) % (config.maxTrainers + 1);
        uint256 committed = (random >> 96) % (entered + 1);
        uint256 revealed = (random >> 112) % (committed + 1);
        for (uint256 i = 0; i < entered; i++) round = round.withEntered();
        for (uint256 i = 0; i < committed; i++) round = round.withCommitted();
        for (uint256 i = 0; i < revealed; i++) round = round.withRevealed(1);
    }
}
