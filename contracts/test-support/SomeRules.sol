// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {PrivacyMode, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {TaskRules} from "../libraries/TaskRules.sol";

/// @title SomeRules
/// @notice Rules for tests: arbitrary ones, most of them impossible, and small ones that a task can run by.
library SomeRules {
    /// @notice Every field as `random` has it.
    function arbitrary(uint256 random) internal pure returns (TaskConfig memory config) {
        config.sponsor = address(uint160(_field(random, 0)));
        config.rewardToken = IERC20(address(uint160(_field(random, 1))));
        config.privacy = PrivacyMode(_field(random, 2) % 2);
        config.serverRule = ServerRule(_field(random, 3) % 4);
        config.serverRate = uint32(_field(random, 4));
        config.momentum = uint16(_field(random, 5));
        config.secondMomentum = uint16(_field(random, 6));
        config.adaptivity = uint32(_field(random, 7));
        config.parameters = uint32(_field(random, 8));
        config.fractionBits = uint8(_field(random, 9));
        config.bound = uint32(_field(random, 10));
        config.minTrainers = uint16(_field(random, 11));
        config.minSummed = uint16(_field(random, 12));
        config.maxTrainers = uint16(_field(random, 13));
        config.shareThreshold = uint16(_field(random, 14));
        config.cohorts = uint8(_field(random, 15));
        config.trim = uint8(_field(random, 16));
        config.maxWeight = uint16(_field(random, 17));
        config.weightUnit = uint32(_field(random, 18));
        config.rounds = uint32(_field(random, 19));
        config.enterSeconds = uint32(_field(random, 20));
        config.shareSeconds = uint32(_field(random, 21));
        config.commitSeconds = uint32(_field(random, 22));
        config.revealSeconds = uint32(_field(random, 23));
        config.recoverSeconds = uint32(_field(random, 24));
        config.attestSeconds = uint32(_field(random, 25));
        config.graceSeconds = uint32(_field(random, 26));
        config.proposeSeconds = uint32(_field(random, 27));
        config.challengeSeconds = uint32(_field(random, 28));
        config.discloseSeconds = uint32(_field(random, 29));
        config.blameSeconds = uint32(_field(random, 30));
        config.retentionSeconds = uint32(_field(random, 31));
        config.minStake = uint128(_field(random, 32));
        config.missFine = uint128(_field(random, 33));
        config.fraudFine = uint128(_field(random, 34));
        config.challengeGasPrice = uint64(_field(random, 35));
        config.dataPot = uint128(_field(random, 36));
        config.maxDataRate = uint128(_field(random, 37));
        config.computePot = uint128(_field(random, 38));
        config.aggregatorPay = uint128(_field(random, 39));
        config.advanceTip = uint128(_field(random, 40));
    }

    /// @notice Rules that may open: each field somewhere in its range, small or large.
    function possible(uint256 random) internal pure returns (TaskConfig memory config) {
        config = arbitrary(random);
        bool moments = config.serverRule == ServerRule.FedAvgM || config.serverRule == ServerRule.FedAdam;
        bool adaptive = config.serverRule == ServerRule.FedAdam;
        config.serverRate = moments ? uint32(_within(config.serverRate, 1, 1 << 20)) : 0;
        if (!moments) config.momentum = 0;
        if (!adaptive) config.secondMomentum = 0;
        config.adaptivity = adaptive ? uint32(_within(config.adaptivity, 1, (1 << 31) - 1)) : 0;
        config.parameters = uint32(_within(config.parameters, 1, 1 << 30));
        config.fractionBits = uint8(_within(config.fractionBits, 1, 30));
        _fitSeats(config);
        // The more of a cohort must be there, the fewer masks a proof has to take out.
        uint256 most = config.maxTrainers / (config.cohorts == 0 ? 1 : config.cohorts);
        while (TaskRules.challengeGas(config) > TaskRules.MAX_PROOF_GAS && config.minTrainers < most) {
            config.minTrainers++;
        }
        bool masked = config.privacy == PrivacyMode.Masked;
        config.minSummed = masked ? config.minTrainers : uint16(_within(config.minSummed, 1, config.minTrainers));
        config.maxWeight = uint16(_within(config.maxWeight, 1, type(uint16).max));
        // Of all updates together, or with trimming of a cohort's and of the cohorts' means.
        uint256 inASum = uint256(config.trim == 0 ? config.maxTrainers : most) * config.maxWeight;
        if (inASum < config.cohorts) inASum = config.cohorts;
        config.bound = uint32(_within(config.bound, 1, ((1 << 31) - 1) / inASum));
        config.weightUnit = uint32(_within(config.weightUnit, 1, type(uint32).max));
        config.rounds = uint32(_within(config.rounds, 1, 1_000_000));
        config.enterSeconds = uint32(_within(config.enterSeconds, 1, 30 days));
        config.commitSeconds = uint32(_within(config.commitSeconds, 1, 30 days));
        config.revealSeconds = uint32(_within(config.revealSeconds, 1, 30 days));
        config.attestSeconds = uint32(_within(config.attestSeconds, 1, 30 days));
        config.proposeSeconds = uint32(_within(config.proposeSeconds, 2, 30 days));
        config.graceSeconds = uint32(_within(config.graceSeconds, 1, config.proposeSeconds - 1));
        config.challengeSeconds = uint32(_within(config.challengeSeconds, 1, 30 days));
        config.discloseSeconds = uint32(_within(config.discloseSeconds, 1, 6 days));
        config.retentionSeconds = uint32(
            _within(config.retentionSeconds, TaskRules.longestRound(config), type(uint32).max)
        );
        config.missFine = uint96(config.missFine);
        config.challengeGasPrice = uint32(config.challengeGasPrice);
        uint256 leastFine = 5 * TaskRules.challengeGas(config) * config.challengeGasPrice;
        config.fraudFine = uint96(_within(config.fraudFine, leastFine, type(uint96).max));
        config.minStake = uint128(_within(config.minStake, config.fraudFine + 2 * config.missFine, type(uint104).max));
        config.dataPot = uint96(config.dataPot);
        config.computePot = uint96(config.computePot);
        config.aggregatorPay = uint96(config.aggregatorPay);
        config.advanceTip = uint96(config.advanceTip);
    }

    /// @dev Seats, and what masked rounds have besides: they have fewer and need more of them.
    function _fitSeats(TaskConfig memory config) private pure {
        bool masked = config.privacy == PrivacyMode.Masked;
        uint256 seats = masked ? _within(config.maxTrainers, 3, 32) : _within(config.maxTrainers, 1, 256);
        config.cohorts = masked ? uint8(_within(config.cohorts, 1, 8)) : 0;
        config.trim = masked ? uint8(_within(config.trim, 0, (config.cohorts - 1) / 2)) : 0;
        uint256 threshold = masked ? _within(config.shareThreshold, seats / 2 + 1, seats) : 0;
        uint256 fewest =
            masked && threshold < 3
                ? 3
                : masked
                    ? threshold
                    : 1;
        config.maxTrainers = uint16(masked ? seats * config.cohorts : seats);
        config.shareThreshold = uint16(threshold);
        config.minTrainers = uint16(_within(config.minTrainers, fewest, seats));
        config.shareSeconds = masked ? uint32(_within(config.shareSeconds, 1, 30 days)) : 0;
        config.recoverSeconds = masked ? uint32(_within(config.recoverSeconds, 1, 30 days)) : 0;
        config.blameSeconds = masked ? uint32(_within(config.blameSeconds, 3, 30 days)) : 0;
    }

    /// @notice A task for a few actors, with windows of seconds and amounts that do not divide evenly.
    function small(address sponsor, IERC20 rewardToken) internal pure returns (TaskConfig memory) {
        return
            TaskConfig({
                sponsor: sponsor,
                rewardToken: rewardToken,
                privacy: PrivacyMode.Sealed,
                serverRule: ServerRule.FedAvg,
                serverRate: 0,
                momentum: 0,
                secondMomentum: 0,
                adaptivity: 0,
                parameters: 1000,
                fractionBits: 20,
                bound: 1 << 20,
                minTrainers: 2,
                minSummed: 2,
                maxTrainers: 6,
                shareThreshold: 0,
                cohorts: 0,
                trim: 0,
                maxWeight: 31,
                weightUnit: 100,
                rounds: 6,
                enterSeconds: 60,
                shareSeconds: 0,
                commitSeconds: 60,
                revealSeconds: 60,
                recoverSeconds: 0,
                attestSeconds: 30,
                graceSeconds: 20,
                proposeSeconds: 60,
                challengeSeconds: 30,
                discloseSeconds: 10,
                blameSeconds: 0,
                retentionSeconds: 1 days,
                minStake: 2500, // of all that can be taken in two rounds: two frauds and a missed deadline in each
                missFine: 101,
                fraudFine: 500,
                challengeGasPrice: 0,
                dataPot: 100_003,
                maxDataRate: 3000,
                computePot: 10_007,
                aggregatorPay: 211,
                advanceTip: 97
            });
    }

    function _field(uint256 random, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(random, index)));
    }

    function _within(uint256 value, uint256 min, uint256 max) private pure returns (uint256) {
        return min + (value % (max - min + 1));
    }
}
