// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title NoTask
/// @notice Stands for the kind of task that a test never opens: a contract that deploys another has all its code compiled
/// into itself, and the two kinds of task are the largest there are.
contract NoTask {
    function court() external pure returns (address) {
        return address(0);
    }

    function maskCourt() external pure returns (address) {
        return address(0);
    }
}
