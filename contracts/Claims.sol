// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IClaims} from "./interfaces/IClaims.sol";

/// @title Claims
/// @notice See IClaims.
abstract contract Claims is IClaims {
    mapping(bytes32 claim => uint256 blockNumber) private _claimedAt;

    /// @inheritdoc IClaims
    function claim(address task, uint32 round, bytes32 claim_) external {
        if (_claimedAt[claim_] != 0) revert AlreadyClaimed(claim_, _claimedAt[claim_]);
        _claimedAt[claim_] = block.number;
        emit ChallengeClaimed(task, round, msg.sender, claim_);
    }

    /// @dev The call's sender has claimed this very call in an earlier block.
    modifier claimed() {
        bytes32 claim_ = keccak256(abi.encode(msg.sender, keccak256(msg.data)));
        uint256 claimedAt = _claimedAt[claim_];
        if (claimedAt == 0) revert NotClaimed(claim_);
        if (claimedAt == block.number) revert ClaimTooFresh(claim_, claimedAt);
        delete _claimedAt[claim_];
        _;
    }
}
