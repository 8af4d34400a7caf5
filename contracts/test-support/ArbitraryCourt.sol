// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fault, ITrainingTask} from "../interfaces/ITrainingTask.sol";

/// @title ArbitraryCourt
/// @notice A court that convicts whom it is told to, without any proof: for tests of what a task makes of its verdicts.
contract ArbitraryCourt {
    function overturn(ITrainingTask task, uint32 round, Fault fault, address rewarded) external returns (uint256) {
        return task.overturn(round, fault, rewarded);
    }

    function expel(ITrainingTask task, uint32 round, uint16 seat, address rewarded) external returns (uint256) {
        return task.expel(round, seat, rewarded);
    }

    function hold(ITrainingTask task, uint32 round) external returns (uint256) {
        return task.hold(round);
    }
}
