import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { HostBackend } from "../../../trainer/learning/backend.ts";
import { createRandom } from "../../../trainer/learning/random.ts";

const seed = process.env["FOEDUS_TEST_SEED"] ?? String(Date.now());

describe(`wasmKernels (FOEDUS_TEST_SEED=${seed})`, () => {
  const random = createRandom(seed);
  let wasm: HostBackend;
  let cpu: HostBackend;
  before(async () => {
    wasm = await openBackend("wasm");
    cpu = await openBackend("cpu");
  });

  /** Both backends' answers are the same but for the order of sums, NaN and infinity at the same places. */
  function agree(
    shapes: readonly (readonly number[])[],
    act: (backend: HostBackend, inputs: readonly Tensor[]) => Tensor,
    change?: (first: Float32Array) => void,
  ): void {
    const inputs = shapes.map((shape) => {
      const length = shape.reduce((product, each) => product * each, 1);
      return Float32Array.from({ length }, random.normal);
    });
    change?.(inputs[0] as Float32Array);
    const [found, expected] = [wasm, cpu].map((backend) =>
      backend.run(() => {
        const tensors = inputs.map((each, i) => tf.tensor(each.slice(), [...(shapes[i] ?? [])]));
        const answer = act(backend, tensors);
        return { shape: answer.shape, values: backend.view(answer).slice() };
      }),
    ) as [{ shape: number[]; values: Float32Array }, { shape: number[]; values: Float32Array }];
    expect(found.shape).to.deep.equal(expected.shape);
    const scale = Math.max(...expected.values.filter(Number.isFinite).map(Math.abs));
    const wrong = expected.values.findIndex((value, i) => {
      const other = found.values[i] as number;
      return Number.isFinite(value) ? !(Math.abs(value - other) <= 1e-4 * scale) : !Object.is(value, other);
    });
    expect(wrong, `first wrong of ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")}`).to.equal(-1);
  }

  for (const [what, rows, depth, columns] of [
    ["one number", 1, 1, 1],
    ["a whole tile", 6, 4, 8],
    ["less than a tile and a panel", 5, 3, 7],
    ["tiles and panels and some more", 20, 11, 27],
    ["a depth of several blocks", 7, 1_100, 9],
    ["columns of several blocks", 7, 513, 270],
    ["one column", 300, 40, 1],
  ] as const) {
    it(`multiplies matrices of any size: ${what}`, () => {
      const product =
        (transpose?: "left" | "right") =>
        (backend: HostBackend, [left, right]: readonly Tensor[]) =>
          backend.kernels.product(left as Tensor2D, right as Tensor2D, transpose);
      agree([[rows, depth], [depth, columns]], product()); // prettier-ignore
      agree([[depth, rows], [depth, columns]], product("left")); // prettier-ignore
      agree([[rows, depth], [columns, depth]], product("right")); // prettier-ignore
    });
  }

  for (const [what, samples, height, width, channels, filters, window] of [
    ["one pixel of one channel", 1, 1, 1, 1, 1, 1],
    ["an odd window", 3, 7, 5, 2, 8, 5],
    ["an even window", 2, 6, 9, 3, 16, 4],
    ["a window larger than the image", 2, 4, 4, 1, 3, 11],
    ["filters that are no whole panels", 2, 8, 8, 8, 13, 3],
    ["many channels", 2, 6, 6, 40, 24, 5],
  ] as const) {
    const images = [samples, height, width, channels];
    const filter = [window, window, channels, filters];
    const gradient = [samples, height, width, filters];

    it(`convolves and finds both gradients: ${what}`, () => {
      agree([images, filter, [filters]], (backend, [x, w, b]) =>
        backend.kernels.convolve(x as Tensor4D, w as Tensor4D, b as Tensor1D),
      );
      agree([images, gradient], (backend, [x, dy]) =>
        backend.kernels.filterGradient(x as Tensor4D, dy as Tensor4D, window),
      );
      agree([gradient, filter], (backend, [dy, w]) => backend.kernels.imageGradient(dy as Tensor4D, w as Tensor4D));
    });
  }

  it("lets NaN and infinity through, ReLU or not", () => {
    const shapes = [[1, 8, 8, 1], [3, 3, 1, 5], [5]]; // prettier-ignore
    const convolve = (backend: HostBackend, [x, w, b]: readonly Tensor[]) =>
      backend.kernels.convolve(x as Tensor4D, w as Tensor4D, b as Tensor1D);
    agree(shapes, convolve, (images) => {
      images[7] = NaN;
      images[30] = Infinity;
    });
  });
});
