// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {PrivacyMode, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";

/// @notice A clone reads the rules it was made with.
contract RulesTest {
    RulesReader private immutable _reader = RulesReader(Deploy.named("RulesReader"));

    function test_EveryFieldIsReadFromItsPlace(uint256 random) external {
        TaskConfig memory config = SomeRules.arbitrary(random);
        RulesReader clone = _reader.withRules(config);
        require(keccak256(abi.encode(clone.all())) == keccak256(abi.encode(config)), "all");

        TaskConfig memory read = clone.oneByOne();
        // What no act on chain needs is not read by itself.
        (config.fractionBits, config.bound) = (0, 0);
        (config.weightUnit, config.retentionSeconds, config.challengeGasPrice) = (0, 0, 0);
        config.privacy = PrivacyMode.Sealed;
        (config.serverRate, config.momentum, config.secondMomentum, config.adaptivity) = (0, 0, 0, 0);
        require(keccak256(abi.encode(read)) == keccak256(abi.encode(config)), "one by one");

        (uint256 budget, uint256 longestRound) = clone.derived();
        require(budget == uint256(keccak256("budget")), "budget");
        require(longestRound == uint256(keccak256("longest round")), "longest round");
    }
}
