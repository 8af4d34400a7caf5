// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claims} from "./Claims.sol";

/// @title MaskCourt
/// @notice See IMaskCourt.
contract MaskCourt is Claims {}
