// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {Phase, SeatStatus} from "../interfaces/ITrainingTask.sol";
import {TaskRules} from "../libraries/TaskRules.sol";
import {Cohort, CohortWord} from "./Cohort.sol";
import {Member} from "./Member.sol";
import {Round, RoundWord} from "./Round.sol";
import {Seat, SeatWord} from "./Seat.sol";

/// @notice Every change of a packed word changes its own field and no other, whatever the other fields hold.
contract WordsTest {
    struct RoundFields {
        uint32 number;
        Phase phase;
        uint40 endsAt;
        uint16 entered;
        uint16 committed;
        uint16 revealed;
        uint16 struck;
        uint32 weight;
        uint16 drawn;
        uint16 proposer;
        uint16 missed;
        uint16 proposals;
        uint24 held;
    }

    struct SeatFields {
        address trainer;
        uint32 round;
        uint16 weight;
        SeatStatus status;
        bool attested;
        bool missedTurn;
        uint16 strikes;
        bool barred;
        uint16 modelMissed;
        bool convicted;
        bool gaveShares;
        uint8 cohort;
    }

    struct CohortFields {
        uint32 round;
        uint256 shared;
        uint256 committed;
        uint256 members;
        uint256 seeds;
        uint256 keys;
        uint256 weight;
        bool spoilt;
    }

    struct MemberFields {
        uint128 credit;
        uint32 lastRound;
        uint16 lastSeat;
        uint32 previousRound;
        uint16 previousSeat;
    }

    function testFuzz_ARoundStartsEmpty(uint32 number) external pure {
        RoundFields memory empty;
        empty.number = number;
        _same(_read(RoundWord.fresh(number)), empty, "fresh");
    }

    function testFuzz_ChangesOfARoundChangeOneField(
        uint256 word,
        uint8 phase,
        uint40 time,
        uint16 value
    ) external pure {
        Round round = _aRound(word);

        RoundFields memory expected = _read(round);
        expected.phase = Phase(phase % 14);
        expected.endsAt = time;
        _same(_read(round.turned(Phase(phase % 14), time)), expected, "turned");

        expected = _read(round);
        expected.entered += 1;
        _same(_read(round.withEntered()), expected, "withEntered");

        expected = _read(round);
        expected.committed += 1;
        _same(_read(round.withCommitted()), expected, "withCommitted");

        expected = _read(round);
        expected.revealed += 1;
        expected.weight += value;
        _same(_read(round.withRevealed(value)), expected, "withRevealed");

        expected = _read(round);
        expected.struck += 1;
        _same(_read(round.withRevealed(value).withStruck(value)), expected, "withStruck");

        expected = _read(round);
        expected.drawn = value;
        _same(_read(round.withDrawn(value)), expected, "withDrawn");

        expected = _read(round);
        expected.missed += 1;
        _same(_read(round.withMissed()), expected, "withMissed");

        expected = _read(round);
        expected.endsAt += value;
        expected.held += value;
        _same(_read(round.withHeld(value)), expected, "withHeld");
    }

    function testFuzz_AProposalStartsAnewAndIsCounted(uint256 word, uint16 seat) external pure {
        Round round = _aRound(word).withMissed().withHeld(word % 1000);
        RoundFields memory expected = _read(round);
        for (uint256 i = 0; i < 3; i++) {
            round = round.withProposal(seat);
            (expected.proposer, expected.missed, expected.held) = (seat, 0, 0);
            expected.proposals += 1;
            _same(_read(round), expected, "withProposal");
            round = round.withMissed();
        }
    }

    /// @dev The most a task can come to: a proposal of each of 256 seats and as many that a convict has changed, which all
    /// miss, held for as long as the longest rules allow.
    function test_CountersDoNotRunOver() external pure {
        Round round = RoundWord.fresh(type(uint32).max);
        for (uint256 i = 0; i < 512; i++) round = round.withProposal(255);
        for (uint256 i = 0; i < 256; i++) round = round.withMissed();
        round = round.withHeld(TaskRules.MOST_HELD * TaskRules.MAX_DISCLOSE);
        require(round.proposals() == 512 && round.missed() == 256, "proposals and misses");
        require(round.held() == TaskRules.MOST_HELD * TaskRules.MAX_DISCLOSE, "seconds held");
        require(round.proposer() == 255 && round.number() == type(uint32).max, "neighbours");
        require(SeatWord.taken(address(1), 1, 1).withModelMissed(512).modelMissed() == 512, "a seat's ordinal");
    }

    function testFuzz_ChangesOfASeatChangeOneField(
        address trainer,
        uint32 round,
        uint16 weight,
        uint8 status,
        uint8 strikes,
        uint16[2] calldata ordinals
    ) external pure {
        Seat seat = SeatWord.taken(trainer, round, weight);
        SeatFields memory expected = SeatFields(
            trainer,
            round,
            weight,
            SeatStatus.Entered,
            false,
            false,
            0,
            false,
            0,
            false,
            false,
            0
        );
        _same(_read(seat), expected, "taken");

        for (uint256 i = 0; i < strikes; i++) seat = seat.withStrike();
        expected.strikes = strikes;
        _same(_read(seat), expected, "withStrike");

        seat = seat.to(SeatStatus(status % 9));
        expected.status = SeatStatus(status % 9);
        _same(_read(seat), expected, "to");

        seat = seat.withAttested();
        expected.attested = true;
        _same(_read(seat), expected, "withAttested");

        seat = seat.withMissedTurn();
        expected.missedTurn = true;
        _same(_read(seat), expected, "withMissedTurn");

        seat = seat.withBarred();
        expected.barred = true;
        _same(_read(seat), expected, "withBarred");

        seat = seat.withConviction();
        expected.convicted = true;
        _same(_read(seat), expected, "withConviction");

        seat = seat.withSharesGiven();
        expected.gaveShares = true;
        _same(_read(seat), expected, "withSharesGiven");

        seat = seat.withCohort(strikes % 8);
        expected.cohort = strikes % 8;
        _same(_read(seat), expected, "withCohort");

        for (uint256 i = 0; i < 2; i++) {
            seat = seat.withModelMissed(ordinals[i] % 4096);
            expected.modelMissed = ordinals[i] % 4096;
            _same(_read(seat), expected, "withModelMissed");
        }

        _same(
            _read(seat.withAttested().withMissedTurn().withBarred().withConviction().withSharesGiven()),
            expected,
            "flags are set once"
        );
        seat = seat.to(SeatStatus.Settled);
        expected.status = SeatStatus.Settled;
        _same(_read(seat), expected, "to, with flags");
    }

    function testFuzz_ChangesOfACohortChangeOneField(
        uint32 number,
        uint32[5] calldata sets,
        uint16[32] calldata weights
    ) external pure {
        CohortFields memory expected;
        expected.round = number;
        Cohort cohort = CohortWord.fresh(number);
        _same(_read(cohort), expected, "fresh");

        for (uint256 i = 0; i < 32; i++) {
            uint256 bit = 1 << i;
            if (sets[0] & bit != 0) cohort = cohort.withShared(bit);
            if (sets[1] & bit != 0) cohort = cohort.withCommitted(bit);
            if (sets[3] & bit != 0) cohort = cohort.withKey(bit);
            if (sets[2] & bit == 0) continue;
            cohort = cohort.withSeed(bit, weights[i]);
            expected.weight += weights[i];
        }
        (expected.shared, expected.committed, expected.seeds, expected.keys) = (sets[0], sets[1], sets[2], sets[3]);
        _same(_read(cohort), expected, "rank by rank");

        cohort = cohort.withMembers(sets[4]);
        expected.members = sets[4];
        _same(_read(cohort), expected, "withMembers");

        cohort = cohort.spoiled();
        expected.spoilt = true;
        _same(_read(cohort), expected, "spoiled");

        uint256 again = 1 << (number % 32);
        cohort = cohort.withShared(again).withCommitted(again).withKey(again).spoiled();
        expected.shared |= again;
        expected.committed |= again;
        expected.keys |= again;
        Cohort twice = cohort.withShared(again).withCommitted(again).withKey(again).spoiled();
        _same(_read(cohort), expected, "with neighbours");
        _same(_read(twice), expected, "once");
    }

    /// @dev As many as a cohort can have, each of the largest weight.
    function test_TheWeightOfACohortDoesNotRunOver() external pure {
        Cohort cohort = CohortWord.fresh(type(uint32).max).withMembers(type(uint32).max);
        for (uint256 rank = 0; rank < 32; rank++) cohort = cohort.withSeed(1 << rank, type(uint16).max);
        require(cohort.weight() == 32 * uint256(type(uint16).max) && !cohort.isSpoilt(), "weight");
        require(cohort.isUnmasked() && cohort.isSummed() && !cohort.spoiled().isSummed(), "isSummed");
    }

    /// @dev Of each rank by itself: a member's seed, or the key of one that shared and is none.
    function testFuzz_ACohortIsUnmaskedWhenOneSecretOfEachIsKnown(
        uint32 shared,
        uint32 members,
        uint32 known
    ) external pure {
        members &= shared;
        Cohort cohort = CohortWord.fresh(1).withMembers(members);
        uint256 dropped;
        uint256 sharers;
        bool all = members != 0;
        for (uint256 rank = 0; rank < 32; rank++) {
            uint256 bit = 1 << rank;
            if (shared & bit == 0) continue;
            sharers++;
            cohort = cohort.withShared(bit);
            bool isMember = members & bit != 0;
            if (!isMember) dropped |= bit;
            // Mostly all of them, so that both outcomes are seen.
            bool isKnown = known % 2 == 0 || known & bit != 0;
            if (isKnown) cohort = isMember ? cohort.withSeed(bit, 1) : cohort.withKey(bit);
            else all = false;
        }
        require(cohort.dropped() == dropped, "dropped");
        require(CohortWord.count(cohort.shared()) == sharers, "count");
        require(cohort.isUnmasked() == all && cohort.isSummed() == all, "isUnmasked");
        require(cohort.spoiled().isUnmasked() == all && !cohort.spoiled().isSummed(), "isSummed");
    }

    /// @dev The first phase in which too few have acted, or that has not brought what it is for.
    function testFuzz_ACohortFallsOutWhereTooFewHaveActed(
        uint32[5] calldata sets,
        uint8 least,
        bool spoilt
    ) external pure {
        uint256 enough = 1 + (uint256(least) % 32);
        (uint256 shared, uint256 committed) = (sets[0] | sets[1], sets[0]);
        uint256 members = sets[2] % 4 == 0 ? 0 : committed & ~sets[1];
        Cohort cohort = CohortWord.fresh(1);
        for (uint256 bit = 1; bit < 1 << 32; bit <<= 1) {
            if (shared & bit != 0) cohort = cohort.withShared(bit);
            if (committed & bit != 0) cohort = cohort.withCommitted(bit);
            bool isKnown = sets[3] % 4 != 0 || sets[4] & bit != 0;
            if (isKnown && members & bit != 0) cohort = cohort.withSeed(bit, 1);
            if (isKnown && members != 0 && shared & ~members & bit != 0) cohort = cohort.withKey(bit);
        }
        cohort = cohort.withMembers(members);
        if (spoilt) cohort = cohort.spoiled();

        Phase expected = spoilt ? Phase.Blaming : Phase.Final;
        if (!cohort.isUnmasked()) expected = Phase.Revealing;
        if (members == 0) expected = Phase.Agreeing;
        if (_count(committed) < enough) expected = Phase.Committing;
        if (_count(shared) < enough) expected = Phase.Sharing;
        require(cohort.endedIn(enough) == expected, "endedIn");
        _isDoneWhenNobodyIsWaitedFor(cohort, expected, enough);
    }

    /// @dev Who can still act in a phase is waited for, unless the cohort has fallen out before it.
    function _isDoneWhenNobodyIsWaitedFor(Cohort cohort, Phase endedIn, uint256 enough) private pure {
        uint256 size = _count(cohort.shared());
        require(cohort.isDone(Phase.Sharing, size, enough), "all have shared");
        require(!cohort.isDone(Phase.Sharing, size + 1, enough), "one has not shared");
        bool isOut = endedIn < Phase.Committing;
        bool allCommitted = cohort.committed() == cohort.shared();
        require(cohort.isDone(Phase.Committing, size, enough) == (isOut || allCommitted), "committing");
        isOut = endedIn < Phase.Agreeing;
        require(cohort.isDone(Phase.Agreeing, size, enough) == (isOut || cohort.members() != 0), "agreeing");
        isOut = cohort.members() == 0;
        for (uint256 i = 0; i < 2; i++) {
            Phase phase = i == 0 ? Phase.Revealing : Phase.Recovering;
            require(cohort.isDone(phase, size, enough) == (isOut || cohort.isUnmasked()), "revealing");
        }
    }

    function _count(uint256 set) private pure returns (uint256 size) {
        for (uint256 i = 0; i < 256; i++) size += (set >> i) & 1;
    }

    function testFuzz_ChangesOfAMemberChangeOneField(
        uint120 credit,
        uint120 more,
        uint32[3] calldata rounds,
        uint16[3] calldata seats
    ) external pure {
        Member member;
        MemberFields memory expected;
        for (uint256 i = 0; i < 3; i++) {
            member = member.withEntered(rounds[i], seats[i]);
            (expected.previousRound, expected.previousSeat) = (expected.lastRound, expected.lastSeat);
            (expected.lastRound, expected.lastSeat) = (rounds[i], seats[i]);
            _same(_read(member), expected, "withEntered");
        }
        member = member.withCredit(credit);
        expected.credit = credit;
        _same(_read(member), expected, "withCredit");
        member = member.withCredit(more);
        expected.credit = uint128(credit) + more;
        _same(_read(member), expected, "withCredit again");
        member = member.withEntered(rounds[0], seats[0]);
        require(member.credit() == expected.credit, "credit outlives an entry");
        require(member.withoutCredit().credit() == 0, "withoutCredit");
        require(member.withoutCredit().lastRound() == rounds[0], "and keeps the rest");
        require(member.withoutCredit().previousSeat() == seats[2], "all of it");
    }

    /// @dev Any round whose counters could be real: at most 256 seats, as many of a weight below 2^16.
    function _aRound(uint256 random) private pure returns (Round round) {
        round = RoundWord.fresh(uint32(random)).turned(Phase(uint8(random >> 32) % 14), uint32(random >> 40));
        round = round.withDrawn(uint16(random >> 80)).withProposal(uint16(random >> 96));
        for (uint256 i = uint8(random >> 112) % 16; i > 0; i--) round = round.withEntered();
        for (uint256 i = uint8(random >> 120) % 16; i > 0; i--) round = round.withCommitted();
        for (uint256 i = uint8(random >> 128) % 16; i > 0; i--)
            round = round.withRevealed(uint16(random >> (128 + 8 * i)));
    }

    function _read(Round round) private pure returns (RoundFields memory) {
        return
            RoundFields(
                round.number(),
                round.phase(),
                round.endsAt(),
                round.entered(),
                round.committed(),
                round.revealed(),
                round.struck(),
                round.weight(),
                round.drawn(),
                round.proposer(),
                round.missed(),
                round.proposals(),
                round.held()
            );
    }

    function _read(Seat seat) private pure returns (SeatFields memory) {
        return
            SeatFields(
                seat.trainer(),
                seat.round(),
                seat.weight(),
                seat.status(),
                seat.attested(),
                seat.missedTurn(),
                seat.strikes(),
                seat.barred(),
                seat.modelMissed(),
                seat.convicted(),
                seat.gaveShares(),
                seat.cohort()
            );
    }

    function _read(Cohort cohort) private pure returns (CohortFields memory) {
        return
            CohortFields(
                cohort.round(),
                cohort.shared(),
                cohort.committed(),
                cohort.members(),
                cohort.seeds(),
                cohort.keys(),
                cohort.weight(),
                cohort.isSpoilt()
            );
    }

    function _read(Member member) private pure returns (MemberFields memory) {
        return
            MemberFields(
                member.credit(),
                member.lastRound(),
                member.lastSeat(),
                member.previousRound(),
                member.previousSeat()
            );
    }

    function _same(RoundFields memory a, RoundFields memory b, string memory change) private pure {
        require(keccak256(abi.encode(a)) == keccak256(abi.encode(b)), change);
    }

    function _same(SeatFields memory a, SeatFields memory b, string memory change) private pure {
        require(keccak256(abi.encode(a)) == keccak256(abi.encode(b)), change);
    }

    function _same(CohortFields memory a, CohortFields memory b, string memory change) private pure {
        require(keccak256(abi.encode(a)) == keccak256(abi.encode(b)), change);
    }

    function _same(MemberFields memory a, MemberFields memory b, string memory change) private pure {
        require(keccak256(abi.encode(a)) == keccak256(abi.encode(b)), change);
    }
}
