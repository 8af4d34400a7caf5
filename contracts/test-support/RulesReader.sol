// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Phase, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RoundClock} from "../libraries/RoundClock.sol";
import {Rules} from "../libraries/Rules.sol";
import {TaskRules} from "../libraries/TaskRules.sol";
import {Cohort} from "../types/Cohort.sol";
import {Round} from "../types/Round.sol";

/// @title RulesReader
/// @notice A clone that does nothing but read its rules, as a task does, and tell the time by them.
contract RulesReader {
    Cohort[] private _cohorts;

    /// @notice A clone of this with `config` behind its code.
    function withRules(TaskConfig calldata config) external returns (RulesReader) {
        bytes memory rules = abi.encode(config, uint256(keccak256("budget")), uint256(keccak256("longest round")));
        return RulesReader(Clones.cloneWithImmutableArgs(address(this), rules));
    }

    function all() external view returns (TaskConfig memory) {
        Rules.returnAll();
    }

    /// @notice What follows from the rules, and is behind them.
    function derived() external view returns (uint256 budget, uint256 longestRound) {
        return (Rules.budget(), Rules.longestRound());
    }

    /// @notice The fields that are read one by one, each written into an otherwise empty config.
    function oneByOne() external view returns (TaskConfig memory read) {
        read.sponsor = Rules.sponsor();
        read.rewardToken = Rules.rewardToken();
        read.serverRule = Rules.serverRule();
        read.parameters = Rules.parameters();
        read.minTrainers = Rules.minTrainers();
        read.minSummed = Rules.minSummed();
        read.maxTrainers = Rules.maxTrainers();
        read.shareThreshold = Rules.shareThreshold();
        read.cohorts = Rules.cohorts();
        read.trim = Rules.trim();
        read.maxWeight = Rules.maxWeight();
        read.rounds = Rules.rounds();
        read.enterSeconds = Rules.enterSeconds();
        read.shareSeconds = Rules.shareSeconds();
        read.commitSeconds = Rules.commitSeconds();
        read.revealSeconds = Rules.revealSeconds();
        read.recoverSeconds = Rules.recoverSeconds();
        read.attestSeconds = Rules.attestSeconds();
        read.graceSeconds = Rules.graceSeconds();
        read.proposeSeconds = Rules.proposeSeconds();
        read.challengeSeconds = Rules.challengeSeconds();
        read.discloseSeconds = Rules.discloseSeconds();
        read.blameSeconds = Rules.blameSeconds();
        read.minStake = Rules.minStake();
        read.missFine = Rules.missFine();
        read.fraudFine = Rules.fraudFine();
        read.dataPot = Rules.dataPot();
        read.maxDataRate = Rules.maxDataRate();
        read.computePot = Rules.computePot();
        read.aggregatorPay = Rules.aggregatorPay();
        read.advanceTip = Rules.advanceTip();
    }

    /// @notice What the cohorts of a masked round have done, which its clock depends on.
    function setCohorts(Cohort[] calldata cohorts) external {
        _cohorts = cohorts;
    }

    function asOf(Round round, uint256 time) external view returns (Round then, Phase endedIn) {
        return RoundClock.asOf(round, time, next);
    }

    function next(Round round, uint256 time) public view returns (Round) {
        bool masked = Rules.cohorts() != 0;
        return masked ? RoundClock.nextMasked(round, _cohorts, time) : RoundClock.next(round, time);
    }

    function check(TaskConfig calldata config) external pure {
        TaskRules.check(config);
    }
}
