// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {VM} from "./Vm.sol";

/// @title Deploy
/// @notice Deploys contracts from their artifacts. A test that says `new` has all code of the other contract compiled into
/// itself once more, and under its own settings: that took most of the time of a build.
/// @dev Artifacts are there after a whole build: `npx hardhat test solidity`, with or without a file behind it.
library Deploy {
    /// @notice A contract of this name does not deploy with these arguments.
    error NotDeployed(string name, bytes arguments);

    /// @notice A contract without arguments.
    function named(string memory name) internal returns (address) {
        return named(name, "");
    }

    /// @param arguments Of its constructor, encoded.
    function named(string memory name, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = bytes.concat(VM.getCode(name), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        if (deployed == address(0)) revert NotDeployed(name, arguments);
    }

    /// @notice A token of which the caller has all there is.
    function token() internal returns (IERC20) {
        return IERC20(named("FoedusToken", abi.encode(1e30, address(this))));
    }

    /// @notice Foedus with both kinds of tasks, which these courts judge. The caller has all tokens that can be staked.
    function foedus(address court, address maskCourt) internal returns (IFoedus) {
        address vault = named("StakeVault", abi.encode(token()));
        address sealedTask = named("SealedTask", abi.encode(vault, court));
        address maskedTask = named("MaskedTask", abi.encode(vault, court, maskCourt));
        return IFoedus(named("Foedus", abi.encode(sealedTask, maskedTask, vault, named("TrainerRegistry"))));
    }
}
