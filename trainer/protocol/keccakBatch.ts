// keccak256 of many short messages at once, for the chunk tree: a WebAssembly module, written when this file is loaded,
// that hashes whole batches without coming back to JavaScript, two messages side by side in the halves of a 128-bit
// register. On one core that is about four times what a hash called message by message does.
//
// Leaves and nodes each fit one block of the sponge (FIPS 202, section 4), so a hash is one permutation of the state:
//
//   leaf = 0x00 ‖ uint32 index ‖ 128 bytes      node = 0x01 ‖ 32 bytes ‖ 32 bytes      then 0x01 0x00 … 0x80 to 136 bytes
//
// One memory serves all: whoever fills an area, hashes, and reads the result does so without waiting in between.
import { CHUNK_BYTES, HASH_BYTES } from "./chunkShape.ts";
import {
  add,
  addI32,
  andNot,
  bothOf,
  get,
  i32,
  lessI32,
  loadBoth,
  loadPair,
  pair,
  repeatWhile,
  set,
  shiftLeft,
  shiftRight,
  shuffle,
  storePair,
  wasmModule,
  wordBytes,
  xor,
} from "./wasmCode.ts";
import type { Code, Local, WasmFunction } from "./wasmCode.ts";

/** As many chunks are hashed at once as fill one segment of an envelope: 512. */
export const BATCH_DEPTH = 9;
export const BATCH_CHUNKS = 2 ** BATCH_DEPTH;

const WORD_BYTES = 8;
const BLOCK_WORDS = 17; // 136 bytes: the rate for a capacity of 512 bits
const ROUNDS = 24;
const ROTATIONS = rotations();

// The memory: the round constants, the hashes, and from the second page on the chunks.
const CONSTANTS_AT = 0;
const HASHES_AT = 1024;
const CHUNKS_AT = 65_536;

// The variables of all functions. Words of the state are numbered x + 5 y, as A[x, y] in FIPS 202.
const END: Local = 0; // parameters
const FIRST_INDEX: Local = 1;
const SOURCE: Local = 2; // i32: places in the input and the output, counted from the beginning of their areas
const TARGET: Local = 3;
const ROUND: Local = 4; // i32: place among the round constants
const INDICES: Local = 5; // v128, from here on: indices of the two messages
const SCRATCH: Local = 6;
const STATE: readonly Local[] = Array.from({ length: 25 }, (_, i) => 7 + i);
const NEXT: readonly Local[] = Array.from({ length: 25 }, (_, i) => 32 + i);
const PARITY: readonly Local[] = Array.from({ length: 5 }, (_, x) => 57 + x);
const EFFECT: readonly Local[] = Array.from({ length: 5 }, (_, x) => 62 + x);
const ROW: readonly Local[] = Array.from({ length: 5 }, (_, x) => 67 + x);
const VARIABLES = { i32: 3, v128: 67 };

interface Message {
  readonly name: string;
  readonly headerBytes: number;
  /** The header's bytes, the first one lowest, of both messages. */
  readonly header: Code;
  readonly payloadBytes: number;
  /** Where the payloads lie, one after the other. */
  readonly payloadsAt: number;
}

const LEAF: Message = {
  name: "hashLeaves",
  headerBytes: 5,
  // 0x00, then the index with its highest byte first; 16 picks a zero.
  header: shuffle(get(INDICES), pair(0n, 0n), [16, 3, 2, 1, 0, 16, 16, 16, 16, 11, 10, 9, 8, 16, 16, 16]),
  payloadBytes: CHUNK_BYTES,
  payloadsAt: CHUNKS_AT,
};

const NODE: Message = {
  name: "hashNodes",
  headerBytes: 1,
  header: pair(1n, 1n),
  payloadBytes: 2 * HASH_BYTES,
  payloadsAt: HASHES_AT,
};

const { memory, hashLeaves: runLeaves, hashNodes: runNodes, reverseLanes } = instantiate();

/** Where the chunks of a batch are put before `hashLeaves`: BATCH_CHUNKS of 128 bytes. */
export const chunkArea = new Uint8Array(memory.buffer, CHUNKS_AT, BATCH_CHUNKS * CHUNK_BYTES);
/** The same place as lanes, in the machine's own order of bytes. */
const laneArea = new Int32Array(memory.buffer, CHUNKS_AT, chunkArea.length / 4);
/** Where hashes are found afterwards, and put before `hashNodes`: BATCH_CHUNKS of 32 bytes. */
export const hashArea = new Uint8Array(memory.buffer, HASHES_AT, BATCH_CHUNKS * HASH_BYTES);

/** Puts lanes into the chunk area as big-endian bytes, at most a batch, and returns the bytes that they take there. */
export function placeLanes(lanes: Int32Array): Uint8Array {
  laneArea.set(lanes);
  reverseLanes(4 * lanes.length, 0);
  return chunkArea.subarray(0, 4 * lanes.length);
}

/** Replaces the first `count` hashes by those of as many chunks, whose indices begin at `firstIndex`. */
export function hashLeaves(count: number, firstIndex: number): void {
  runLeaves(count * HASH_BYTES, firstIndex);
}

/** Replaces the first `count` hashes by the parents of the first `2 * count`. */
export function hashNodes(count: number): void {
  runNodes(count * HASH_BYTES, 0);
}

/** What all functions take; only leaves have an index. */
type BatchFunction = (end: number, firstIndex: number) => void;

interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Hashes messages two by two until the output has at least `end` bytes. */
  readonly hashLeaves: BatchFunction;
  readonly hashNodes: BatchFunction;
  /** Reverses the bytes of each lane in at least `end` bytes of the chunk area. */
  readonly reverseLanes: BatchFunction;
}

// What is used of the global object, which the language's own types leave out.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Module };
};

function instantiate(): Module {
  const functions = [hashFunction(LEAF), hashFunction(NODE), reverseFunction()];
  const module = new WebAssembly.Module(wasmModule(functions, 2, roundConstants().flatMap(wordBytes)));
  return new WebAssembly.Instance(module).exports;
}

/**
 * Two hashes a turn. The nodes' output lies over their input, which is sound because a turn has read its 128 bytes of
 * input before it writes its 64 bytes of output, and these begin no later.
 */
function hashFunction(message: Message): WasmFunction {
  const hash = [0, 1, 2, 3].flatMap((word) => {
    const low = HASHES_AT + WORD_BYTES * word;
    return storePair(get(TARGET), low, low + HASH_BYTES, get(STATE[word]!));
  });
  const turn = [
    ...absorb(message),
    ...permute(),
    ...hash,
    ...set(INDICES, add(get(INDICES), pair(2n, 2n))),
    ...set(SOURCE, addI32(get(SOURCE), i32(2 * message.payloadBytes))),
    ...set(TARGET, addI32(get(TARGET), i32(2 * HASH_BYTES))),
  ];
  return {
    name: message.name,
    parameters: 2,
    variables: VARIABLES,
    body: [
      ...set(INDICES, add(bothOf(get(FIRST_INDEX)), pair(0n, 1n))),
      ...repeatWhile(turn, lessI32(get(TARGET), get(END))),
    ],
  };
}

/**
 * Four lanes a turn. In JavaScript this takes a tenth of a root's time, or four fifths where the loop is inlined into
 * a caller that runs too seldom to be optimised.
 */
function reverseFunction(): WasmFunction {
  const [low, high] = [CHUNKS_AT, CHUNKS_AT + WORD_BYTES];
  const lanes = loadPair(get(SOURCE), low, high);
  const reversed = shuffle(lanes, lanes, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
  const turn = [
    ...storePair(get(SOURCE), low, high, reversed),
    ...set(SOURCE, addI32(get(SOURCE), i32(2 * WORD_BYTES))),
  ];
  return {
    name: "reverseLanes",
    parameters: 2,
    variables: VARIABLES,
    body: repeatWhile(turn, lessI32(get(SOURCE), get(END))),
  };
}

/** Fills the state with the padded blocks of two messages. Words of the payload lie askew, by the header's length. */
function absorb({ headerBytes, header, payloadBytes, payloadsAt }: Message): Code {
  const payload = (at: number): Code => loadPair(get(SOURCE), payloadsAt + at, payloadsAt + at + payloadBytes);
  const lastWord = Math.floor((headerBytes + payloadBytes) / WORD_BYTES);
  const lastBits = 8 * ((headerBytes + payloadBytes) % WORD_BYTES);
  return STATE.flatMap((local, i) => {
    let word = pair(0n, 0n);
    if (i === 0) word = xor(shiftLeft(payload(0), 8 * headerBytes), header);
    else if (i < lastWord) word = payload(WORD_BYTES * i - headerBytes);
    else if (i === lastWord) {
      const end = 1n << BigInt(lastBits); // padding begins with 0x01 …
      word = xor(shiftRight(payload(payloadBytes - WORD_BYTES), 64 - lastBits), pair(end, end));
    }
    const close = 0x80n << 56n; // … and closes the block with 0x80
    return set(local, i === BLOCK_WORDS - 1 ? xor(word, pair(close, close)) : word);
  });
}

/** keccak-f[1600]: 24 rounds, two a turn, from STATE to NEXT and back. */
function permute(): Code {
  const end = CONSTANTS_AT + ROUNDS * WORD_BYTES;
  return [
    ...set(ROUND, i32(CONSTANTS_AT)),
    ...repeatWhile(
      [
        ...round(STATE, NEXT, loadBoth(get(ROUND), 0)),
        ...round(NEXT, STATE, loadBoth(get(ROUND), WORD_BYTES)),
        ...set(ROUND, addI32(get(ROUND), i32(2 * WORD_BYTES))),
      ],
      lessI32(get(ROUND), i32(end)),
    ),
  ];
}

/** One round, FIPS 202, section 3.3. Rotation and transposition are applied where chi reads its rows. */
function round(from: readonly Local[], to: readonly Local[], constant: Code): Code {
  const code: number[] = [];
  // theta: each word is changed by the parity of the column to its left and of the one to its right, rotated.
  for (let x = 0; x < 5; x++) {
    const column = [0, 5, 10, 15, 20].map((row) => get(from[x + row]!));
    code.push(...set(PARITY[x]!, column.reduce(xor)));
  }
  for (let x = 0; x < 5; x++) {
    code.push(...set(SCRATCH, get(PARITY[(x + 1) % 5]!)));
    code.push(...set(EFFECT[x]!, xor(rotate(SCRATCH, 1), get(PARITY[(x + 4) % 5]!))));
  }
  for (let y = 0; y < 5; y++) {
    // rho and pi: word x of row y comes, rotated, from column x + 3y of row x.
    for (let x = 0; x < 5; x++) {
      const column = (x + 3 * y) % 5;
      code.push(...set(SCRATCH, xor(get(from[column + 5 * x]!), get(EFFECT[column]!))));
      code.push(...set(ROW[x]!, rotate(SCRATCH, ROTATIONS[column + 5 * x]!)));
    }
    // chi: each word is changed by the two to its right; iota: the first one by the round's constant, too.
    for (let x = 0; x < 5; x++) {
      const word = xor(get(ROW[x]!), andNot(get(ROW[(x + 2) % 5]!), get(ROW[(x + 1) % 5]!)));
      code.push(...set(to[x + 5 * y]!, x === 0 && y === 0 ? xor(word, constant) : word));
    }
  }
  return code;
}

function rotate(local: Local, bits: number): Code {
  return bits === 0 ? get(local) : xor(shiftLeft(get(local), bits), shiftRight(get(local), 64 - bits));
}

/** FIPS 202, section 3.2.2: offsets are triangular numbers along a walk through all words but the first. */
function rotations(): number[] {
  const offsets = [0];
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

/** FIPS 202, section 3.2.5: bits 2^j - 1 of each constant come from a shift register over x^8 + x^6 + x^5 + x^4 + 1. */
function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j <= 6; j++) {
      if (register % 2 === 1) constant |= 1n << BigInt(2 ** j - 1);
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
    }
    return constant;
  });
}
