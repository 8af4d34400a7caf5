// Values as the words of Solidity's abi.encode, for the few hashes that contracts and masked rounds share. Only static
// types: each value is one word of 32 bytes, and an encoding is the words in a row.

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export const WORD_BYTES = 32;
export const ACCOUNT_BYTES = 20;

/** The bytes of 0x-prefixed hex. @throws RangeError unless it has exactly `length` bytes. */
export function fixedBytes(name: string, hex: string, length: number): Uint8Array {
  if (!/^0x[0-9a-fA-F]*$/.test(hex) || hex.length !== 2 + 2 * length) {
    throw new RangeError(`The ${name} must be ${length} bytes in 0x-prefixed hex.`);
  }
  return hexToBytes(hex.slice(2));
}

/** Bytes as 0x-prefixed hex. */
export function toHex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** keccak256 of the pieces in a row. */
export function keccak(...pieces: readonly Uint8Array[]): Uint8Array {
  return keccak_256(concatBytes(...pieces));
}

/** keccak256 of a text: how a label becomes a word. */
export function labelWord(label: string): Uint8Array {
  return keccak(utf8ToBytes(label));
}

/** An unsigned integer of up to `bits` bits as a word. @throws RangeError naming `name`, not its value. */
export function uintWord(name: string, value: bigint | number, bits: number): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  word.set(uintBytes(name, value, bits), WORD_BYTES - bits / 8);
  return word;
}

/** An unsigned integer as `bits / 8` big-endian bytes. @throws RangeError naming `name`, not its value. */
export function uintBytes(name: string, value: bigint | number, bits: number): Uint8Array {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || value < 0 || BigInt(value) >> BigInt(bits) !== 0n) {
    throw new RangeError(`The ${name} must be a whole number of at most ${bits} bits.`);
  }
  return hexToBytes(value.toString(16).padStart(bits / 4, "0"));
}

/** An account's address as a word. */
export function addressWord(name: string, address: string): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  word.set(fixedBytes(name, address, ACCOUNT_BYTES), WORD_BYTES - ACCOUNT_BYTES);
  return word;
}

/** A number from 32 big-endian bytes. */
export function wordToBigInt(word: Uint8Array): bigint {
  return BigInt(toHex(word));
}
