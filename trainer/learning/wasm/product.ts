/**
 * A product of matrices on a heap, cut into blocks whose packed right side stays in the second cache while all rows of the
 * left pass by.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.ts";
import { PANEL, PANEL_BYTES, TILE_ROWS } from "./productModule.ts";
import type { ProductModule } from "./productModule.ts";

/** Floats of a block of the right side: 256 KiB. */
const BLOCK = 64 * 1024;
/** Of a block, about: so deep a panel leaves room in the first cache for a tile's rows. */
const DEPTH = 512;

/** Addresses and strides in bytes. */
export interface Product {
  readonly left: number;
  /** Where the left side's rows begin, from `left`. */
  readonly rows: Int32Array;
  /** Parts of the depth, each of `length`: where they begin on the left, from a row's beginning. */
  readonly segments: Int32Array;
  readonly length: number;
  /** From one depth to the next inside of a segment. */
  readonly step: number;
  readonly right: number;
  /** From one depth to the next, and from one column to the next. */
  readonly rightStrides: readonly [number, number];
  readonly columns: number;
  /** [rows, columns]. */
  readonly out: number;
  /** What each column's sums begin with: a tensor of that many, or 0. */
  readonly bias?: number;
  readonly isRectified?: boolean;
}

/** A run of depths, in segments or in parts of a single one. */
interface Depths {
  readonly from: number;
  readonly firstSegment: number;
  readonly segments: number;
  /** Of each segment. */
  readonly length: number;
}

/** Runs inside `tf.tidy`, which frees what is allocated here. */
export function multiply(heap: Heap, module: ProductModule, product: Product): void {
  const { rows, segments, columns, out } = product;
  const depths = [...depthsOf(product)];
  const deepest = Math.max(...depths.map((each) => each.segments * each.length));
  const wide = Math.max(PANEL, Math.floor(BLOCK / deepest / PANEL) * PANEL);
  const whole = columns - (columns % PANEL);
  const width = Math.max(PANEL, Math.min(wide, whole));

  const tableSize = Math.ceil(rows.length / TILE_ROWS) * TILE_ROWS + segments.length;
  const table = place(heap, tableSize);
  const panels = place(heap, deepest * width);
  const start = place(heap, width);
  const tail = whole < columns ? place(heap, rows.length * PANEL) : 0;
  const entries = heap.integers().subarray(table / 4, table / 4 + tableSize);
  entries.fill(rows.at(-1) ?? 0).set(rows);
  entries.set(segments, tableSize - segments.length);
  const segmentTable = table + 4 * (tableSize - segments.length);

  for (let from = 0, count: number; from < columns; from += count) {
    const isTail = from >= whole;
    count = Math.min(width, (isTail ? columns : whole) - from);
    const panelCount = Math.ceil(count / PANEL);
    begin(heap.floats().subarray(start / 4, start / 4 + width), heap.floats(), product.bias, from, count);
    depths.forEach((each, i) => {
      pack(heap, module, product, each, from, count, panels);
      const firstDepth = product.segments.length > 1 ? 0 : each.from * product.step;
      const first = segmentTable + 4 * each.firstSegment;
      module.multiply(
        ...([product.left + firstDepth, table, rows.length, first, first + 4 * each.segments] as const),
        ...([each.length, product.step, panels, panelCount] as const),
        ...([isTail ? tail : out + 4 * from, isTail ? PANEL_BYTES : 4 * columns] as const),
        ...([i === 0 ? start : 0, product.isRectified === true && i === depths.length - 1 ? 1 : 0] as const),
      );
    });
    if (isTail) copyColumns(heap.floats(), tail / 4, out / 4 + from, rows.length, columns, count);
  }
}

function place(heap: Heap, floats: number): number {
  return heap.address(heap.allocate<Tensor>([floats]));
}

/** Whole segments where there are several, else parts of the one. */
function* depthsOf({ segments, length }: Product): Generator<Depths> {
  if (segments.length > 1) {
    const most = Math.max(1, Math.floor(DEPTH / length));
    for (let first = 0; first < segments.length; first += most) {
      const count = Math.min(most, segments.length - first);
      yield { from: first * length, firstSegment: first, segments: count, length };
    }
    return;
  }
  for (let from = 0; from < length; from += DEPTH) {
    yield { from, firstSegment: 0, segments: 1, length: Math.min(DEPTH, length - from) };
  }
}

function begin(start: Float32Array, heap: Float32Array, bias: number | undefined, from: number, count: number): void {
  start.fill(0);
  if (bias !== undefined) start.set(heap.subarray(bias / 4 + from, bias / 4 + from + count));
}

/** Columns that a whole panel lacks become 0. */
function pack(
  heap: Heap,
  module: ProductModule,
  { right, rightStrides: [down, across] }: Product,
  depths: Depths,
  column: number,
  columns: number,
  to: number,
): void {
  const from = right + depths.from * down + column * across;
  const depth = depths.segments * depths.length;
  if (across === 4 && columns % PANEL === 0) {
    module.pack(from, down, depth, columns / PANEL, to);
    return;
  }
  const floats = heap.floats();
  for (let panel = 0; panel < columns; panel += PANEL) {
    for (let lane = 0; lane < PANEL; lane++) {
      let at = (from + (panel + lane) * across) / 4;
      const end = to / 4 + panel * depth + depth * PANEL;
      const isThere = panel + lane < columns;
      for (let target = to / 4 + panel * depth + lane; target < end; target += PANEL, at += down / 4) {
        floats[target] = isThere ? (floats[at] as number) : 0;
      }
    }
  }
}

function copyColumns(heap: Float32Array, from: number, to: number, rows: number, stride: number, count: number): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < count; column++) {
      heap[to + row * stride + column] = heap[from + row * PANEL + column] as number;
    }
  }
}
