// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {IFoedus} from "../interfaces/IFoedus.sol";
import {TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RulesReader} from "../test-support/RulesReader.sol";
import {SomeRules} from "../test-support/SomeRules.sol";
import {TaskRules} from "./TaskRules.sol";

/// @notice What may open can run: nothing that follows from its rules overflows, starves or never ends.
contract TaskRulesTest {
    RulesReader private immutable _reader = new RulesReader();

    function testFuzz_RulesInTheirRangesMayOpenAndKeepEveryPromise(uint256 random) external view {
        TaskConfig memory config = SomeRules.possible(random);
        _reader.check(config);
        _keepsEveryPromise(config);
    }

    /// @dev One field out of a possible task's, replaced: it either still keeps every promise or is refused by name.
    function testFuzz_OneFieldChangedIsRefusedOrHarmless(uint256 random, uint8 field, uint256 value) external view {
        TaskConfig memory config = SomeRules.possible(random);
        uint256 index = 4 + (uint256(field) % 24); // after the addresses and enumerations
        // Bytes of each field from there on; all amounts, from index 20, have 16.
        bytes memory sizes = hex"04010402020204040404040404040404";
        uint256 size = index < 20 ? uint8(sizes[index - 4]) : 16;
        uint256 mask = (1 << (8 * size)) - 1;
        assembly ("memory-safe") {
            mstore(add(config, mul(index, 32)), and(value, mask))
        }
        try _reader.check(config) {
            _keepsEveryPromise(config);
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            require(
                selector == IFoedus.FieldOutOfRange.selector || selector == IFoedus.SumCouldOverflow.selector,
                "refused by name"
            );
        }
    }

    function testFuzz_ArbitraryRulesAreRefusedByNameOrHarmless(uint256 random) external view {
        TaskConfig memory config = SomeRules.arbitrary(random);
        try _reader.check(config) {
            _keepsEveryPromise(config);
        } catch (bytes memory reason) {
            require(bytes4(reason) == IFoedus.FieldOutOfRange.selector, "refused by name");
        }
    }

    function _keepsEveryPromise(TaskConfig memory config) private pure {
        require(uint256(config.maxTrainers) * config.maxWeight * config.bound < 1 << 31, "a sum fits its lane");
        require(uint256(config.maxTrainers) * config.maxWeight < 1 << 32, "a round's weight fits");
        require(config.maxTrainers <= 256, "an attestation has a bit for every seat");
        require(config.minTrainers >= 1 && config.minTrainers <= config.maxTrainers, "a round can be filled");
        require(TaskRules.budget(config) < 1 << 120, "no credit overflows");
        uint256 perRound = uint256(config.dataPot) + config.computePot + config.aggregatorPay + config.advanceTip;
        require(TaskRules.budget(config) == perRound * config.rounds, "every round is paid for");
        require(config.minStake >= uint256(config.fraudFine) + 2 * uint256(config.missFine), "stake covers its fines");
        require(config.minStake <= type(uint104).max, "stake fits the vault");
        require(config.graceSeconds >= 1 && config.graceSeconds < config.proposeSeconds, "all get their turn");
        uint256 longest = TaskRules.longestRound(config);
        require(longest >= 7 && longest <= 180 days, "a round ends, and stake thaws, in bounded time");
    }
}
