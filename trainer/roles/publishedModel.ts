/** A task's current model as anybody can have it: fetched from those who hold it, checked against the chain, in floats. */
import type { Deployment } from "../chain/deployment.ts";
import { readTask } from "../chain/followTask.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import type { Backend } from "../learning/backend.ts";
import { createModel } from "../learning/model.ts";
import type { Model } from "../learning/model.ts";
import type { Log } from "../observe/log.ts";
import { dequantise } from "../protocol/quantise.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { fetchManifest } from "./fetchManifest.ts";
import { createGlobalModel } from "./globalModel.ts";
import type { Manifest } from "./manifest.ts";
import { createTraffic } from "./traffic.ts";

export interface PublishedModel {
  readonly manifest: Manifest;
  /** The round whose model it is; 0 for the initial one. */
  readonly round: number;
  readonly root: string;
  readonly weights: Float32Array;
}

export interface Reader {
  deployment(): Promise<Deployment>;
  store(): Promise<ContentStore>;
  readonly confirmations: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** @throws what the store, the chain and fetchModel throw. */
export async function currentModel(reader: Reader, opened: OpenedTask): Promise<PublishedModel> {
  const { confirmations, log, signal } = reader;
  const [deployment, store] = [await reader.deployment(), await reader.store()];
  const traffic = createTraffic(store);
  const state = await readTask(deployment.provider, opened, { confirmations, signal });
  const manifest = await fetchManifest({ deployment, opened, log, signal }, traffic, state);
  const { model } = await createGlobalModel({ deployment, store }, traffic).state(state, signal);
  const weights = dequantise(model, opened.rules.fractionBits);
  return { manifest, round: state.model.round, root: state.model.root, weights };
}

/** The network with these weights. */
export function loadInto(backend: Backend, { manifest, weights }: PublishedModel): Model {
  const model = createModel(backend, manifest.architecture, 0);
  model.writeWeights(weights);
  return model;
}
