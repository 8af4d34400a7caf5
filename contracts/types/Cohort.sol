// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Who has done what in a masked round, in one slot; bit s of a set is seat s:
/// | 0..31 round | 32..63 shared | 64..95 committed | 96..127 members | 128..159 seeds | 160..191 keys |
/// `shared` are in the masks, `members` is the set of updates that t of them have agreed on, 0 before; `seeds` of members
/// and `keys` of those who shared and are no members are known.
type Cohort is uint256;

using CohortWord for Cohort global;

/// @title CohortWord
/// @notice Reads a cohort and writes changed copies of it.
library CohortWord {
    uint256 private constant SET_MASK = type(uint32).max;

    /// @notice A cohort in which nobody has done anything.
    function fresh(uint32 round_) internal pure returns (Cohort) {
        return Cohort.wrap(round_);
    }

    function round(Cohort cohort) internal pure returns (uint32) {
        return uint32(Cohort.unwrap(cohort));
    }

    function shared(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 32) & SET_MASK;
    }

    function committed(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 64) & SET_MASK;
    }

    function members(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 96) & SET_MASK;
    }

    function seeds(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 128) & SET_MASK;
    }

    function keys(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 160) & SET_MASK;
    }

    /// @notice In the masks, but not in the set: their masks have to be taken out of the sum by their keys.
    function dropped(Cohort cohort) internal pure returns (uint256) {
        return cohort.shared() & ~cohort.members();
    }

    /// @notice Everything is known that takes the masks out of the sum.
    function isUnmasked(Cohort cohort) internal pure returns (bool) {
        return cohort.seeds() == cohort.members() && cohort.keys() == cohort.dropped();
    }

    function sharedCount(Cohort cohort) internal pure returns (uint256) {
        return count(cohort.shared());
    }

    function withShared(Cohort cohort, uint16 seat) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (1 << (32 + uint256(seat))));
    }

    function withCommitted(Cohort cohort, uint16 seat) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (1 << (64 + uint256(seat))));
    }

    /// @notice With the set of updates fixed.
    function withMembers(Cohort cohort, uint256 set) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (set << 96));
    }

    function withSeed(Cohort cohort, uint16 seat) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (1 << (128 + uint256(seat))));
    }

    function withKey(Cohort cohort, uint16 seat) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (1 << (160 + uint256(seat))));
    }

    /// @notice How many seats are in a set.
    function count(uint256 set) internal pure returns (uint256 size) {
        for (; set != 0; set &= set - 1) size++;
    }
}
