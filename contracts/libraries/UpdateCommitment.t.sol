// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test names are sentences, and what a test says when it fails costs nobody gas.
// solhint-disable func-name-mixedcase, gas-custom-errors, reason-string

import {UpdateCommitment} from "./UpdateCommitment.sol";
import {VM} from "../test-support/Vm.sol";

/// @notice What a commitment binds, field by field.
contract UpdateCommitmentTest {
    function testFuzz_DomainBindsChainAndTask(address task, address other, uint64 chain) external {
        bytes32 domain = UpdateCommitment.domain(task);
        require(domain == keccak256(abi.encode(keccak256("Foedus/v1"), block.chainid, task)), "its definition");
        if (other != task) require(UpdateCommitment.domain(other) != domain, "another task");
        uint256 here = block.chainid;
        if (chain == 0 || chain == here) return;
        VM.chainId(chain);
        require(UpdateCommitment.domain(task) != domain, "another chain");
        VM.chainId(here);
    }

    function testFuzz_CommitmentBindsEveryField(
        bytes32 domain,
        uint32 round,
        address trainer,
        bytes32 root,
        bytes32 keyHash,
        bytes32 change
    ) external pure {
        bytes32 committed = UpdateCommitment.hash(domain, round, trainer, root, keyHash);
        require(committed == keccak256(abi.encode(domain, round, trainer, root, keyHash)), "its definition");
        if (change == 0) change = bytes32(uint256(1));
        uint32 otherRound = round ^ uint32(1 << (uint256(change) % 32));
        address otherTrainer = address(uint160(trainer) ^ uint160(1 << (uint256(change) % 160)));
        require(UpdateCommitment.hash(domain ^ change, round, trainer, root, keyHash) != committed, "domain");
        require(UpdateCommitment.hash(domain, otherRound, trainer, root, keyHash) != committed, "round");
        require(UpdateCommitment.hash(domain, round, otherTrainer, root, keyHash) != committed, "trainer");
        require(UpdateCommitment.hash(domain, round, trainer, root ^ change, keyHash) != committed, "root");
        require(UpdateCommitment.hash(domain, round, trainer, root, keyHash ^ change) != committed, "key");
    }
}
