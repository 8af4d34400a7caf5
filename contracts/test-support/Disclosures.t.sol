// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAggregationCourt} from "../interfaces/IAggregationCourt.sol";
import {Fault, Proposal, ServerRule, TaskConfig} from "../interfaces/ITrainingTask.sol";
import {ContractAccount, GreedyAccount} from "./EtherAccounts.sol";
import {Vectors} from "./Vectors.t.sol";
import {VM} from "./Vm.sol";

/// @title AnyTask
/// @notice As much of a task as a court sees of it when chunks are asked for. Its proposals come, stand and fall at will.
contract AnyTask {
    error NoProposal();
    error NotHeld();

    TaskConfig private _config;
    Proposal private _proposal;
    bytes32 private _modelRoot;
    bool private _stands;
    bool private _holds = true;
    uint256 public overturned;

    constructor(uint32 parameters) {
        (_config.parameters, _proposal.parameters) = (parameters, parameters);
        _config.serverRule = ServerRule.FedAvg;
    }

    function propose(uint32 round, bytes32 sumRoot, bytes32 modelRoot) external {
        (_stands, _proposal.ordinal) = (true, round == _proposal.round ? _proposal.ordinal + 1 : 1);
        (_proposal.round, _proposal.sumRoot, _modelRoot) = (round, sumRoot, modelRoot);
    }

    function fall() external {
        _stands = false;
    }

    function refuseToHold(bool refuses) external {
        _holds = !refuses;
    }

    function config() external view returns (TaskConfig memory) {
        return _config;
    }

    function proposal() external view returns (Proposal memory) {
        if (!_stands) revert NoProposal();
        return _proposal;
    }

    function modelRoots() external view returns (bytes32, bytes32) {
        return (0, _modelRoot);
    }

    function hold(uint32) external view returns (uint256 answerBy) {
        if (!_holds) revert NotHeld();
        return VM.getBlockTimestamp() + 10;
    }

    function overturn(uint32, Fault, address) external returns (uint256) {
        _stands = false;
        overturned += 1;
        return 0;
    }
}

/// @title Disclosures
/// @notice Accounts that ask for chunks of two tasks' proposals, answer, report, reclaim and withdraw in any order. What
/// each has paid and been paid is counted here.
contract Disclosures {
    using Vectors for bytes;

    struct Asked {
        AnyTask task;
        uint32 round;
        uint16 ordinal;
        uint8 vector;
        uint32 chunk;
        address by;
        uint256 price;
    }

    uint256 private constant PARAMETERS = 100;
    uint256 private constant PURSE = 10 ether;

    IAggregationCourt public immutable court;
    AnyTask[2] private _tasks;
    ContractAccount[4] private _accounts; // the last one takes ether and asks for more, the others take none
    bytes private _vector;
    Asked[] private _open;
    mapping(address account => uint256) public due;
    string public broken;

    constructor(IAggregationCourt court_) payable {
        court = court_;
        _vector = Vectors.random(1, PARAMETERS, 1000);
        for (uint256 i = 0; i < 2; i++) _tasks[i] = new AnyTask(uint32(PARAMETERS));
        for (uint256 i = 0; i < 3; i++) _accounts[i] = new ContractAccount{value: PURSE}();
        _accounts[3] = new GreedyAccount{value: PURSE}();
        VM.warp(1_700_000_000);
    }

    function propose(uint8 task, uint8 rounds) public {
        AnyTask of_ = _tasks[task % 2];
        uint32 round = 1;
        try of_.proposal() returns (Proposal memory old) {
            round = old.round;
        } catch {}
        of_.propose(round + (rounds % 2), _vector.root(), _vector.root());
    }

    function fall(uint8 task, bool refusesToHold) external {
        _tasks[task % 2].fall();
        _tasks[task % 2].refuseToHold(refusesToHold);
    }

    function request(uint8 account, uint8 task, uint8 vector, uint8 chunk, uint32 extra, uint32 baseFee) public {
        VM.fee(baseFee);
        AnyTask of_ = _tasks[task % 2];
        Proposal memory proposal = of_.proposal();
        uint256 price = court.requestPrice(address(of_)) + extra;
        Asked memory asked = Asked(
            of_,
            proposal.round,
            proposal.ordinal,
            vector % 3,
            chunk % 5,
            address(_account(account)),
            price
        );
        bytes memory ask = abi.encodeCall(court.requestChunk, (address(of_), asked.round, asked.vector, asked.chunk));
        if (_act(account, price, ask)) _open.push(asked);
    }

    function answer(uint8 account, uint8 which, bool right) external {
        Asked memory asked = _any(which);
        if (!_stands(asked)) return;
        bytes memory opening = _vector.opening(asked.chunk);
        if (!right) opening[which % opening.length] ^= 0x01;
        bytes memory act = abi.encodeCall(
            court.answerRequest,
            (address(asked.task), asked.round, asked.vector, asked.chunk, opening)
        );
        if (!_act(account, 0, act)) return;
        if (!right) _break("a wrong answer is paid for");
        _close(which, address(_account(account)));
    }

    function report(uint8 account, uint8 which) external {
        Asked memory asked = _any(which);
        if (!_stands(asked)) return;
        bytes memory act = abi.encodeCall(
            court.reportSilence,
            (address(asked.task), asked.round, asked.vector, asked.chunk)
        );
        uint256 before = asked.task.overturned();
        if (!_act(account, 0, act)) return;
        if (asked.task.overturned() != before + 1) _break("silence costs nothing");
        _close(which, asked.by);
    }

    function reclaim(uint8 account, uint8 which) external {
        Asked memory asked = _any(which);
        bytes memory act = abi.encodeCall(
            court.reclaim,
            (address(asked.task), asked.round, asked.ordinal, asked.vector, asked.chunk)
        );
        if (_act(account, 0, act)) _close(which, asked.by);
    }

    function withdraw(uint8 account) public {
        uint256 before = address(_account(account)).balance;
        bool done = _act(account, 0, abi.encodeCall(court.withdraw, ()));
        if (!done) return;
        if (address(_account(account)).balance - before != due[address(_account(account))]) _break("another payment");
        due[address(_account(account))] = 0;
    }

    function passTime(uint8 seconds_) external {
        VM.warp(VM.getBlockTimestamp() + seconds_);
    }

    /// @notice Whatever has been asked for comes back in the end, to the wei.
    function everybodyIsPaid(uint8 dice) external {
        if (dice % 8 != 7) return;
        for (uint256 i = 0; i < 2; i++) _tasks[i].fall();
        while (_open.length > 0) {
            Asked memory asked = _open[_open.length - 1];
            court.reclaim(address(asked.task), asked.round, asked.ordinal, asked.vector, asked.chunk);
            _close(_open.length - 1, asked.by);
        }
        withdraw(3);
        if (due[address(_accounts[3])] != 0) _break("a price that stays behind");
    }

    /// @notice What the court must hold: the prices of what is open, and what it owes.
    function held() external view returns (uint256 amount) {
        for (uint256 i = 0; i < _open.length; i++) amount += _open[i].price;
        for (uint256 i = 0; i < _accounts.length; i++) amount += court.owed(address(_accounts[i]));
    }

    /// @notice Whether what the court says it owes is what the accounts are due.
    function owesWhatIsDue() external view returns (bool same) {
        same = true;
        for (uint256 i = 0; i < _accounts.length; i++) {
            same = same && court.owed(address(_accounts[i])) == due[address(_accounts[i])];
        }
    }

    function _account(uint8 index) private view returns (ContractAccount) {
        return _accounts[index % 4];
    }

    /// @dev Not of an earlier proposal: of that the same chunk may have been asked, and is another question.
    function _stands(Asked memory asked) private view returns (bool) {
        try asked.task.proposal() returns (Proposal memory proposal) {
            return proposal.round == asked.round && proposal.ordinal == asked.ordinal;
        } catch {
            return false;
        }
    }

    /// @dev One that is open; reverts where nothing is.
    function _any(uint256 which) private view returns (Asked memory) {
        return _open[which % _open.length];
    }

    function _close(uint256 which, address to) private {
        which %= _open.length;
        due[to] += _open[which].price;
        _open[which] = _open[_open.length - 1];
        _open.pop();
    }

    function _act(uint8 account, uint256 value, bytes memory act) private returns (bool done) {
        (done, ) = _account(account).act(address(court), value, act);
    }

    function _break(string memory why) private {
        if (bytes(broken).length == 0) broken = why;
    }
}
