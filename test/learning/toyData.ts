/** Small made-up data sets that a network learns in a second. */
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { createRandom } from "../../trainer/learning/random.ts";

/** Two rings around the origin, the outer one class 1: no straight line parts them. */
export function twoRings(rows: number, seed: number | string): Dataset {
  const random = createRandom(`${seed}/rings`);
  const features = new Float32Array(2 * rows);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = row % 2;
    const radius = 0.5 + label + 0.1 * random.normal();
    const angle = 2 * Math.PI * random.uniform();
    features.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * row);
    labels[row] = label;
  }
  return { features, labels, rows, shape: [2], classes: 2 };
}

/** Noisy images with a bright horizontal (class 0) or vertical (class 1) bar somewhere. */
export function bars(rows: number, side: number, seed: number | string): Dataset {
  const random = createRandom(`${seed}/bars`);
  const features = new Float32Array(rows * side * side);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const image = features.subarray(row * side * side, (row + 1) * side * side);
    for (let i = 0; i < image.length; i++) image[i] = 0.2 * random.uniform();
    const label = row % 2;
    const position = random.below(side);
    for (let along = 0; along < side; along++)
      image[label === 0 ? position * side + along : along * side + position] = 1;
    labels[row] = label;
  }
  return { features, labels, rows, shape: [side, side, 1], classes: 2 };
}

/** Noise with random labels, of any shape: nothing to learn, but everything has a gradient. */
export function noise(rows: number, shape: readonly number[], classes: number, seed: number | string): Dataset {
  const random = createRandom(`${seed}/noise`);
  const size = shape.reduce((product, length) => product * length, 1);
  const features = Float32Array.from({ length: rows * size }, () => random.normal());
  const labels = Int32Array.from({ length: rows }, () => random.below(classes));
  return { features, labels, rows, shape, classes };
}
