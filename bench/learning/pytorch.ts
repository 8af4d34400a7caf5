// PyTorch's side: bench/peers/pytorchTraining.py, run by a Python that has PyTorch. Nothing is installed from here.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { layerShapes, parameterCount } from "../../trainer/learning/architecture.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";

const run = promisify(execFile);
const PEER = resolve(import.meta.dirname, "../peers/pytorchTraining.py");
/** How to have a PyTorch for the bench, in a folder that may be thrown away. */
export const HOW_TO_HAVE_PYTORCH = [
  "python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.15.0 numpy==2.4.6",
  "FOEDUS_PYTORCH_PYTHON=/tmp/torch/bin/python npm run bench -- learning speed",
];

/** What both sides train, by SGD with momentum. */
export interface TrainingCase {
  readonly name: string;
  readonly architecture: Architecture;
  /** Of an epoch. */
  readonly rows: number;
  readonly batchSize: number;
  readonly momentum: number;
  readonly learningRate: number;
}

export interface Pytorch {
  readonly version: string;
  /** Trains an epoch. @returns seconds: of the processor, on a GPU of the clock. */
  epoch(name: string): Promise<number>;
  stop(): void;
}

/** Where PyTorch trains: on one thread of the processor, or on an NVIDIA GPU. */
export type Device = "cpu" | "cuda";

/** The Python named by FOEDUS_PYTORCH_PYTHON, if it has PyTorch that can use the device. */
export async function pytorchPython(device: Device): Promise<string | undefined> {
  const python = process.env["FOEDUS_PYTORCH_PYTHON"];
  if (!python) return undefined;
  try {
    await run(python, ["-c", `import torch; torch.zeros(1, device="${device}")`]);
    return python;
  } catch {
    return undefined;
  }
}

/** Starts it and waits until it is ready. @throws if its networks have other parameters than ours. */
export async function startPytorch(python: string, device: Device, cases: readonly TrainingCase[]): Promise<Pytorch> {
  const args = [PEER, device, JSON.stringify(cases.map(forPeer))];
  const child = spawn(python, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  async function answer(): Promise<string> {
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`PyTorch ended with code ${child.exitCode ?? (await once(child, "exit"))[0]}.`);
    return value;
  }
  const about = JSON.parse(await answer()) as { version: string; parameters: Record<string, number> };
  for (const { name, architecture } of cases) {
    if (about.parameters[name] === parameterCount(architecture)) continue;
    child.stdin.end();
    throw new Error(
      `PyTorch's ${name} has ${about.parameters[name]} parameters, ours ${parameterCount(architecture)}.`,
    );
  }
  return {
    version: about.version,
    async epoch(name) {
      child.stdin.write(`${name}\n`);
      return Number(await answer());
    },
    stop: () => void child.stdin.end(),
  };
}

function forPeer({ architecture, ...settings }: TrainingCase) {
  const layers = layerShapes(architecture);
  const convolutions = layers.filter((each) => each.kind === "convolution");
  return {
    ...{ ...settings, inputs: architecture.inputs, hidden: architecture.hidden, classes: architecture.classes },
    filters: convolutions.map(({ filters }) => filters),
    window: convolutions[0]?.window ?? 1,
  };
}
