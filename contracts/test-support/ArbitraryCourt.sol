// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {Fault} from "../interfaces/ITrainingTask.sol";

/// @title ArbitraryCourt
/// @notice A court that convicts whom it is told to, without any proof: for tests of what a task makes of its verdicts.
contract ArbitraryCourt {
    function overturn(ISealedTask task, uint32 round, Fault fault, address rewarded) external returns (uint256) {
        return task.overturn(round, fault, rewarded);
    }

    function expel(ISealedTask task, uint32 round, uint16 seat, address rewarded) external returns (uint256) {
        return task.expel(round, seat, rewarded);
    }

    function hold(ISealedTask task, uint32 round) external returns (uint256) {
        return task.hold(round);
    }
}
