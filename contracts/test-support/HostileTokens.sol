// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title FeeToken
/// @notice An ERC-20 of which every transfer loses a hundredth on the way.
contract FeeToken is ERC20 {
    constructor(uint256 supply) ERC20("Fee on transfer", "FEE") {
        _mint(msg.sender, supply);
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : value / 100;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}

/// @title CallbackToken
/// @notice An ERC-20 that makes one call to anywhere in the middle of a transfer, once, as a token with hooks would let
/// its receiver do. Whether the call came through is kept, and what it returned.
contract CallbackToken is ERC20 {
    address private _target;
    bytes private _callData;
    bool private _armed;
    bool public succeeded;
    bytes public returned;

    constructor(uint256 supply) ERC20("Calls back", "CALL") {
        _mint(msg.sender, supply);
    }

    /// @notice Calls `receiver` with `act` during the next transfer.
    function arm(address receiver, bytes calldata act) external {
        (_target, _callData, _armed) = (receiver, act, true);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (!_armed) return;
        _armed = false;
        (succeeded, returned) = _target.call(_callData);
    }
}

/// @title RefusingToken
/// @notice An ERC-20 whose transfers return false and move nothing, once told to.
contract RefusingToken is ERC20 {
    bool public refusing;

    constructor(uint256 supply) ERC20("Refuses", "NO") {
        _mint(msg.sender, supply);
    }

    function refuse(bool from) external {
        refusing = from;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !refusing && super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return !refusing && super.transferFrom(from, to, value);
    }
}
