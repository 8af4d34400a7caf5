// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {ISealedTask} from "../interfaces/ISealedTask.sol";
import {Phase, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {UpdateCommitment} from "../libraries/UpdateCommitment.sol";
import {Deploy} from "./Deploy.sol";
import {COURT, Federation} from "./Federation.t.sol";
import {SealedRulesModel} from "./SealedRulesModel.t.sol";
import {SomeRules} from "./SomeRules.sol";
import {VM} from "./Vm.sol";

/// @title SealedFederation
/// @notice A federation in sealed tasks.
contract SealedFederation is Federation {
    constructor(
        IFoedus foedus_,
        IERC20 rewardToken_
    ) Federation(foedus_, rewardToken_, Deploy.named("SealedRulesModel")) {}

    /* A ROUND'S ACTS */

    function commit(uint8 actor, bool stay, uint8 weight) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint16 units = 1 + (uint16(weight) % _rules.maxWeight);
        bytes32 commitment = _commitment(round, actor);
        VM.prank(_actor(actor));
        if (stay) task().commitAndEnter(round, seat, commitment, units);
        else task().commit(round, seat, commitment);
        model().committed(round, seat);
        if (stay) model().entered(round + 1, seat, _actor(actor), units);
    }

    function reveal(uint8 actor) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        (bytes32 root, bytes32 key) = _opening(round, actor);
        VM.prank(_actor(actor));
        task().reveal(round, seat, root, key, keccak256("content"));
        model().revealed(round, seat);
    }

    function attest(uint8 actor, uint8 target, uint8 alsoMissing, bool several) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, actor);
        uint256 missing = 1 << (target % _rules.maxTrainers);
        if (several) missing = (missing | alsoMissing) & model().revealedSeats(round) & ~uint256(1 << seat);
        VM.prank(_actor(actor));
        task().attest(round, seat, missing);
        model().attested(round, missing);
    }

    /// @inheritdoc Federation
    function aRound(uint256 dice) external override {
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_acts(dice, 0, i, 8)) _try(abi.encodeCall(this.enter, (i, i, uint8(dice >> i))));
        }
        toDeadline();
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_acts(dice, 1, i, 8)) _try(abi.encodeCall(this.commit, (i, _dice(dice, 200 + i, 2), i)));
        }
        _toTheEndOf(Phase.Committing);
        for (uint8 i = 0; i < ACTORS; i++) if (_acts(dice, 2, i, 8)) _try(abi.encodeCall(this.reveal, (i)));
        _toTheEndOf(Phase.Revealing);
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_dice(dice, 400 + i, 2)) continue;
            _try(abi.encodeCall(this.attest, (i, uint8(dice >> 8), uint8(dice >> (16 + 8 * i)), dice % 4 != 0)));
        }
        toDeadline();
        if (_dice(dice, 500, 2)) VM.warp(_now() + _rules.graceSeconds);
        for (uint8 i = 0; i < ACTORS; i++) {
            if (_acts(dice, 3, i, 4)) _try(abi.encodeCall(this.propose, (i, bytes32(dice))));
        }
        // One round in four has a dispute, each of them up to four verdicts.
        if (!_dice(dice, 700, 4)) _aDispute(uint256(keccak256(abi.encode(dice))));
        // And one in eight is left as it stands.
        if (!_dice(dice, 750, 8)) return;
        toDeadline();
        if (_phase() >= Phase.Final) advance(uint8(dice % ACTORS));
    }

    /// @dev In one round of sixteen nobody does what all are waited for.
    function _acts(uint256 dice, uint256 act, uint256 actor, uint256 sides) private pure returns (bool) {
        return _dice(dice, 800 + act, 16) && _dice(dice, 100 * act + actor, sides);
    }

    /// @dev Verdicts, missed models and new proposals, one after another.
    function _aDispute(uint256 dice) private {
        for (uint256 step = 0; step < 4; step++) {
            uint8 actor = uint8(dice >> (8 * step));
            if (!_dice(dice, step, 3)) _try(abi.encodeCall(this.expel, (actor, uint8(dice >> 32))));
            else if (!_dice(dice, 8 + step, 2)) _try(abi.encodeCall(this.overturn, (actor, uint8(dice >> 40))));
            else for (uint8 i = 0; i < ACTORS; i++) _try(abi.encodeCall(this.missModel, (i)));
            VM.warp(_now() + _rules.graceSeconds);
            for (uint8 i = 0; i < ACTORS; i++) {
                if (_dice(dice, 16 * (step + 1) + i, 4)) _try(abi.encodeCall(this.propose, (i, bytes32(dice >> step))));
            }
        }
    }

    /* VERDICTS */

    function expel(uint8 convict, uint8 rewarded) public {
        uint32 round = _round();
        uint16 seat = _seatOf(round, convict);
        VM.prank(COURT);
        if (task().expel(round, seat, _actor(rewarded)) != _rules.fraudFine) _break("another fine");
        model().expelled(round, seat, _actor(rewarded));
    }

    function _disturb(uint32 round, uint16 seat) internal override {
        _mustFail(COURT, abi.encodeCall(ISealedTask.expel, (round, seat, actors[0])));
    }

    /* VIEWS */

    function task() public view returns (ISealedTask) {
        return ISealedTask(address(current));
    }

    function model() public view returns (SealedRulesModel) {
        return SealedRulesModel(address(books));
    }

    /* INTERNAL */

    /// @dev Every other one goes on with a single update that is left.
    function _rulesOf(uint256 number) internal view override returns (TaskConfig memory config) {
        config = SomeRules.small(address(this), rewardToken);
        if (number % 2 == 1) config.minSummed = 1;
    }

    function _opening(uint32 number, uint8 actor) private view returns (bytes32 root, bytes32 key) {
        bytes memory name = abi.encode(number, _actor(actor));
        return (keccak256(bytes.concat("root", name)), keccak256(bytes.concat("key", name)));
    }

    function _commitment(uint32 number, uint8 actor) private view returns (bytes32) {
        (bytes32 root, bytes32 key) = _opening(number, actor);
        return UpdateCommitment.hash(current.domain(), number, _actor(actor), root, key);
    }
}
