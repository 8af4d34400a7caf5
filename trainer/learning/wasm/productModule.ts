/**
 * The inner loops of a product of matrices as a WebAssembly module, written when it is asked for. A tile of the result, six
 * rows of eight floats, stays in registers while the depth goes by (twelve of the fifteen that there are; Goto and van de
 * Geijn 2008, https://doi.org/10.1145/1356052.1356053). Multiply-adds are fused (relaxed SIMD): that is what makes it twice
 * as fast as XNNPACK's kernels for WebAssembly, which are not.
 *
 * The left matrix is read where it lies, by tables: the element of row m at depth (s, j) is at
 * `left + rows[m] + segments[s] + j * step`. So patches of an image are rows of a matrix without being copied. The right
 * matrix is packed before: panel after panel of eight columns, each of them going down the depth.
 */
import {
  addI32,
  choose,
  get,
  i32,
  leastI32,
  lessI32,
  loadFloatFourTimes,
  loadFour,
  loadI32,
  multiplyAddFloats,
  multiplyI32,
  notLessFloats,
  repeatWhile,
  set,
  storeFour,
  subtractI32,
  wasmModuleOnMemory,
  zeroFloats,
} from "../../protocol/wasmCode.ts";
import type { Code, Local, WasmFunction } from "../../protocol/wasmCode.ts";
import { BackendUnavailable } from "../backend.ts";

/** Rows of a tile: `rows` has a multiple of so many entries. */
export const TILE_ROWS = 6;
/** Columns of a panel. */
export const PANEL = 8;
export const PANEL_BYTES = 4 * PANEL;

const FOUR_FLOATS = 16;

/** Addresses, sizes and strides are in bytes, numbers of things in things; tables hold 32-bit offsets. */
export interface ProductModule {
  /**
   * @param rows table of so many offsets as `rowCount`, and then the last again up to whole tiles.
   * @param segments table that ends at `segmentsEnd`, of at least one offset.
   * @param length depth of a segment, at least 1.
   * @param step from one depth to the next on the left.
   * @param right packed panels.
   * @param out first float of the result, its rows `outStride` apart.
   * @param start what sums begin with: `panels` times eight floats, alike for all rows; 0 goes on with what is in `out`.
   * @param isRectified 1 makes negative sums 0.
   */
  readonly multiply: (
    left: number,
    rows: number,
    rowCount: number,
    segments: number,
    segmentsEnd: number,
    length: number,
    step: number,
    right: number,
    panels: number,
    out: number,
    outStride: number,
    start: number,
    isRectified: number,
  ) => void;

  /** Packs whole panels of a matrix whose rows are `stride` apart and its columns a float. */
  readonly pack: (from: number, stride: number, depth: number, panels: number, to: number) => void;
}

// What is used of the global object, which the language's own types leave out.
declare const WebAssembly: {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: object } },
  ) => { readonly exports: ProductModule };
};

/**
 * @param memory a WebAssembly.Memory.
 * @throws BackendUnavailable
 */
export function productModule(memory: object): ProductModule {
  const bytes = wasmModuleOnMemory([multiply(), pack()]);
  if (!WebAssembly.validate(bytes)) {
    throw new BackendUnavailable(
      "This JavaScript engine knows no relaxed SIMD. Run it with Node 24, as npm installs it, or use --backend cpu.",
    );
  }
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } }).exports;
}

function multiply(): WasmFunction {
  const [left, rows, rowCount, segments, segmentsEnd, length, step] = [0, 1, 2, 3, 4, 5, 6] as const;
  const [right, panels, out, outStride, start, isRectified] = [7, 8, 9, 10, 11, 12] as const;
  const [row, panel, segment, depth, packed, place, started] = [13, 14, 15, 16, 17, 18, 19] as const;
  const pointers = Array.from({ length: TILE_ROWS }, (_, i) => 20 + i);
  const firstSum = 20 + TILE_ROWS;
  const sums = pointers.map((_, i): readonly Local[] => [firstSum + 2 * i, firstSum + 2 * i + 1]);
  const [low, high, factor] = [0, 1, 2].map((i) => firstSum + 2 * TILE_ROWS + i) as [Local, Local, Local];

  /** Does `act` at each row's part of the result. Rows behind the last are the last again: they write the same. */
  const atEachRow = (act: (i: number) => Code): Code =>
    sums.flatMap((_, i) => {
      const inRange = leastI32(addI32(get(row), i32(i)), subtractI32(get(rowCount), i32(1)));
      const inPanel = addI32(get(out), multiplyI32(get(panel), i32(PANEL_BYTES)));
      return [...set(place, addI32(inPanel, multiplyI32(inRange, get(outStride)))), ...act(i)];
    });
  const eachSum = (act: (sum: Local, half: number) => Code): Code => sums.flatMap((pair) => pair.flatMap(act));

  const goOn = atEachRow((i) => sums[i]!.flatMap((sum, half) => set(sum, loadFour(get(place), half * FOUR_FLOATS))));
  const begin = [
    ...set(started, addI32(get(start), multiplyI32(get(panel), i32(PANEL_BYTES)))),
    ...eachSum((sum, half) => set(sum, loadFour(get(started), half * FOUR_FLOATS))),
  ];
  const oneDeeper = [
    ...set(low, loadFour(get(packed), 0)),
    ...set(high, loadFour(get(packed), FOUR_FLOATS)),
    ...pointers.flatMap((pointer, i) => [
      ...set(factor, loadFloatFourTimes(get(pointer), 0)),
      ...set(pointer, addI32(get(pointer), get(step))),
      ...sums[i]!.flatMap((sum, half) =>
        set(sum, multiplyAddFloats(get(factor), get(half === 0 ? low : high), get(sum))),
      ),
    ]),
    ...set(packed, addI32(get(packed), i32(PANEL_BYTES))),
    ...set(depth, subtractI32(get(depth), i32(1))),
  ];
  const oneSegment = [
    ...set(place, addI32(get(left), loadI32(get(segment), 0))),
    ...pointers.flatMap((pointer, i) => {
      const entry = addI32(get(rows), multiplyI32(get(row), i32(4)));
      return set(pointer, addI32(get(place), loadI32(entry, 4 * i)));
    }),
    ...set(depth, get(length)),
    ...repeatWhile(oneDeeper, get(depth)),
    ...set(segment, addI32(get(segment), i32(4))),
  ];
  const rectify = eachSum((sum) => set(sum, notLessFloats(get(sum), zeroFloats)));
  const onePanel = [
    ...choose(get(start), begin, goOn),
    ...set(segment, get(segments)),
    ...repeatWhile(oneSegment, lessI32(get(segment), get(segmentsEnd))),
    ...choose(get(isRectified), rectify, []),
    ...atEachRow((i) => sums[i]!.flatMap((sum, half) => storeFour(get(place), half * FOUR_FLOATS, get(sum)))),
    ...set(panel, addI32(get(panel), i32(1))),
  ];
  const oneTile = [
    ...set(panel, i32(0)),
    ...set(packed, get(right)),
    ...repeatWhile(onePanel, lessI32(get(panel), get(panels))),
    ...set(row, addI32(get(row), i32(TILE_ROWS))),
  ];
  return {
    name: "multiply",
    parameters: 13,
    variables: { i32: firstSum - 13, v128: 2 * TILE_ROWS + 3 },
    body: repeatWhile(oneTile, lessI32(get(row), get(rowCount))),
  };
}

function pack(): WasmFunction {
  const [from, stride, depth, panels, to, left, place] = [0, 1, 2, 3, 4, 5, 6] as const;
  const oneDeeper = [
    ...storeFour(get(to), 0, loadFour(get(place), 0)),
    ...storeFour(get(to), FOUR_FLOATS, loadFour(get(place), FOUR_FLOATS)),
    ...set(to, addI32(get(to), i32(PANEL_BYTES))),
    ...set(place, addI32(get(place), get(stride))),
    ...set(left, subtractI32(get(left), i32(1))),
  ];
  const onePanel = [
    ...set(left, get(depth)),
    ...set(place, get(from)),
    ...repeatWhile(oneDeeper, get(left)),
    ...set(from, addI32(get(from), i32(PANEL_BYTES))),
    ...set(panels, subtractI32(get(panels), i32(1))),
  ];
  return {
    name: "pack",
    parameters: 5,
    variables: { i32: 2, v128: 0 },
    body: repeatWhile(onePanel, get(panels)),
  };
}
