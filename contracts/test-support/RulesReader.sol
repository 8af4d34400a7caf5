// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Phase, PrivacyMode, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {RoundClock} from "../libraries/RoundClock.sol";
import {Rules} from "../libraries/Rules.sol";
import {TaskRules} from "../libraries/TaskRules.sol";
import {Cohort} from "../types/Cohort.sol";
import {Round} from "../types/Round.sol";

/// @title RulesReader
/// @notice A clone that does nothing but read its rules, as a task does, and tell the time by them.
contract RulesReader {
    Cohort private _cohort;

    /// @notice A clone of this with `config` behind its code.
    function withRules(TaskConfig calldata config) external returns (RulesReader) {
        return RulesReader(Clones.cloneWithImmutableArgs(address(this), abi.encode(config)));
    }

    function all() external view returns (TaskConfig memory) {
        return Rules.all();
    }

    /// @notice The fields that are read one by one, each written into an otherwise empty config.
    function oneByOne() external view returns (TaskConfig memory read) {
        read.sponsor = Rules.sponsor();
        read.rewardToken = Rules.rewardToken();
        read.minTrainers = Rules.minTrainers();
        read.maxTrainers = Rules.maxTrainers();
        read.shareThreshold = Rules.shareThreshold();
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

    /// @notice What the cohort of a masked round has done, which its clock depends on.
    function setCohort(Cohort cohort) external {
        _cohort = cohort;
    }

    function asOf(Round round, uint256 time) external view returns (Round then, Phase endedIn) {
        return RoundClock.asOf(round, time, next);
    }

    function next(Round round, uint256 time) public view returns (Round) {
        bool masked = Rules.all().privacy == PrivacyMode.Masked;
        return masked ? RoundClock.nextMasked(round, _cohort, time) : RoundClock.next(round, time);
    }

    function check(TaskConfig calldata config) external pure {
        TaskRules.check(config);
    }
}
