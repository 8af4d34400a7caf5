// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Phase} from "./interfaces/ITrainingTask.sol";
import {FederationInvariants} from "./test-support/FederationInvariants.t.sol";
import {SealedFederation} from "./test-support/SealedFederation.t.sol";

/// @notice Whatever nine accounts do to a sealed task, in whatever order: SealedFederation says what they can do,
/// SealedRulesModel what they are owed for it.
contract SealedTaskInvariants is FederationInvariants {
    SealedFederation private _federation;

    function setUp() external {
        _federation = SealedFederation(_begin("SealedFederation"));
    }

    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 300
    function invariant_EverybodyGetsTheirDueAndNothingElse() external view {
        _theBooksAreRight();
    }

    /// @notice What the invariant is worth: the acts it tries lead to every end that a round can have, but that of one in which
    /// almost everybody is struck.
    function test_TheActsLeadToEveryEnd() external {
        _play(100);
        Phase[5] memory ends = [Phase.Entering, Phase.Committing, Phase.Revealing, Phase.Aggregating, Phase.Final];
        for (uint256 i = 0; i < ends.length; i++) {
            require(_federation.model().ended(ends[i]) != 0, _never("ends in phase", ends[i]));
        }
    }
}
