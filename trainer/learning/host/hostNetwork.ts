/**
 * A network on a backend whose tensors lie in this process's memory: the gradient and the optimiser's state are flat
 * vectors beside the weights, and tensors are uploads of those, replaced after each step.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Architecture } from "../architecture.ts";
import type { HostBackend } from "../backend.ts";
import type { Labels } from "../datasets/dataset.ts";
import { lossOf } from "../loss.ts";
import type { Descent, DescentSettings, Network } from "../network.ts";
import { placeLayers } from "../parameters.ts";
import type { Parameter } from "../parameters.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import type { Activations, Layer, Pass } from "./layer.ts";
import { fromColumns, fromRows } from "./layer.ts";
import { createOptimiser } from "./optimiser.ts";

export interface HostNetwork extends Network {
  /**
   * Trains forward and back on one slice of a batch.
   * @param scale what the slice's gradient is multiplied with.
   * @param collect receives each parameter's gradient with its offset in the model's vector, and reads it at once.
   * @returns the sum of the rows' losses; NaN if the numbers ran away.
   */
  backpropagate(
    features: Float32Array,
    labels: Labels,
    scale: number,
    logPriors: Float32Array | undefined,
    collect: (offset: number, gradient: Float32Array) => void,
  ): number;
}

interface PlacedLayer {
  readonly layer: Layer;
  readonly parameters: readonly Parameter[];
  readonly weights: Tensor[];
}

/** @param flat the model's vector; whoever changes it calls `release` first. */
export function hostNetwork(backend: HostBackend, architecture: Architecture, flat: Float32Array): HostNetwork {
  const lossAndGradient = lossOf(architecture);
  const layers = placeLayers(architecture).map(({ shape, parameters }): PlacedLayer => {
    const layer = shape.kind === "dense" ? dense(backend, shape) : convolution(backend, shape);
    return { layer, parameters, weights: [] };
  });

  function release(): void {
    for (const { weights } of layers) {
      weights.forEach((tensor) => backend.release(tensor));
      weights.length = 0;
    }
  }

  function upload(): void {
    for (const { parameters, weights } of layers) {
      if (weights.length > 0) continue;
      for (const { offset, size, shape } of parameters) {
        weights.push(backend.hold(flat.subarray(offset, offset + size), shape));
      }
    }
  }

  function forward(features: Float32Array, samples: number): { output: Activations; passes: Pass[] } {
    let output = fromRows(tf.tensor2d(features, [samples, features.length / samples]));
    const passes = layers.map(({ layer, weights }) => {
      const pass = layer.forward(weights, output);
      output = pass.output;
      return pass;
    });
    return { output, passes };
  }

  const backpropagate: HostNetwork["backpropagate"] = (features, labels, scale, logPriors, collect) => {
    upload();
    return backend.run(() => {
      const { output, passes } = forward(features, labels.length);
      const outputs = output.columns();
      const { loss, gradient } = lossAndGradient(calibrated(backend.view(outputs), logPriors), labels, scale);
      let incoming: Activations | undefined = fromColumns(tf.tensor2d(gradient, outputs.shape));
      for (let i = layers.length - 1; i >= 0 && incoming !== undefined; i--) {
        const pass = passes[i] as Pass; // one for each layer
        const parameters = layers[i]?.parameters ?? [];
        incoming = pass.backward(incoming, (at, part) => collect((parameters[at] as Parameter).offset, part), i > 0);
      }
      return loss;
    });
  };

  function descent({ logPriors, correct, ...optimiser }: DescentSettings): Descent {
    const take = createOptimiser(flat.length, optimiser);
    const gradient = new Float32Array(flat.length);
    let isFirst = true;
    let loss = 0;
    return {
      lossIsAtHand: true,
      add(features, labels, scale) {
        loss += backpropagate(features, labels, scale, logPriors, (offset, part) => {
          if (isFirst) gradient.set(part, offset);
          else addAt(gradient, part, offset);
        });
        isFirst = false;
      },
      step(learningRate) {
        correct?.(gradient, flat);
        release();
        take(flat, gradient, learningRate);
        isFirst = true;
      },
      takeLoss() {
        const taken = loss;
        loss = 0;
        return taken;
      },
      finish() {},
      dispose() {},
    };
  }

  return {
    outputs(features, samples) {
      upload();
      return backend.run(() => backend.view(forward(features, samples).output.columns()).slice());
    },
    backpropagate,
    descent,
    release,
  };
}

function calibrated(logits: Float32Array, logPriors: Float32Array | undefined): Float32Array {
  if (logPriors === undefined) return logits;
  const samples = logits.length / logPriors.length;
  return logits.map((logit, at) => logit + (logPriors[Math.floor(at / samples)] as number));
}

function addAt(target: Float32Array, part: Float32Array, offset: number): void {
  for (let i = 0; i < part.length; i++) target[offset + i]! += part[i] as number;
}
