// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {Foedus} from "./Foedus.sol";
import {FoedusToken} from "./FoedusToken.sol";
import {StakeVault} from "./StakeVault.sol";
import {TrainerRegistry} from "./TrainerRegistry.sol";
import {MaskedTask} from "./MaskedTask.sol";
import {CohortSets, IMaskedTask} from "./interfaces/IMaskedTask.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Phase} from "./interfaces/ITrainingTask.sol";
import {MaskedFederation} from "./test-support/MaskedFederation.t.sol";
import {ISealedTask} from "./interfaces/ISealedTask.sol";
import {NoTask} from "./test-support/NoTask.sol";

/// @notice Whatever seven accounts do to a masked task, in whatever order: MaskedFederation says what they can do,
/// MaskedRulesModel what they are owed for it and whose secrets may be shown.
/// @dev Runs with all Solidity tests (`npx hardhat test solidity`), as TrainingTaskInvariants does.
contract MaskedTaskInvariants {
    MaskedFederation private _federation;

    function setUp() external {
        FoedusToken stakeToken = new FoedusToken(1e30, address(this));
        FoedusToken rewardToken = new FoedusToken(1e30, address(this));
        StakeVault vault = new StakeVault(stakeToken);
        address maskCourt = address(0xC0);
        Foedus foedus = new Foedus(
            ISealedTask(address(new NoTask())),
            new MaskedTask(vault, address(0xC1), maskCourt),
            vault,
            new TrainerRegistry()
        );
        _federation = new MaskedFederation(foedus, rewardToken, maskCourt);
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
    function invariant_NoMaskFallsButTheSums() external view {
        MaskedFederation f = _federation;
        require(bytes(f.broken()).length == 0, f.broken());
        (uint32 round, Phase phase, ) = f.task().clock();
        for (uint32 back = 0; back < 2 && back < round; back++) {
            _secretsAreKept(f, round - back, back == 0 ? phase : Phase.Void);
        }
        _rewardsAddUp(f);
        _stakesAddUp(f);
    }

    /// @notice What the invariant is worth: the acts it tries lead to every end that a round can have.
    function test_TheActsLeadToEveryEnd() external {
        MaskedFederation f = _federation;
        for (uint256 i = 0; i < 250; i++) {
            f.aRound(uint256(keccak256(abi.encode("round", i))));
            require(bytes(f.broken()).length == 0, f.broken());
            (, bool closed, , ) = f.task().progress();
            if (closed) f.everybodyLeaves(15);
        }
        Phase[9] memory ends = [
            Phase.Entering,
            Phase.Sharing,
            Phase.Committing,
            Phase.Agreeing,
            Phase.Revealing,
            Phase.Recovering,
            Phase.Aggregating,
            Phase.Blaming,
            Phase.Final
        ];
        for (uint256 i = 0; i < ends.length; i++) require(f.model().ended(ends[i]) != 0, "an end that never comes up");
        require(f.model().rebuiltSeeds() != 0 && f.model().rebuiltKeys() != 0, "nothing is ever rebuilt");
        require(f.model().struckSeats() != 0, "nobody is ever struck");
    }

    /// @dev Never both secrets of a seat, no secret before a set is fixed, and no sum before all is known.
    function _secretsAreKept(MaskedFederation f, uint32 round, Phase phase) private view {
        CohortSets memory known = f.task().cohort(round);
        (uint256 shared, uint256 members, uint256 seeds, uint256 keys) = f.model().sets(round);
        require(known.shared == shared && known.members == members, "another cohort");
        require(known.seeds == seeds && known.keys == keys, "other secrets");
        require(seeds & keys == 0, "both secrets of a seat");
        require(seeds & ~members == 0, "the seed of one that is not in the sum");
        require(keys & (members | ~shared) == 0, "the key of one that is in the sum");
        bool isUnmasked = members != 0 && seeds == members && keys == (shared & ~members);
        if (phase < Phase.Revealing) require(members == 0, "a set before it is agreed on");
        bool needsAll = phase >= Phase.Aggregating && phase <= Phase.Final;
        require(isUnmasked || !needsAll, "a sum that is still masked");
        if (phase == Phase.Revealing || phase == Phase.Recovering) require(!isUnmasked, "waits for nothing");
        if (phase == Phase.Proposed) require(f.model().stands(round), "a proposal stands that was overturned");
    }

    function _rewardsAddUp(MaskedFederation f) private view {
        IMaskedTask task = f.task();
        uint256 owed = f.refunded() ? 0 : f.budget() - f.model().earned();
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            uint256 claimable = task.claimable(actor);
            require(f.claimed(actor) + claimable == f.model().due(actor), "another reward than the rules say");
            require(f.rewardToken().balanceOf(actor) == f.claimed(actor), "a claim paid another amount");
            owed += claimable;
        }
        require(f.rewardToken().balanceOf(address(task)) == owed, "the escrow is not what it owes");
        require(f.model().earned() <= f.budget(), "more is earned than was paid in");
    }

    function _stakesAddUp(MaskedFederation f) private view {
        IStakeVault vault = f.vault();
        uint256 staked = 0;
        uint256 held = 0;
        for (uint256 i = 0; i < f.ACTORS(); i++) {
            address actor = f.actors(i);
            (uint256 amount, , ) = vault.stakeOf(address(f.task()), actor);
            uint256 fined = f.deposited(actor) - f.withdrawn(actor) - amount;
            require(fined <= f.model().finesDue(actor), "somebody is fined without a fault");
            staked += amount;
            held += vault.token().balanceOf(actor);
        }
        require(vault.token().balanceOf(address(vault)) == staked, "the vault is not what it owes");
        uint256 elsewhere = vault.token().balanceOf(f.BURNT()) + vault.token().balanceOf(address(f));
        require(staked + held + elsewhere == vault.token().totalSupply(), "stake is lost");
    }
}
