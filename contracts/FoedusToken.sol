// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title FoedusToken
/// @notice The ERC-20 with permit (EIP-2612) that local networks and tests stake and pay with. The whole supply is
/// minted once, to its deployer; nobody can mint, pause or seize. A task may name any other ERC-20 for its budget.
contract FoedusToken is ERC20, ERC20Permit {
    /// @param supply The whole supply, in wei of the token (18 decimals), minted to `holder`.
    /// @param holder Who receives it.
    constructor(uint256 supply, address holder) ERC20("Foedus", "FDS") ERC20Permit("Foedus") {
        _mint(holder, supply);
    }
}
