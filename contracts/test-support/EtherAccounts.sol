// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAggregationCourt} from "../interfaces/IAggregationCourt.sol";

/// @title ContractAccount
/// @notice An account that is a contract and calls what it is told to, with its own ether. It takes none but its first.
contract ContractAccount {
    constructor() payable {}

    function act(address target, uint256 value, bytes calldata callData) external returns (bool done, bytes memory) {
        return target.call{value: value}(callData);
    }
}

/// @title GreedyAccount
/// @notice One that takes ether, and asks for it once more while it is being paid.
contract GreedyAccount is ContractAccount {
    constructor() payable ContractAccount() {}

    receive() external payable {
        try IAggregationCourt(msg.sender).withdraw() {} catch {}
    }
}
