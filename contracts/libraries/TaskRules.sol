// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {PrivacyMode, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {ChunkTree} from "./ChunkTree.sol";
import {ServerStep} from "./ServerStep.sol";

/// @title TaskRules
/// @notice What a task's rules must satisfy before it may open, and what follows from them.
library TaskRules {
    uint256 internal constant MAX_SEATS = 256; // an attestation is one word of bits
    uint256 internal constant MAX_COHORT = 32; // everybody shares with everybody
    uint256 internal constant MAX_COHORTS = 8;
    uint256 internal constant MIN_COHORT = 3; // a sum of two shows each of them the other
    uint256 internal constant MAX_PARAMETERS = 1 << 30;
    uint256 internal constant MAX_WINDOW = 30 days;
    uint256 internal constant MAX_ROUNDS = 1_000_000;
    uint256 internal constant SUM_LIMIT = 1 << 31;
    uint256 internal constant MAX_SERVER_RATE = 1 << 20; // 16, in units of 2^-16
    /// @dev A proposal is held open for at most 32 * discloseSeconds, counted in 24 bits.
    uint256 internal constant MAX_DISCLOSE = 6 days;
    uint256 internal constant MOST_HELD = 32;
    uint256 internal constant MAX_PROOF_GAS = 1 << 24; // what a transaction may take (EIP-7825)
    // What a claim and a proof cost at most (EIP-7623 included): any, each update in a sum, each vector that is stepped, and
    // each byte of openings. The court's own tests hold them against what it costs.
    uint256 private constant CHALLENGE_GAS = 190_000;
    uint256 private constant SEAT_GAS = 7_000;
    uint256 private constant VECTOR_GAS = 35_000;
    uint256 private constant GAS_PER_BYTE = 33;
    // Masked: each cohort, each of the task's seats that it is looked for at, each member and each byte of its opening, each
    // seat that has vanished, and each mask between two such.
    uint256 private constant COHORT_GAS = 20_000;
    uint256 private constant SCAN_GAS = 400;
    uint256 private constant MEMBER_GAS = 23_500;
    uint256 private constant MEMBER_GAS_PER_BYTE = 23;
    uint256 private constant KEY_GAS = 16_000;
    uint256 private constant EDGE_GAS = 15_000;
    // Where updates or means of cohorts are ranked: each of them, and each pair.
    uint256 private constant RANK_GAS = 24_000;
    uint256 private constant PAIR_GAS = 1_450;

    /// @notice Reverts with the first field of `config` that cannot work, and the range that would.
    function check(TaskConfig memory config) internal pure {
        _checkServer(config);
        _checkPrivacy(config);
        _within("parameters", config.parameters, 1, MAX_PARAMETERS);
        _within("fractionBits", config.fractionBits, 1, 30);
        _within("bound", config.bound, 1, SUM_LIMIT - 1);
        _within("maxTrainers", config.maxTrainers, 1, MAX_SEATS);
        _within("minTrainers", config.minTrainers, 1, config.maxTrainers);
        // A cohort's set of updates is fixed before anybody can tell which of them should not count.
        uint256 leastSummed = config.privacy == PrivacyMode.Masked ? config.minTrainers : 1;
        _within("minSummed", config.minSummed, leastSummed, config.minTrainers);
        _within("maxWeight", config.maxWeight, 1, type(uint16).max);
        _within("weightUnit", config.weightUnit, 1, type(uint32).max);
        _within("rounds", config.rounds, 1, MAX_ROUNDS);
        _within("enterSeconds", config.enterSeconds, 1, MAX_WINDOW);
        _within("commitSeconds", config.commitSeconds, 1, MAX_WINDOW);
        _within("revealSeconds", config.revealSeconds, 1, MAX_WINDOW);
        _within("attestSeconds", config.attestSeconds, 1, MAX_WINDOW);
        _within("proposeSeconds", config.proposeSeconds, 2, MAX_WINDOW);
        // Never none: the drawn aggregator is fined when somebody else proposes, so it must have had its chance.
        _within("graceSeconds", config.graceSeconds, 1, config.proposeSeconds - 1);
        _within("challengeSeconds", config.challengeSeconds, 1, MAX_WINDOW);
        _within("discloseSeconds", config.discloseSeconds, 1, MAX_DISCLOSE);
        // Whatever a proof needs is still there when it is needed.
        _within("retentionSeconds", config.retentionSeconds, longestRound(config), type(uint32).max);
        if (challengeGas(config) > MAX_PROOF_GAS) revert IFoedus.ProofTooDear(challengeGas(config), MAX_PROOF_GAS);
        // Two fifths of it pay the gas of the dearest proof twice.
        _within("fraudFine", config.fraudFine, 5 * challengeGas(config) * config.challengeGasPrice, type(uint96).max);
        _within("missFine", config.missFine, 0, type(uint96).max);
        // Enough for one proven fraud and one missed deadline in each of the two rounds a trainer can sit in.
        _within("minStake", config.minStake, config.fraudFine + 2 * config.missFine, type(uint104).max);
        _within("dataPot", config.dataPot, 0, type(uint96).max);
        _within("computePot", config.computePot, 0, type(uint96).max);
        _within("aggregatorPay", config.aggregatorPay, 0, type(uint96).max);
        _within("advanceTip", config.advanceTip, 0, type(uint96).max);
        // A lane of the sum is a signed 32-bit integer: the largest honest sum must fit, whoever takes part.
        uint256 largestSum = _mostInASum(config) * config.bound;
        if (largestSum >= SUM_LIMIT) revert IFoedus.SumCouldOverflow(largestSum, SUM_LIMIT);
    }

    /// @notice What one round may pay out at most.
    function roundBudget(TaskConfig memory config) internal pure returns (uint256) {
        return uint256(config.dataPot) + config.computePot + config.aggregatorPay + config.advanceTip;
    }

    /// @notice What all rounds may pay out at most: the escrow.
    function budget(TaskConfig memory config) internal pure returns (uint256) {
        return roundBudget(config) * config.rounds;
    }

    /// @notice No more gas than this takes a claim and the dearest proof that these rules allow.
    function challengeGas(TaskConfig memory config) internal pure returns (uint256) {
        uint256 opening = ChunkTree.openingBytes(ChunkTree.depthOf(config.parameters));
        uint256 vectors = ServerStep.vectors(config.serverRule);
        bool masked = config.privacy == PrivacyMode.Masked;
        uint256 updates =
            masked ? _unmaskingGas(config, opening) : config.maxTrainers * (SEAT_GAS + GAS_PER_BYTE * (opening + 32));
        uint256 ranked =
            config.trim == 0
                ? 0
                : masked
                    ? config.cohorts
                    : config.maxTrainers;
        updates += ranked * (RANK_GAS + ranked * PAIR_GAS);
        uint256 sum = updates + GAS_PER_BYTE * opening;
        uint256 step = vectors * VECTOR_GAS + GAS_PER_BYTE * (1 + 2 * vectors) * opening;
        return CHALLENGE_GAS + Math.max(sum, step);
    }

    /// @notice The longest a round can go on from any moment while nothing happens but `advance` at its deadlines.
    function longestRound(TaskConfig memory config) internal pure returns (uint256) {
        return
            uint256(config.enterSeconds) +
            config.shareSeconds +
            config.commitSeconds +
            config.revealSeconds +
            config.recoverSeconds +
            config.attestSeconds +
            config.proposeSeconds +
            config.challengeSeconds +
            config.blameSeconds +
            MOST_HELD * config.discloseSeconds;
    }

    /// @dev What a rule does not use is 0, so that two tasks with the same rules say the same.
    function _checkServer(TaskConfig memory config) private pure {
        ServerRule rule = config.serverRule;
        bool moments = rule >= ServerRule.FedAvgM;
        bool adaptive = rule > ServerRule.FedAvgM;
        bool decays = adaptive && rule != ServerRule.FedAdagrad;
        _within("serverRate", config.serverRate, moments ? 1 : 0, moments ? MAX_SERVER_RATE : 0);
        _within("momentum", config.momentum, 0, moments ? type(uint16).max : 0);
        _within("secondMomentum", config.secondMomentum, 0, decays ? type(uint16).max : 0);
        _within("adaptivity", config.adaptivity, adaptive ? 1 : 0, adaptive ? SUM_LIMIT - 1 : 0);
    }

    /// @dev What secure aggregation needs; 0 without it. With more than half of a cohort's shares no two halves of it can
    /// agree on two sets, and with fewer members than shares no vanished seed could be rebuilt. Full cohorts are alike.
    function _checkPrivacy(TaskConfig memory config) private pure {
        bool masked = config.privacy == PrivacyMode.Masked;
        _within("cohorts", config.cohorts, masked ? 1 : 0, masked ? MAX_COHORTS : 0);
        // Updates are ranked as they are: Uniform does not multiply them by weights.
        bool ranksUpdates = !masked && config.serverRule == ServerRule.Uniform && config.maxTrainers != 0;
        uint256 ranked =
            masked
                ? config.cohorts
                : ranksUpdates
                    ? config.maxTrainers
                    : 1;
        _within("trim", config.trim, 0, (ranked - 1) / 2);
        uint256 cohorts = Math.max(1, config.cohorts);
        uint256 seats = config.maxTrainers / cohorts;
        if (masked) _within("maxTrainers", config.maxTrainers, MIN_COHORT * cohorts, MAX_COHORT * cohorts);
        if (seats * cohorts != config.maxTrainers) revert IFoedus.CohortsDiffer(config.maxTrainers, cohorts);
        _within("shareThreshold", config.shareThreshold, masked ? seats / 2 + 1 : 0, masked ? seats : 0);
        if (masked) _within("minTrainers", config.minTrainers, Math.max(MIN_COHORT, config.shareThreshold), seats);
        _within("shareSeconds", config.shareSeconds, masked ? 1 : 0, masked ? MAX_WINDOW : 0);
        _within("recoverSeconds", config.recoverSeconds, masked ? 1 : 0, masked ? MAX_WINDOW : 0);
        // A third each to open, to prove who lies, and to convict the silent.
        _within("blameSeconds", config.blameSeconds, masked ? 3 : 0, masked ? MAX_WINDOW : 0);
    }

    /// @dev What a proof pays for masked updates: the fewer members, the more masks between them and the others remain.
    /// As more than half of a cohort's seats are members, the fewest are the dearest.
    function _unmaskingGas(TaskConfig memory config, uint256 opening) private pure returns (uint256) {
        uint256 members = config.minTrainers;
        uint256 dropped = config.maxTrainers / config.cohorts - members;
        uint256 cohort =
            members * (MEMBER_GAS + MEMBER_GAS_PER_BYTE * opening) + dropped * (KEY_GAS + members * EDGE_GAS);
        return config.cohorts * (COHORT_GAS + config.maxTrainers * SCAN_GAS + cohort);
    }

    /// @dev How many times the bound a lane of a sum can be: of all updates, or of a cohort's and then of the cohorts' means.
    function _mostInASum(TaskConfig memory config) private pure returns (uint256) {
        if (config.trim == 0 || config.cohorts == 0) return uint256(config.maxTrainers) * config.maxWeight;
        return Math.max((config.maxTrainers / config.cohorts) * uint256(config.maxWeight), config.cohorts);
    }

    function _within(string memory field, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert IFoedus.FieldOutOfRange(field, value, min, max);
    }
}
