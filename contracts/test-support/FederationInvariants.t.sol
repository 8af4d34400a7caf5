// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// What a test says when it fails costs nobody gas.
// solhint-disable gas-custom-errors, reason-string

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IFoedus} from "../interfaces/IFoedus.sol";
import {IStakeVault} from "../interfaces/IStakeVault.sol";
import {Phase, Proposal, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {Deploy} from "./Deploy.sol";
import {COURT, Federation, MASK_COURT} from "./Federation.t.sol";
import {RulesModel} from "./RulesModel.t.sol";

/// @title FederationInvariants
/// @notice What must hold of every task, whatever a federation does to it: everybody gets their due and nothing else.
/// @dev Runs with all Solidity tests (`npx hardhat test solidity`): asked for one file alone, the runner does not load the
/// federation's interface and finds nothing to call.
abstract contract FederationInvariants {
    Federation private _any;

    /// @param name Of the federation's contract.
    function _begin(string memory name) internal returns (address) {
        IFoedus foedus = Deploy.foedus(COURT, MASK_COURT);
        (IERC20 stakeToken, IERC20 rewardToken) = (foedus.vault().token(), Deploy.token());
        _any = Federation(Deploy.named(name, abi.encode(foedus, rewardToken)));
        stakeToken.transfer(address(_any), 1e30);
        rewardToken.transfer(address(_any), 1e30);
        _any.begin();
        return address(_any);
    }

    /// @dev Asked by the runner: everything goes through the federation.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_any);
    }

    /// @dev Many rounds in which most do most things, one task after another.
    function _play(uint256 rounds) internal {
        for (uint256 i = 0; i < rounds; i++) {
            _any.aRound(uint256(keccak256(abi.encode("round", i))));
            _theBooksAreRight();
            (, bool closed, , ) = _any.current().progress();
            if (closed) _any.everybodyLeaves(255);
        }
    }

    function _never(string memory what, Phase phase) internal pure returns (string memory) {
        return string.concat("never ", what, " ", Strings.toString(uint256(phase)));
    }

    function _theBooksAreRight() internal view {
        require(bytes(_any.broken()).length == 0, _any.broken());
        _rewardsAddUp(_any, _any.books());
        _stakesAddUp(_any, _any.books());
        _historyStands(_any, _any.books());
        _theProposalStands(_any, _any.books());
    }

    function _rewardsAddUp(Federation f, RulesModel books) private view {
        uint256 owed = f.refunded() ? 0 : f.budget() - books.earned();
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            uint256 claimable = f.current().claimable(actor);
            require(f.claimed(actor) + claimable == books.due(actor), "another reward than the rules say");
            require(f.rewardToken().balanceOf(actor) == f.received(actor), "a claim paid another amount");
            owed += claimable;
        }
        require(f.rewardToken().balanceOf(address(f.current())) == owed, "the escrow is not what it owes");
        require(books.earned() <= f.budget(), "more is earned than was paid in");
    }

    function _stakesAddUp(Federation f, RulesModel books) private view {
        IStakeVault vault = f.vault();
        uint256 staked = 0;
        uint256 slashed = 0;
        uint256 rewarded = 0;
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            (uint256 amount, uint256 thawing, ) = vault.stakeOf(address(f.current()), actor);
            require(thawing <= amount, "more thaws than there is");
            uint256 brought = f.deposited(actor) - f.withdrawn(actor);
            require(brought - amount <= books.finesDue(actor), "somebody is fined without a fault");
            staked += amount;
            slashed += brought - amount;
            uint256 gained = vault.token().balanceOf(actor) + brought - f.PURSE();
            require(gained >= books.bounties(actor), "a challenger is not rewarded");
            rewarded += gained;
        }
        require(vault.token().balanceOf(address(vault)) == staked, "the vault is not what it owes");
        uint256 burnt = vault.token().balanceOf(f.BURNT());
        require(burnt + rewarded == slashed, "a fine goes elsewhere");
        // Three quarters of the fines for missed deadlines, three fifths of what courts have taken.
        uint256 large = books.slashes();
        require(slashed >= large, "a slash was not taken");
        require(20 * burnt >= 15 * (slashed - large) + 12 * large, "too little of the fines is burnt");
    }

    /// @dev What challengers read is what the rules make of all that has happened.
    function _theProposalStands(Federation f, RulesModel books) private view {
        (uint32 round, Phase phase, uint256 endsAt) = f.current().clock();
        (bool stands, uint256 ordinal, uint16 seat, bytes32 next) = books.proposal(round);
        require(phase != Phase.Proposed || stands, "a proposal stands that was overturned");
        require(phase >= Phase.Proposed || !stands, "a proposal fell without a verdict");
        if (phase != Phase.Proposed) return;
        Proposal memory proposal = f.current().proposal();
        require(proposal.round == round && proposal.endsAt == endsAt, "another round's proposal");
        require(proposal.seat == seat && proposal.ordinal == ordinal, "another proposal");
        require(proposal.updates == books.updates(round), "another number of updates");
        require(proposal.divisor == books.divisorOf(round), "another divisor");
        (bytes32 from, bytes32 proposed) = f.current().modelRoots();
        require(from == books.modelRoot() && proposed == next, "another model");
    }

    function _historyStands(Federation f, RulesModel books) private view {
        TaskConfig memory rules = f.rules();
        (uint32 completed, bool closed, bytes32 modelRoot, uint256 earned) = f.current().progress();
        require(completed == books.completed() && completed <= rules.rounds, "rounds were lost or added");
        require(modelRoot == books.modelRoot(), "a final model changed");
        require(earned == books.earned(), "a final round's pay changed");
        require(!closed || completed == rules.rounds || f.refunded() || earned < f.budget(), "closed too early");
    }
}
