// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IVm
/// @notice The cheatcodes of the Solidity test runner that the tests here use.
interface IVm {
    /// @notice The next call must revert with exactly this data.
    function expectRevert(bytes calldata revertData) external;

    /// @notice The next call must revert with this error, whatever it carries.
    function expectPartialRevert(bytes4 selector) external;

    /// @notice The next call comes from `sender`.
    function prank(address sender) external;

    /// @notice Sets block.timestamp.
    function warp(uint256 timestamp) external;

    /// @notice block.timestamp as it is now.
    function getBlockTimestamp() external view returns (uint256 timestamp);

    /// @notice Sets block.number.
    function roll(uint256 blockNumber) external;

    /// @notice block.number as it is now.
    function getBlockNumber() external view returns (uint256 blockNumber);

    /// @notice Sets block.basefee.
    function fee(uint256 baseFee) external;

    /// @notice Sets block.prevrandao.
    function prevrandao(uint256 random) external;

    /// @notice Sets the balance of an account, in wei.
    function deal(address account, uint256 balance) external;

    /// @notice The account of a private key.
    function addr(uint256 privateKey) external pure returns (address account);

    /// @notice Signs a digest.
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    /// @notice Sets block.chainid.
    function chainId(uint256 newChainId) external;

    /// @notice The creation code of a contract as it has been compiled, by its name.
    function getCode(string calldata name) external view returns (bytes memory code);
}

/// @dev Where the runner answers: the address of keccak256("hevm cheat code").
IVm constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));
