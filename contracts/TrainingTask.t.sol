// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Foedus} from "./Foedus.sol";
import {FoedusToken} from "./FoedusToken.sol";
import {StakeVault} from "./StakeVault.sol";
import {TrainerRegistry} from "./TrainerRegistry.sol";
import {SealedTask} from "./SealedTask.sol";
import {IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {Phase, Proposal, TaskConfig} from "./interfaces/ITrainingTask.sol";
import {ArbitraryCourt} from "./test-support/ArbitraryCourt.sol";
import {Federation} from "./test-support/Federation.t.sol";
import {NoTask} from "./test-support/NoTask.sol";

/// @notice Whatever seven accounts do to a task, in whatever order: Federation says what they can do, RulesModel what they
/// are owed for it.
/// @dev Runs with all Solidity tests (`npx hardhat test solidity`): asked for this file alone, the runner does not load the
/// federation's interface and finds nothing to call.
contract TrainingTaskInvariants {
    Federation private _federation;

    function setUp() external {
        FoedusToken stakeToken = new FoedusToken(1e30, address(this));
        FoedusToken rewardToken = new FoedusToken(1e30, address(this));
        StakeVault vault = new StakeVault(stakeToken);
        ArbitraryCourt court = new ArbitraryCourt();
        Foedus foedus = new Foedus(
            new SealedTask(vault, address(court)),
            IMaskedTask(address(new NoTask())),
            vault,
            new TrainerRegistry()
        );
        _federation = new Federation(foedus, rewardToken, court);
        stakeToken.transfer(address(_federation), 1e30);
        rewardToken.transfer(address(_federation), 1e30);
        _federation.begin();
    }

    /// @dev Asked by the runner: everything goes through the federation.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_federation);
    }

    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 300
    function invariant_EverybodyGetsTheirDueAndNothingElse() external view {
        Federation f = _federation;
        require(bytes(f.broken()).length == 0, f.broken());
        _rewardsAddUp(f);
        _stakesAddUp(f);
        _historyStands(f);
        _theProposalStands(f);
    }

    function _rewardsAddUp(Federation f) private view {
        ISealedTask task = f.task();
        uint256 owed = f.refunded() ? 0 : f.budget() - f.model().earned();
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            uint256 claimable = task.claimable(actor);
            require(
                f.claimed(actor) + claimable == f.model().due(actor),
                "a trainer's reward is not what the rules say"
            );
            require(f.rewardToken().balanceOf(actor) == f.received(actor), "a claim paid another amount");
            owed += claimable;
        }
        require(f.rewardToken().balanceOf(address(task)) == owed, "the escrow is not what it owes");
        require(f.model().earned() <= f.budget(), "more is earned than was paid in");
    }

    function _stakesAddUp(Federation f) private view {
        IStakeVault vault = f.vault();
        uint256 staked = 0;
        uint256 slashed = 0;
        uint256 rewarded = 0;
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            (uint256 amount, uint256 thawing, ) = vault.stakeOf(address(f.task()), actor);
            require(thawing <= amount, "more thaws than there is");
            uint256 fined = f.deposited(actor) - f.withdrawn(actor) - amount;
            require(fined <= f.model().finesDue(actor), "somebody is fined without a fault");
            staked += amount;
            slashed += fined;
            uint256 gained = vault.token().balanceOf(actor) + f.deposited(actor) - f.withdrawn(actor) - f.PURSE();
            require(gained >= f.model().bounties(actor), "a challenger is not rewarded");
            rewarded += gained;
        }
        require(vault.token().balanceOf(address(vault)) == staked, "the vault is not what it owes");
        uint256 burnt = vault.token().balanceOf(f.BURNT());
        require(burnt + rewarded == slashed, "a fine goes elsewhere");
        // Three quarters of the fines for missed deadlines, three fifths of what the court has taken.
        uint256 large = f.model().slashes();
        require(slashed >= large, "a slash was not taken");
        require(20 * burnt >= 15 * (slashed - large) + 12 * large, "too little of the fines is burnt");
    }

    /// @dev What challengers read is what the rules make of all that has happened.
    function _theProposalStands(Federation f) private view {
        (uint32 round, Phase phase, uint256 endsAt) = f.task().clock();
        (bool stands, uint256 ordinal, uint16 seat, bytes32 next) = f.model().proposal(round);
        require(phase != Phase.Proposed || stands, "a proposal stands that was overturned");
        require(phase >= Phase.Proposed || !stands, "a proposal fell without a verdict");
        if (phase != Phase.Proposed) return;
        Proposal memory proposal = f.task().proposal();
        require(proposal.round == round && proposal.endsAt == endsAt, "another round's proposal");
        require(proposal.seat == seat && proposal.ordinal == ordinal, "another proposal");
        require(proposal.updates == f.model().updates(round), "another number of updates");
        require(proposal.weight == f.model().weightOf(round), "another weight");
        (bytes32 from, bytes32 proposed) = f.task().modelRoots();
        require(from == f.model().modelRoot() && proposed == next, "another model");
    }

    function _historyStands(Federation f) private view {
        TaskConfig memory rules = f.rules();
        (uint32 completed, bool closed, bytes32 modelRoot, uint256 earned) = f.task().progress();
        require(completed == f.model().completed() && completed <= rules.rounds, "rounds were lost or added");
        require(modelRoot == f.model().modelRoot(), "a final model changed");
        require(earned == f.model().earned(), "a final round's pay changed");
        require(!closed || completed == rules.rounds || f.refunded() || earned < f.budget(), "closed too early");
    }
}
