// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
library EcdhSeed { function publicKeyAddress(uint256 s) internal pure returns (address){ return ecrecover(0,27,0,bytes32(s)); } }
