// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase} from "../interfaces/ITrainingTask.sol";

/// @notice A round, in one slot:
/// | 0..31 number | 32..39 phase | 40..79 endsAt | 80..95 entered | 96..111 committed | 112..127 revealed
/// | 128..143 struck | 144..175 weight | 176..191 drawn | 192..207 proposer | 208..219 missed | 220..231 proposals
/// | 232..255 held |
/// `endsAt` is when `phase` ends by the clock, in seconds; `revealed` and `weight` count those who have revealed and have
/// not been struck or expelled, `struck` those who have; `drawn` is the seat that aggregates first, `proposer` the one
/// whose proposal stands, `missed` how many say they cannot have its model, `proposals` how many there have been, `held`
/// for how many seconds longer the last has been kept open.
/// A word and no struct, because the compiler copies a struct field by field and that is a tenth of a reveal's gas.
type Round is uint256;

using RoundWord for Round global;

/// @title RoundWord
/// @notice Reads a round and writes changed copies of it. Where it stands at a time is for RoundClock to say.
/// @dev Counters cannot run over: there are at most 256 seats, of a weight below 2^16 each, and a
/// proposal that is overturned costs its proposer or a convict its part in the round.
library RoundWord {
    uint256 private constant TURN_MASK = (1 << 48) - 1;
    uint256 private constant SEAT_MASK = (1 << 16) - 1;
    uint256 private constant SMALL_MASK = (1 << 12) - 1;

    /// @notice A round nobody has entered, not open yet.
    function fresh(uint32 number_) internal pure returns (Round) {
        return Round.wrap(number_);
    }

    function number(Round round) internal pure returns (uint32) {
        return uint32(Round.unwrap(round));
    }

    function phase(Round round) internal pure returns (Phase) {
        return Phase(uint8(Round.unwrap(round) >> 32));
    }

    function endsAt(Round round) internal pure returns (uint40) {
        return uint40(Round.unwrap(round) >> 40);
    }

    function entered(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 80);
    }

    function committed(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 96);
    }

    function revealed(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 112);
    }

    function struck(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 128);
    }

    function weight(Round round) internal pure returns (uint32) {
        return uint32(Round.unwrap(round) >> 144);
    }

    function drawn(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 176);
    }

    function proposer(Round round) internal pure returns (uint16) {
        return uint16(Round.unwrap(round) >> 192);
    }

    function missed(Round round) internal pure returns (uint16) {
        return uint16((Round.unwrap(round) >> 208) & SMALL_MASK);
    }

    function proposals(Round round) internal pure returns (uint16) {
        return uint16((Round.unwrap(round) >> 220) & SMALL_MASK);
    }

    function held(Round round) internal pure returns (uint24) {
        return uint24(Round.unwrap(round) >> 232);
    }

    /// @notice In another phase, until `time`.
    function turned(Round round, Phase to, uint256 time) internal pure returns (Round) {
        uint256 turn = uint8(to) | (uint256(uint40(time)) << 8);
        return Round.wrap((Round.unwrap(round) & ~(TURN_MASK << 32)) | (turn << 32));
    }

    /// @notice With one more trainer in it.
    function withEntered(Round round) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) + (1 << 80));
    }

    /// @notice With one more commitment.
    function withCommitted(Round round) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) + (1 << 96));
    }

    /// @notice With one more revealed update, of `added` units.
    function withRevealed(Round round, uint16 added) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) + (1 << 112) + (uint256(added) << 144));
    }

    /// @notice With one revealed update struck, of `lost` units.
    function withStruck(Round round, uint16 lost) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) - (1 << 112) + (1 << 128) - (uint256(lost) << 144));
    }

    /// @notice With `seat` drawn to aggregate first.
    function withDrawn(Round round, uint16 seat) internal pure returns (Round) {
        return Round.wrap((Round.unwrap(round) & ~(SEAT_MASK << 176)) | (uint256(seat) << 176));
    }

    /// @notice With a proposal of `seat` more, which stands; nobody misses its model yet.
    function withProposal(Round round, uint16 seat) internal pure returns (Round) {
        uint256 rest = Round.unwrap(round) & ((1 << 192) - 1);
        uint256 ordinal = uint256(round.proposals()) + 1;
        return Round.wrap(rest | (uint256(seat) << 192) | (ordinal << 220));
    }

    /// @notice With one more who misses the model.
    function withMissed(Round round) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) + (1 << 208));
    }

    /// @notice With the phase kept open for `longer` seconds more.
    function withHeld(Round round, uint256 longer) internal pure returns (Round) {
        return Round.wrap(Round.unwrap(round) + (longer << 232) + (longer << 40));
    }
}
