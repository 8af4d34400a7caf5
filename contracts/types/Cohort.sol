// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase} from "../interfaces/ITrainingTask.sol";

/// @notice What one cohort of a masked round has done, in one slot; bit r of a set is the seat of rank r (types/Roster.sol):
/// | 0..31 round | 32..63 shared | 64..95 committed | 96..127 members | 128..159 seeds | 160..191 keys | 192..223 weight
/// | 224 spoilt |
/// `shared` are in the masks, `members` is the set of updates that t of them have agreed on, 0 before; `seeds` of members,
/// of `weight` together, and `keys` of those who shared and are no members are known; `spoilt`: its sum is out of range.
type Cohort is uint256;

using CohortWord for Cohort global;

/// @title CohortWord
/// @notice Reads a cohort and writes changed copies of it.
library CohortWord {
    uint256 private constant SET_MASK = type(uint32).max;
    uint256 private constant SPOILT = 1 << 224;
    uint256 private constant ONE_OF_2_BITS = type(uint256).max / 3;
    uint256 private constant TWO_OF_4_BITS = type(uint256).max / 5;
    uint256 private constant FOUR_OF_8_BITS = type(uint256).max / 17;
    uint256 private constant EIGHT_OF_16_BITS = type(uint256).max / 257;
    uint256 private constant ONE_IN_16_BITS = type(uint256).max / 65_535;

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

    function weight(Cohort cohort) internal pure returns (uint256) {
        return (Cohort.unwrap(cohort) >> 192) & SET_MASK;
    }

    function isSpoilt(Cohort cohort) internal pure returns (bool) {
        return Cohort.unwrap(cohort) & SPOILT != 0;
    }

    /// @notice In the masks, but not in the set: their masks have to be taken out of the sum by their keys.
    function dropped(Cohort cohort) internal pure returns (uint256) {
        return cohort.shared() & ~cohort.members();
    }

    /// @notice There is a set, and everything is known that takes the masks out of its sum.
    function isUnmasked(Cohort cohort) internal pure returns (bool) {
        return cohort.members() != 0 && cohort.seeds() == cohort.members() && cohort.keys() == cohort.dropped();
    }

    /// @notice Its updates are in the round's sum.
    function isSummed(Cohort cohort) internal pure returns (bool) {
        return cohort.isUnmasked() && !cohort.isSpoilt();
    }

    /// @notice A round in `phase` waits for nobody in it any more: everybody has acted, or too few to go on.
    /// @param size How many are in it. @param enough The fewest that a cohort goes on with.
    function isDone(Cohort cohort, Phase phase, uint256 size, uint256 enough) internal pure returns (bool) {
        uint256 sharing = count(cohort.shared());
        if (phase == Phase.Sharing) return sharing == size;
        if (phase == Phase.Committing) return sharing < enough || cohort.committed() == cohort.shared();
        if (phase == Phase.Agreeing) return cohort.members() != 0 || count(cohort.committed()) < enough;
        return cohort.members() == 0 || cohort.isUnmasked();
    }

    /// @notice The phase that it has fallen out of the round in; Final if it has not.
    /// @param enough The fewest that a cohort goes on with.
    function endedIn(Cohort cohort, uint256 enough) internal pure returns (Phase) {
        if (count(cohort.shared()) < enough) return Phase.Sharing;
        if (count(cohort.committed()) < enough) return Phase.Committing;
        if (cohort.members() == 0) return Phase.Agreeing;
        if (!cohort.isUnmasked()) return Phase.Revealing;
        return cohort.isSpoilt() ? Phase.Blaming : Phase.Final;
    }

    /// @param bit The one of a rank, here and below.
    function withShared(Cohort cohort, uint256 bit) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (bit << 32));
    }

    function withCommitted(Cohort cohort, uint256 bit) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (bit << 64));
    }

    /// @notice With the set of updates fixed.
    function withMembers(Cohort cohort, uint256 set) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (set << 96));
    }

    /// @notice With a member's seed known, whose update has `added` units.
    function withSeed(Cohort cohort, uint256 bit, uint16 added) internal pure returns (Cohort) {
        return Cohort.wrap((Cohort.unwrap(cohort) | (bit << 128)) + (uint256(added) << 192));
    }

    function withKey(Cohort cohort, uint256 bit) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | (bit << 160));
    }

    /// @notice With a sum out of range.
    function spoiled(Cohort cohort) internal pure returns (Cohort) {
        return Cohort.wrap(Cohort.unwrap(cohort) | SPOILT);
    }

    /// @notice How many are in a set, of 256 at most.
    /// @dev Sums of ever more neighbouring bits side by side; the product adds up all of 16 bits.
    function count(uint256 set) internal pure returns (uint256 size) {
        unchecked {
            set -= (set >> 1) & ONE_OF_2_BITS;
            set = (set & TWO_OF_4_BITS) + ((set >> 2) & TWO_OF_4_BITS);
            set = (set + (set >> 4)) & FOUR_OF_8_BITS;
            set = (set + (set >> 8)) & EIGHT_OF_16_BITS;
            return (set * ONE_IN_16_BITS) >> 240;
        }
    }
}
