// As much of the WebAssembly binary format as a short hand-written module needs: https://webassembly.github.io/spec/core,
// chapter 5. Code is a list of bytes; an expression is code that leaves one value on the stack.

export type Code = readonly number[];
/** The number of a parameter or variable of a function. Parameters come first. */
export type Local = number;

export interface WasmFunction {
  readonly name: string;
  /** How many parameters, each an i32. */
  readonly parameters: number;
  /** How many variables follow, all zero at the start: first those of type i32, then those of type v128. */
  readonly variables: { readonly i32: number; readonly v128: number };
  readonly body: Code;
}

const TYPE = { i32: 0x7f, v128: 0x7b, function: 0x60, none: 0x40 } as const;
const SECTION = { types: 1, imports: 2, functions: 3, memory: 5, exports: 7, code: 10, data: 11 } as const;
const KIND = { function: 0, memory: 2 } as const;
const END = 0x0b;
const PREAMBLE: Code = [0, ...ascii("asm"), 1, 0, 0, 0];

/**
 * A whole module: exported functions that return nothing, and a memory exported as "memory" which opens with `data`.
 *
 * @param pages - Size of the memory in units of 64 KiB; it does not grow.
 */
export function wasmModule(functions: readonly WasmFunction[], pages: number, data: Code): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...PREAMBLE,
    ...types(functions),
    ...declarations(functions),
    ...section(SECTION.memory, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(SECTION.exports, [[...text("memory"), KIND.memory, 0], ...names(functions)]),
    ...bodies(functions),
    ...section(SECTION.data, [[0, ...i32(0), END, ...sized(data)]]),
  ]);
}

/** The same on a memory of someone else's, imported as "memory" from "host". */
export function wasmModuleOnMemory(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...PREAMBLE,
    ...types(functions),
    ...section(SECTION.imports, [[...text("host"), ...text("memory"), KIND.memory, 0, ...unsigned(1)]]),
    ...declarations(functions),
    ...section(SECTION.exports, names(functions)),
    ...bodies(functions),
  ]);
}

function types(functions: readonly WasmFunction[]): Code {
  const entries = functions.map(({ parameters }) => [
    TYPE.function,
    ...vector(Array.from({ length: parameters }, () => [TYPE.i32])),
    ...vector([]),
  ]);
  return section(SECTION.types, entries);
}

function declarations(functions: readonly WasmFunction[]): Code {
  return section(
    SECTION.functions,
    functions.map((_, i) => unsigned(i)),
  );
}

function names(functions: readonly WasmFunction[]): Code[] {
  return functions.map(({ name }, i) => [...text(name), KIND.function, ...unsigned(i)]);
}

function bodies(functions: readonly WasmFunction[]): Code {
  const entries = functions.map(({ variables, body }) =>
    sized([
      ...vector([
        [...unsigned(variables.i32), TYPE.i32],
        [...unsigned(variables.v128), TYPE.v128],
      ]),
      ...body,
      END,
    ]),
  );
  return section(SECTION.code, entries);
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, ...sized(vector(entries))];
}

export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];

/** Repeats the body as long as the condition, an i32, is not 0 after it. */
export const repeatWhile = (body: Code, condition: Code): Code => [
  0x03,
  TYPE.none,
  ...body,
  ...condition,
  0x0d,
  0,
  END,
];

/** Does one thing if the condition, an i32, is not 0, another if it is. */
export const choose = (condition: Code, ifSo: Code, ifNot: Code): Code => [
  ...condition,
  0x04,
  TYPE.none,
  ...ifSo,
  0x05,
  ...ifNot,
  END,
];

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const addI32 = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtractI32 = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const multiplyI32 = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const lessI32 = (a: Code, b: Code): Code => [...a, ...b, 0x49];
/** The smaller one, as unsigned. */
export const leastI32 = (a: Code, b: Code): Code => [...a, ...b, ...lessI32(a, b), 0x1b];
export const loadI32 = (pointer: Code, at: number): Code => [...pointer, 0x28, 0, ...unsigned(at)];

// A v128 holds two unsigned numbers of 64 bits, called low and high.
export const pair = (low: bigint, high: bigint): Code => [...simd(12), ...wordBytes(low), ...wordBytes(high)];
/** An i32, as unsigned, in both numbers. */
export const bothOf = (value: Code): Code => [...value, 0xad, ...simd(18)];
export const add = (a: Code, b: Code): Code => [...a, ...b, ...simd(206)];
export const xor = (a: Code, b: Code): Code => [...a, ...b, ...simd(81)];
export const andNot = (a: Code, b: Code): Code => [...a, ...b, ...simd(79)];
export const shiftLeft = (a: Code, bits: number): Code => [...a, ...i32(bits), ...simd(203)];
export const shiftRight = (a: Code, bits: number): Code => [...a, ...i32(bits), ...simd(205)];
/** Picks 16 bytes: 0 to 15 are those of `a`, 16 to 31 those of `b`. */
export const shuffle = (a: Code, b: Code, picks: readonly number[]): Code => [...a, ...b, ...simd(13), ...picks];

// Addresses are a pointer of type i32 plus a constant, in bytes; nothing need be aligned, numbers are little-endian.
/** Low from one place, high from another. */
export const loadPair = (pointer: Code, low: number, high: number): Code => [
  ...[...pointer, ...pointer, ...simd(93), 0, ...unsigned(low)],
  ...[...simd(87), 0, ...unsigned(high), 1],
];
/** The same 64 bits in low and high. */
export const loadBoth = (pointer: Code, at: number): Code => [...pointer, ...simd(10), 0, ...unsigned(at)];
export const storePair = (pointer: Code, low: number, high: number, value: Code): Code => [
  ...[...pointer, ...value, ...simd(91), 0, ...unsigned(low), 0],
  ...[...pointer, ...value, ...simd(91), 0, ...unsigned(high), 1],
];

// A v128 holds four numbers of 32 bits here.
export const loadFour = (pointer: Code, at: number): Code => [...pointer, ...simd(0), 0, ...unsigned(at)];
export const storeFour = (pointer: Code, at: number, value: Code): Code => [
  ...pointer,
  ...value,
  ...simd(11),
  0,
  ...unsigned(at),
];
export const addFour = (a: Code, b: Code): Code => [...a, ...b, ...simd(174)];
export const subtractFour = (a: Code, b: Code): Code => [...a, ...b, ...simd(177)];

// And here four floats.
/** The float at one place, four times. */
export const loadFloatFourTimes = (pointer: Code, at: number): Code => [...pointer, ...simd(9), 0, ...unsigned(at)];
export const zeroFloats: Code = pair(0n, 0n);
/** a b + c, rounded once where the processor can do that fast, else twice (relaxed SIMD). */
export const multiplyAddFloats = (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x105)];
/** `b` where `a` is less, else `a`: NaN in `a` stays. */
export const notLessFloats = (a: Code, b: Code): Code => [...a, ...b, ...simd(235)];

/** 64 bits as bytes, the lowest first. */
export function wordBytes(word: bigint): Code {
  return Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
}

function simd(operation: number): Code {
  return [0xfd, ...unsigned(operation)];
}

/** LEB128: seven bits a byte, the lowest first; the top bit says that more follow. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same for signed numbers: bit 6 of the last byte is the sign. */
function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

function vector(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function sized(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): Code {
  return sized(ascii(value));
}

function ascii(value: string): Code {
  return Array.from(value, (letter) => letter.charCodeAt(0));
}
