// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {IFoedus} from "../interfaces/IFoedus.sol";
import {PrivacyMode, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Deploy} from "../test-support/Deploy.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";
import {TaskRules} from "./TaskRules.sol";

/// @notice What may open can run: nothing that follows from its rules overflows, starves or never ends.
contract TaskRulesTest {
    RulesReader private immutable _reader = RulesReader(Deploy.named("RulesReader"));

    function testFuzz_RulesInTheirRangesMayOpenAndKeepEveryPromise(uint256 random) external view {
        TaskConfig memory config = SomeRules.possible(random);
        _reader.check(config);
        _keepsEveryPromise(config);
    }

    /// @dev One field out of a possible task's, replaced: it either still keeps every promise or is refused by name.
    function testFuzz_OneFieldChangedIsRefusedOrHarmless(uint256 random, uint8 field, uint256 value) external view {
        TaskConfig memory config = SomeRules.possible(random);
        // Bytes of each field.
        bytes memory sizes = hex"1414010104020204040104020202020101020404040404040404040404040404101010081010101010";
        uint256 index = 2 + (uint256(field) % (sizes.length - 2)); // after the addresses
        uint256 size = uint8(sizes[index]);
        if (index == 2) value %= 2; // the privacy mode
        if (index == 3) value %= 4; // the server's rule
        uint256 mask = (1 << (8 * size)) - 1;
        assembly ("memory-safe") {
            mstore(add(config, mul(index, 32)), and(value, mask))
        }
        try _reader.check(config) {
            _keepsEveryPromise(config);
        } catch (bytes memory reason) {
            _isRefusedByName(reason);
        }
    }

    function testFuzz_ArbitraryRulesAreRefusedByNameOrHarmless(uint256 random) external view {
        TaskConfig memory config = SomeRules.arbitrary(random);
        try _reader.check(config) {
            _keepsEveryPromise(config);
        } catch (bytes memory reason) {
            _isRefusedByName(reason);
        }
    }

    function _isRefusedByName(bytes memory reason) private pure {
        bytes4[4] memory names = [
            IFoedus.FieldOutOfRange.selector,
            IFoedus.SumCouldOverflow.selector,
            IFoedus.CohortsDiffer.selector,
            IFoedus.ProofTooDear.selector
        ];
        for (uint256 i = 0; i < names.length; i++) if (bytes4(reason) == names[i]) return;
        revert("refused by name");
    }

    function _keepsEveryPromise(TaskConfig memory config) private pure {
        require(uint256(config.maxTrainers) * config.maxWeight < 1 << 32, "a round's weight fits");
        require(config.maxTrainers <= 256, "an attestation has a bit for every seat");
        require(config.minTrainers >= 1 && config.minTrainers <= config.maxTrainers, "a round can be filled");
        require(config.minSummed >= 1 && config.minSummed <= config.minTrainers, "a sum that goes on has an update");
        require(TaskRules.budget(config) < 1 << 120, "no credit overflows");
        uint256 perRound = uint256(config.dataPot) + config.computePot + config.aggregatorPay + config.advanceTip;
        require(TaskRules.budget(config) == perRound * config.rounds, "every round is paid for");
        require(config.minStake >= uint256(config.fraudFine) + 2 * uint256(config.missFine), "stake covers its fines");
        require(config.minStake <= type(uint104).max, "stake fits the vault");
        require(config.graceSeconds >= 1 && config.graceSeconds < config.proposeSeconds, "all get their turn");
        _steps(config);
        if (config.privacy == PrivacyMode.Masked) _masks(config);
        else _usesNoMasks(config);
        _sumsFit(config);
        uint256 longest = TaskRules.longestRound(config);
        require(longest >= 7 && longest <= 462 days, "a round ends, and stake thaws, in bounded time");
        require(config.retentionSeconds >= longest, "what a proof needs is kept");
        uint256 gas = TaskRules.challengeGas(config);
        uint256 reward = (uint256(config.fraudFine) * 2) / 5;
        require(reward >= 2 * gas * config.challengeGasPrice, "a challenger gets its gas twice");
        require(gas <= 16_777_216, "a proof fits in one transaction");
        require(TaskRules.MOST_HELD * config.discloseSeconds < 1 << 24, "how long a proposal is held fits");
    }

    /// @dev What secure aggregation relies on.
    function _masks(TaskConfig memory config) private pure {
        uint256 threshold = config.shareThreshold;
        require(config.cohorts >= 1 && config.cohorts <= 8, "a seat has three bits for its cohort");
        uint256 seats = config.maxTrainers / config.cohorts;
        require(seats * config.cohorts == config.maxTrainers, "full cohorts are alike");
        require(seats <= 32, "a cohort's sets fit in one word");
        require(2 * uint256(config.trim) < config.cohorts, "a full round has a mean left");
        require(config.minTrainers >= 3, "nobody can subtract its own update and see another's");
        require(config.minSummed == config.minTrainers, "and nobody is struck out of a sum");
        require(config.minTrainers <= seats, "a cohort can be filled");
        require(2 * threshold > seats, "no two sets are both agreed on");
        require(threshold <= config.minTrainers, "the members of a set can rebuild what is missing");
        require(config.shareSeconds >= 1 && config.recoverSeconds >= 1, "there is time to share and to recover");
        require(config.blameSeconds >= 3, "and for each of the three steps of blame");
    }

    /// @dev Sealed tasks have no numbers of it.
    function _usesNoMasks(TaskConfig memory config) private pure {
        require(config.shareThreshold == 0 && config.cohorts == 0 && config.trim == 0, "not used");
        require(config.shareSeconds == 0 && config.recoverSeconds == 0 && config.blameSeconds == 0, "nor these");
    }

    /// @dev With trimming nothing adds all updates: a cohort's are added, and then the cohorts' means.
    function _sumsFit(TaskConfig memory config) private pure {
        uint256 seats = config.trim == 0 ? config.maxTrainers : config.maxTrainers / config.cohorts;
        require(seats * config.maxWeight * config.bound < 1 << 31, "a sum fits its lane");
        require(uint256(config.cohorts) * config.bound < 1 << 31, "and one of means does");
    }

    /// @dev What ServerStep relies on, and that no rule has numbers it does not use.
    function _steps(TaskConfig memory config) private pure {
        bool moments = config.serverRule == ServerRule.FedAvgM || config.serverRule == ServerRule.FedAdam;
        bool adaptive = config.serverRule == ServerRule.FedAdam;
        require(moments ? config.serverRate >= 1 && config.serverRate <= 16 << 16 : config.serverRate == 0, "rate");
        require(moments || config.momentum == 0, "momentum");
        require(adaptive || config.secondMomentum == 0, "second momentum");
        require(adaptive ? config.adaptivity >= 1 && config.adaptivity < 1 << 31 : config.adaptivity == 0, "tau");
        require(config.fractionBits >= 1 && config.fractionBits <= 30, "digits of a lane");
    }
}
