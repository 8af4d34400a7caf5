// A running sum of lanes, modulo 2^32, in a WebAssembly module written when this file is loaded: it adds four lanes an
// instruction. Masking then runs at 0.8 to 0.9 of the bare cipher's speed, copies into the module's memory included; with a
// loop in JavaScript it was 0.6 to 0.7. There is one sum in a thread: load it, add to it and store it without waiting in
// between.

import { endianness } from "node:os";
import {
  addFour,
  addI32,
  get,
  i32,
  lessI32,
  loadFour,
  repeatWhile,
  set,
  storeFour,
  subtractFour,
  wasmModule,
} from "../protocol/wasmCode.ts";
import type { Code, Local, WasmFunction } from "../protocol/wasmCode.ts";

/** Most lanes of a sum: 64 KiB, so that it and what is added fit the second cache. */
export const PART_LANES = 16 * 1024;

const PART_BYTES = 4 * PART_LANES;
/** Bytes of a turn of the loop, and of one addition in it. */
const TURN_BYTES = 64;
const FOUR_LANES = 16;

interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Adds the first `bytes` bytes of the memory's second half to those of its first; rounds up to whole turns. */
  readonly add: (bytes: number) => void;
  readonly subtract: (bytes: number) => void;
}

// What is used of the global object, which the language's own types leave out.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Module };
};

if (endianness() !== "LE") throw new Error("Masks are implemented for little-endian machines only.");

const functions = [loop("add", addFour), loop("subtract", subtractFour)];
const { memory, add, subtract } = new WebAssembly.Instance(new WebAssembly.Module(wasmModule(functions, 2, [])))
  .exports;
const sum = new Int32Array(memory.buffer, 0, PART_LANES);
const added = new Uint8Array(memory.buffer, PART_BYTES);

/** Begins a sum with `part`, at most PART_LANES. */
export function loadPart(part: Int32Array): void {
  sum.set(part);
}

/** Adds lanes, given as little-endian bytes: those that the sum was begun with, at least one. */
export function addToPart(lanes: Uint8Array): void {
  added.set(lanes);
  add(lanes.length);
}

/** Subtracts likewise. */
export function subtractFromPart(lanes: Uint8Array): void {
  added.set(lanes);
  subtract(lanes.length);
}

/** Ends a sum: writes it back. */
export function storePart(part: Int32Array): void {
  part.set(sum.subarray(0, part.length));
}

function loop(name: string, combine: (a: Code, b: Code) => Code): WasmFunction {
  const [end, at]: [Local, Local] = [0, 1]; // the parameter, and a variable
  const turn: Code[] = [];
  for (let place = 0; place < TURN_BYTES; place += FOUR_LANES) {
    const combined = combine(loadFour(get(at), place), loadFour(get(at), PART_BYTES + place));
    turn.push(storeFour(get(at), place, combined));
  }
  const next = set(at, addI32(get(at), i32(TURN_BYTES)));
  return {
    name,
    parameters: 1,
    variables: { i32: 1, v128: 0 },
    body: repeatWhile([...turn.flat(), ...next], lessI32(get(at), get(end))),
  };
}
