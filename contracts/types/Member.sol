// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a task remembers of an account, in one slot:
/// | 0..127 credit | 128..159 lastRound | 160..175 lastSeat | 176..207 previousRound | 208..223 previousSeat |
/// `credit` is settled and not yet claimed, in wei. The last two rounds are the only ones that may not be settled: an
/// account sits at most in the one under way and the one it has entered ahead.
type Member is uint256;

using MemberWord for Member global;

/// @title MemberWord
/// @notice Reads a member and writes changed copies of it.
library MemberWord {
    function credit(Member member) internal pure returns (uint128) {
        return uint128(Member.unwrap(member));
    }

    function lastRound(Member member) internal pure returns (uint32) {
        return uint32(Member.unwrap(member) >> 128);
    }

    function lastSeat(Member member) internal pure returns (uint16) {
        return uint16(Member.unwrap(member) >> 160);
    }

    function previousRound(Member member) internal pure returns (uint32) {
        return uint32(Member.unwrap(member) >> 176);
    }

    function previousSeat(Member member) internal pure returns (uint16) {
        return uint16(Member.unwrap(member) >> 208);
    }

    /// @notice Having taken `seat` in `round`: the last becomes the previous, and the previous is forgotten.
    function withEntered(Member member, uint32 round, uint16 seat) internal pure returns (Member) {
        uint256 last = (Member.unwrap(member) >> 128) & ((1 << 48) - 1);
        uint256 places = round | (uint256(seat) << 32) | (last << 48);
        return Member.wrap(member.credit() | (places << 128));
    }

    /// @notice With `amount` more to claim. All credit of a task is at most its budget, below 2^120.
    function withCredit(Member member, uint256 amount) internal pure returns (Member) {
        return Member.wrap(Member.unwrap(member) + amount);
    }

    /// @notice With nothing left to claim.
    function withoutCredit(Member member) internal pure returns (Member) {
        return Member.wrap((Member.unwrap(member) >> 128) << 128);
    }
}
