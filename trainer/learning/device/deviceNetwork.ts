/**
 * A network on a backend whose tensors lie elsewhere. While it trains, the weights are one flat tensor there, from which
 * each step cuts the layers' anew; the gradient is put together as one flat tensor, so that optimisers and corrections are
 * a handful of kernels whatever the network has of layers.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Architecture } from "../architecture.ts";
import { outputCount } from "../architecture.ts";
import type { DeviceBackend } from "../backend.ts";
import type { GradientCorrection } from "../correction.ts";
import type { Labels } from "../datasets/dataset.ts";
import type { Descent, DescentSettings, Network } from "../network.ts";
import { placeLayers } from "../parameters.ts";
import { deviceConvolution } from "./deviceConvolution.ts";
import { deviceDense } from "./deviceDense.ts";
import type { DevicePass } from "./deviceLayer.ts";
import { deviceLossOf } from "./deviceLoss.ts";
import { createDeviceOptimiser } from "./deviceOptimiser.ts";

/** @param flat the model's vector; whoever changes it calls `release` first. */
export function deviceNetwork(backend: DeviceBackend, architecture: Architecture, flat: Float32Array): Network {
  const layers = placeLayers(architecture).map(({ shape, parameters }) => ({
    layer: shape.kind === "dense" ? deviceDense(shape) : deviceConvolution(shape),
    parameters,
  }));
  const parameters = layers.flatMap((each) => each.parameters);
  /** The layers' weights, in order, while somebody predicts. */
  let uploaded: Tensor[] = [];

  function release(): void {
    if (uploaded.length === 0) return;
    uploaded.forEach((tensor) => backend.release(tensor));
    uploaded = [];
    backend.trim();
  }

  function forward(weights: readonly Tensor[], features: Float32Array, samples: number) {
    // A copy: an engine may read it later, and the caller fills the array with the next rows.
    let output: Tensor2D = tf.tensor2d(features.slice(), [samples, features.length / samples]);
    let at = 0;
    const passes = layers.map(({ layer, parameters: { length } }): DevicePass => {
      const pass = layer.forward(weights.slice(at, at + length), output);
      at += length;
      output = pass.output;
      return pass;
    });
    return { output, passes };
  }

  /** Every layer's weights out of the flat ones. */
  function cut(weights: Tensor1D): Tensor[] {
    return parameters.map(({ offset, size, shape }) => tf.reshape(tf.slice1d(weights, offset, size), [...shape]));
  }

  function descent({ logPriors, correct, ...settings }: DescentSettings): Descent {
    release(); // they are about to change
    const lossAndGradient = deviceLossOf(architecture, logPriors);
    const takeStep = createDeviceOptimiser(settings);
    const correction = correct === undefined ? undefined : deviceCorrection(backend, correct);
    let weights = backend.hold(flat, [flat.length]) as Tensor1D;
    let ofLayers: Tensor[] | undefined;
    let gradient: Tensor1D | undefined;
    let loss: Scalar | undefined;
    let state: readonly Tensor1D[] | undefined;

    /** Keeps what has just been computed in the place of what was before it. */
    function replaced<T extends Tensor>(now: T, before: T | undefined): T {
      if (before !== undefined) backend.release(before);
      return backend.keep(now);
    }

    function gradientOf(parts: Tensor[][]): Tensor1D {
      const all = tf.concat1d(parts.flat().map((part) => tf.reshape(part, [part.size])));
      return gradient === undefined ? all : tf.add(gradient, all);
    }

    return {
      lossIsAtHand: false,

      add(features, labels: Labels, scale) {
        backend.run(() => {
          ofLayers ??= cut(weights).map((tensor) => backend.keep(tensor));
          const { output, passes } = forward(ofLayers, features, labels.length);
          const { loss: ofSlice, gradient: byOutput } = lossAndGradient(output, labels, scale);
          const parts: Tensor[][] = [];
          let incoming: Tensor2D | undefined = byOutput;
          for (let i = passes.length - 1; i >= 0 && incoming !== undefined; i--) {
            const back = (passes[i] as DevicePass).backward(incoming, i > 0);
            parts.unshift(back.parameters);
            incoming = back.input;
          }
          gradient = replaced(gradientOf(parts), gradient);
          loss = replaced(loss === undefined ? ofSlice : tf.add<Scalar>(loss, ofSlice), loss);
        });
      },

      async step(learningRate) {
        if (gradient === undefined) return;
        if (correction !== undefined) gradient = await correction.apply(gradient, weights);
        backend.run(() => {
          const stepped = takeStep(weights, gradient as Tensor1D, learningRate, state);
          weights = replaced(stepped.weights, weights);
          state = stepped.state.map((now, i) => replaced(now, state?.[i]));
        });
        ofLayers?.forEach((tensor) => backend.release(tensor));
        backend.release(gradient);
        ofLayers = gradient = undefined;
      },

      async takeLoss() {
        if (loss === undefined) return 0;
        const taken = loss;
        loss = undefined;
        try {
          const [sum = NaN] = await backend.read(taken);
          return sum;
        } finally {
          backend.release(taken);
        }
      },

      async finish() {
        flat.set(await backend.read(weights));
      },

      dispose() {
        for (const tensor of [weights, gradient, loss, ...(ofLayers ?? []), ...(state ?? [])]) {
          if (tensor !== undefined) backend.release(tensor);
        }
        correction?.dispose();
        backend.trim();
      },
    };
  }

  return {
    async outputs(features, samples) {
      if (uploaded.length === 0) {
        uploaded = parameters.map(({ offset, size, shape }) =>
          backend.hold(flat.subarray(offset, offset + size), shape),
        );
      }
      const outputs = backend.run(() => backend.keep(forward(uploaded, features, samples).output));
      try {
        return transposed(await backend.read(outputs), samples, outputCount(architecture));
      } finally {
        backend.release(outputs);
      }
    },
    descent,
    release,
  };
}

interface DeviceCorrection {
  /** Takes over the gradient and gives the corrected one, both kept. */
  apply(gradient: Tensor1D, weights: Tensor1D): Tensor1D | Promise<Tensor1D>;
  dispose(): void;
}

function deviceCorrection(backend: DeviceBackend, correct: GradientCorrection): DeviceCorrection {
  if (correct.affine === undefined) {
    return {
      async apply(gradient, weights) {
        const values = await backend.read(gradient);
        correct(values, await backend.read(weights));
        backend.release(gradient);
        return backend.hold(values, [values.length]) as Tensor1D;
      },
      dispose() {},
    };
  }
  const { pull, offset } = correct.affine;
  const hold = (values: Float32Array) => backend.hold(values, [values.length]) as Tensor1D;
  const towards = pull && hold(pull.towards);
  const added = offset && hold(offset);
  return {
    apply(gradient, weights) {
      const corrected = backend.run(() => {
        let sum = gradient;
        if (pull !== undefined && towards !== undefined) {
          sum = tf.add(sum, tf.mul(tf.sub(weights, towards), pull.strength));
        }
        if (added !== undefined) sum = tf.add(sum, added);
        return sum === gradient ? gradient : backend.keep(sum);
      });
      if (corrected !== gradient) backend.release(gradient);
      return corrected;
    },
    dispose() {
      for (const tensor of [towards, added]) if (tensor !== undefined) backend.release(tensor);
    },
  };
}

function transposed(rows: Float32Array, samples: number, width: number): Float32Array {
  const columns = new Float32Array(rows.length);
  for (let sample = 0, at = 0; sample < samples; sample++) {
    for (let output = 0; output < width; output++, at++) columns[output * samples + sample] = rows[at] as number;
  }
  return columns;
}
