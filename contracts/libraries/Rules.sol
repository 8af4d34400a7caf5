// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ServerRule} from "../interfaces/ITrainingTask.sol";

/// @title Rules
/// @notice The rules of the task that asks, and what follows from them: the immutable arguments behind its clone's code,
/// abi.encode(TaskConfig, budget, longestRound).
/// @dev An act needs a few of some forty fields, and decoding all costs 7k gas, so each is read by itself: word i of
/// the encoding is field i of the struct. `test_EveryFieldIsReadFromItsPlace` holds the two together.
library Rules {
    /// @dev Length of the code before the arguments of an EIP-1167 clone with arguments (OpenZeppelin Clones).
    uint256 private constant CLONE_CODE_BYTES = 45;

    uint256 private constant FIELDS = 41;

    /// @notice Returns all of them to the caller of the task, which have the form already that they are returned in.
    function returnAll() internal view {
        bytes memory args = Clones.fetchCloneArgs(address(this));
        assembly ("memory-safe") {
            return(add(args, 32), mul(FIELDS, 32))
        }
    }

    function sponsor() internal view returns (address) {
        return address(uint160(_word(0)));
    }

    function rewardToken() internal view returns (IERC20) {
        return IERC20(address(uint160(_word(1))));
    }

    function serverRule() internal view returns (ServerRule) {
        return ServerRule(_word(3));
    }

    function parameters() internal view returns (uint32) {
        return uint32(_word(8));
    }

    function minTrainers() internal view returns (uint16) {
        return uint16(_word(11));
    }

    function minSummed() internal view returns (uint16) {
        return uint16(_word(12));
    }

    function maxTrainers() internal view returns (uint16) {
        return uint16(_word(13));
    }

    function shareThreshold() internal view returns (uint16) {
        return uint16(_word(14));
    }

    function cohorts() internal view returns (uint8) {
        return uint8(_word(15));
    }

    function trim() internal view returns (uint8) {
        return uint8(_word(16));
    }

    function maxWeight() internal view returns (uint16) {
        return uint16(_word(17));
    }

    function rounds() internal view returns (uint32) {
        return uint32(_word(19));
    }

    function enterSeconds() internal view returns (uint32) {
        return uint32(_word(20));
    }

    function shareSeconds() internal view returns (uint32) {
        return uint32(_word(21));
    }

    function commitSeconds() internal view returns (uint32) {
        return uint32(_word(22));
    }

    function revealSeconds() internal view returns (uint32) {
        return uint32(_word(23));
    }

    function recoverSeconds() internal view returns (uint32) {
        return uint32(_word(24));
    }

    function attestSeconds() internal view returns (uint32) {
        return uint32(_word(25));
    }

    function graceSeconds() internal view returns (uint32) {
        return uint32(_word(26));
    }

    function proposeSeconds() internal view returns (uint32) {
        return uint32(_word(27));
    }

    function challengeSeconds() internal view returns (uint32) {
        return uint32(_word(28));
    }

    function discloseSeconds() internal view returns (uint32) {
        return uint32(_word(29));
    }

    function blameSeconds() internal view returns (uint32) {
        return uint32(_word(30));
    }

    function minStake() internal view returns (uint128) {
        return uint128(_word(32));
    }

    function missFine() internal view returns (uint128) {
        return uint128(_word(33));
    }

    function fraudFine() internal view returns (uint128) {
        return uint128(_word(34));
    }

    function dataPot() internal view returns (uint128) {
        return uint128(_word(36));
    }

    function maxDataRate() internal view returns (uint128) {
        return uint128(_word(37));
    }

    function computePot() internal view returns (uint128) {
        return uint128(_word(38));
    }

    function aggregatorPay() internal view returns (uint128) {
        return uint128(_word(39));
    }

    function advanceTip() internal view returns (uint128) {
        return uint128(_word(40));
    }

    /// @notice What all rounds may pay out at most, in wei of the reward token.
    function budget() internal view returns (uint256) {
        return _word(FIELDS);
    }

    /// @notice In seconds.
    function longestRound() internal view returns (uint256) {
        return _word(FIELDS + 1);
    }

    function _word(uint256 index) private view returns (uint256 word) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0, add(CLONE_CODE_BYTES, mul(index, 32)), 32)
            word := mload(0)
        }
    }
}
