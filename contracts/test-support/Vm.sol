// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IVm
/// @notice The cheatcodes of the Solidity test runner that the tests here use.
interface IVm {
    /// @notice The next call must revert with exactly this data.
    function expectRevert(bytes calldata revertData) external;

    /// @notice Sets block.chainid.
    function chainId(uint256 newChainId) external;
}

/// @dev Where the runner answers: the address of keccak256("hevm cheat code").
IVm constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));
