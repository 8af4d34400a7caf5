// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {CohortSets} from "./interfaces/IMaskedTask.sol";
import {Phase} from "./interfaces/ITrainingTask.sol";
import {FederationInvariants} from "./test-support/FederationInvariants.t.sol";
import {MaskedFederation} from "./test-support/MaskedFederation.t.sol";
import {MaskedRulesModel} from "./test-support/MaskedRulesModel.t.sol";

/// @notice Whatever nine accounts do to a masked task, in whatever order: MaskedFederation says what they can do,
/// MaskedRulesModel what they are owed for it and whose secrets may be shown.
contract MaskedTaskInvariants is FederationInvariants {
    MaskedFederation private _federation;

    function setUp() external {
        _federation = MaskedFederation(_begin("MaskedFederation"));
    }

    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 300
    function invariant_NoMaskFallsButTheSums() external view {
        _theBooksAreRight();
        (uint32 round, Phase phase, ) = _federation.task().clock();
        for (uint32 back = 0; back < 2 && back < round; back++) {
            _secretsAreKept(round - back, back == 0 ? phase : Phase.Void);
        }
    }

    /// @notice What the invariant is worth: the acts it tries lead to every end that a round can have, and to every end of a
    /// cohort that others go on without.
    function test_TheActsLeadToEveryEnd() external {
        _play(300);
        MaskedRulesModel model = _federation.model();
        Phase[10] memory ends = [
            Phase.Entering,
            Phase.Drawing,
            Phase.Sharing,
            Phase.Committing,
            Phase.Agreeing,
            Phase.Revealing,
            Phase.Recovering,
            Phase.Blaming,
            Phase.Aggregating,
            Phase.Final
        ];
        for (uint256 i = 0; i < ends.length; i++) require(model.ended(ends[i]) != 0, _never("ends in phase", ends[i]));
        Phase[6] memory left = [
            Phase.Sharing,
            Phase.Committing,
            Phase.Agreeing,
            Phase.Revealing,
            Phase.Blaming,
            Phase.Final
        ];
        for (uint256 i = 0; i < left.length; i++)
            require(model.leftBehind(left[i]) != 0, _never("a cohort falls out in phase", left[i]));
        require(model.rebuiltSeeds() != 0 && model.rebuiltKeys() != 0, "nothing is ever rebuilt");
        require(model.struckSeats() != 0, "nobody is ever struck");
    }

    /// @dev Of the round under way and of the last one, until somebody has entered another in its place.
    function _secretsAreKept(uint32 round, Phase phase) private view {
        CohortSets[] memory known = _federation.task().cohorts(round);
        if (phase == Phase.Void && known.length == 0) return;
        require(known.length == _federation.model().cohortCount(round), "another number of cohorts");
        bool isAnySummed = false;
        bool isAnyWaitedFor = false;
        for (uint256 c = 0; c < known.length; c++) {
            _cohortIsAsTold(known[c], round, c);
            bool isMasked = known[c].seeds != known[c].members || known[c].roundKeys != _dropped(known[c]);
            isAnyWaitedFor = isAnyWaitedFor || (known[c].members != 0 && isMasked);
            isAnySummed = isAnySummed || known[c].isSummed;
            require(!known[c].isSummed || (known[c].members != 0 && !isMasked), "a sum that is still masked");
            require(phase >= Phase.Revealing || known[c].members == 0, "a set before it is agreed on");
        }
        require(isAnySummed || phase < Phase.Aggregating || phase > Phase.Final, "a sum of nobody");
        if (phase == Phase.Revealing || phase == Phase.Recovering) require(isAnyWaitedFor, "waits for nothing");
    }

    /// @dev Never both secrets of a seat, no seed but of members, no key of one.
    function _cohortIsAsTold(CohortSets memory known, uint32 round, uint256 index) private view {
        MaskedRulesModel model = _federation.model();
        (MaskedRulesModel.Cohort memory told, bool isSummed) = model.cohortAt(round, index);
        uint256 roster = model.rosterOf(round, index);
        require(roster == 0 || known.roster == roster, "another roster");
        require(known.shared == told.shared && known.members == told.members, "another cohort");
        require(known.seeds == told.seeds && known.roundKeys == told.keys, "other secrets");
        require(known.isSummed == isSummed, "another sum");
        require(known.shared & ~known.roster == 0, "one of another cohort");
        require(known.seeds & known.roundKeys == 0, "both secrets of a seat");
        require(known.seeds & ~known.members == 0, "the seed of one that is not in the sum");
        require(known.roundKeys & ~_dropped(known) == 0, "the key of one that is in the sum");
    }

    function _dropped(CohortSets memory known) private pure returns (uint256) {
        return known.shared & ~known.members;
    }
}
