// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStakeVault} from "../interfaces/IStakeVault.sol";

/// @title SlashingTask
/// @notice As much of a task as the vault sees, and it slashes at will.
contract SlashingTask {
    IStakeVault private immutable _vault;
    uint256 public immutable thawSeconds;
    uint256 private _fineOnRelease;

    constructor(IStakeVault vault, uint256 thawSeconds_) {
        _vault = vault;
        thawSeconds = thawSeconds_;
    }

    function slash(address trainer, uint256 amount, address rewarded, uint256 reward) external returns (uint256) {
        return _vault.slash(trainer, amount, rewarded, reward);
    }

    /// @notice Takes `fine` when the vault asks to let a trainer's stake go.
    function fineOnRelease(uint256 fine) external {
        _fineOnRelease = fine;
    }

    function release(address trainer) external {
        if (_fineOnRelease != 0) _vault.slash(trainer, _fineOnRelease, address(0), 0);
    }
}
