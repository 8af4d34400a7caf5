import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { updateForm, updateSize } from "../../trainer/learning/compression/compression.ts";
import { gaussianNoise, reversed } from "../../trainer/learning/simulate.ts";
import type { Federation } from "../../trainer/learning/simulate.ts";
import { STRATEGIES, planOf } from "../../trainer/learning/strategies/registry.ts";
import type { Vectors } from "../../trainer/learning/strategies/strategy.ts";
import { SumCouldOverflowError } from "../../trainer/protocol/overflow.ts";
import { aFederation, lastOf, played } from "./aFederation.ts";
import { rejection } from "./rejection.ts";

/** Of strategies that have settings without defaults, or learn too slowly with those. */
const SETTINGS: Record<string, object> = {
  SCAFFOLD: { steps: 8, trainers: 10 },
  FedAvgM: { momentum: 0.5 },
  FedAdam: { rate: 0.2 },
  FedYogi: { rate: 0.2 },
  FedAdagrad: { rate: 0.3 },
  TrimmedMean: { trim: 2 },
  Krum: { liars: 2 },
  MultiKrum: { liars: 2 },
  Bulyan: { liars: 1 },
  NormClipping: { norm: 1 },
  FLTrust: { root: "9" },
};
const CHANGES: Record<string, Partial<Federation>> = {
  FedSGD: { training: { epochs: 1, batchSize: 10, learningRate: 1, optimizer: "sgd" }, rounds: 10 },
  FedBuff: { fraction: 0.4, active: 8 },
};

describe("simulate", () => {
  let backend: Backend;
  before(async () => void (backend = await openBackend()));

  function withStrategy(name: string, change: Partial<Federation> = {}): Federation {
    const plan: Federation["plan"] = (task) => planOf({ name, ...SETTINGS[name] }, task);
    return aFederation(backend, { plan, ...CHANGES[name], ...change });
  }

  for (const name of STRATEGIES.keys()) {
    it(`learns with ${name}`, async () => {
      const rounds = await played(withStrategy(name));
      expect(lastOf(rounds).accuracy).to.be.greaterThan(0.85);
      expect(lastOf(rounds).loss).to.be.lessThan(rounds[0]!.loss);
    });
  }

  for (const [compression, least] of [
    [{ bits: 8 }, 0.85],
    [{ bits: 1 }, 0.8],
    [{ keep: "largest", share: 0.1, bits: 4 }, 0.85],
    [{ keep: "random", share: 0.2 }, 0.8],
  ] as const) {
    it(`learns from updates compressed with ${JSON.stringify(compression)}`, async () => {
      const rounds = await played(withStrategy("FedAvg", { compression, rounds: 16 }));
      expect(lastOf(rounds).accuracy).to.be.greaterThan(least);
      const [plain] = await played(withStrategy("FedAvg", { rounds: 1 }));
      const parameters = 4 * 3 + 3;
      expect(plain?.bytes).to.deep.equal(plain?.clients.map(() => 4 * parameters));
      const { bytes } = updateSize(updateForm(compression, parameters));
      expect(Math.max(...lastOf(rounds).bytes)).to.be.within(bytes / 2, bytes);
    });
  }

  it("forgets what was left of updates that did not count, and not what waited before", async () => {
    const { plan: fedAvg } = withStrategy("FedAvg");
    const counted = (rounds: readonly number[]): Federation["plan"] => {
      let round = 0;
      return (task) => ({
        ...fedAvg(task),
        select: async (updates) => (rounds.includes(++round) ? [...updates.keys()] : []),
      });
    };
    // One step on all rows is the same in each round that starts from the same model.
    const training = { epochs: 1, batchSize: 64, learningRate: 0.1, optimizer: "sgd" } as const;
    const change = { compression: { keep: "largest", share: 0.2 }, training, rounds: 3 } as const;
    const voidFirst = await played(withStrategy("FedAvg", { ...change, plan: counted([2, 3]) }));
    const voidSecond = await played(withStrategy("FedAvg", { ...change, plan: counted([1, 3]) }));
    for (const [one, other] of [
      [1, 0],
      [2, 2],
    ] as const) {
      expect(voidFirst[one]!.loss).to.be.closeTo(voidSecond[other]!.loss, 1e-6);
    }
    expect(voidSecond[0]!.loss).to.not.be.closeTo(voidSecond[2]!.loss, 1e-3);
  });

  it("refuses a compression that the strategy can do nothing with, as a task does", async () => {
    const compression = { keep: "largest", share: 0.1 } as const;
    const error = await rejection(played(withStrategy("CoordinateMedian", { compression })));
    expect(error.name).to.equal("UnsuitableStrategy");
    expect(error.message).to.contain("leave keep and share out");
  });

  describe("with 2 of 10 sending Gaussian noise", () => {
    const attacks = new Map([0, 1].map((client) => [client, gaussianNoise(4)]));

    it("loses accuracy with FedAvg", async () => {
      const accuracies = (await played(withStrategy("FedAvg", { attacks }))).map(({ accuracy }) => accuracy);
      expect(Math.min(...accuracies.slice(2))).to.be.lessThan(0.75);
    });

    for (const name of ["CoordinateMedian", "TrimmedMean", "Krum", "MultiKrum", "Bulyan", "NormClipping", "FLTrust"]) {
      it(`keeps it with ${name}`, async () => {
        const honest = lastOf(await played(withStrategy(name))).accuracy;
        const attacked = lastOf(await played(withStrategy(name, { attacks }))).accuracy;
        expect(attacked).to.be.greaterThan(Math.max(0.85, honest - 0.05));
      });
    }
  });

  it("takes the liars out of the rounds with MultiKrum, and none with FedAvg", async () => {
    const attacks = new Map([3, 7].map((client) => [client, reversed(5)]));
    for (const { counted, clients } of await played(withStrategy("MultiKrum", { attacks }))) {
      expect(clients).to.include.members([3, 7]);
      expect(counted).to.have.length(8).and.to.not.include.members([3]).and.to.not.include.members([7]);
    }
    const [first] = await played(withStrategy("FedAvg", { attacks, rounds: 1 }));
    expect(first?.counted).to.have.members([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("is FedAvg to the last bit with FedProx at mu = 0 and FedAvgM at momentum 0 and rate 1", async () => {
    const fedAvg = await played(aFederation(backend));
    for (const chosen of [
      { name: "FedProx", mu: 0 },
      { name: "FedAvgM", momentum: 0, rate: 1 },
    ]) {
      const plan: Federation["plan"] = (task) => planOf(chosen, task);
      expect(await played(aFederation(backend, { plan }))).to.deep.equal(fedAvg);
    }
    expect(await played(withStrategy("FedProx"))).to.not.deep.equal(fedAvg);
  });

  it("steps FedYogi in its first round as FedAdam: from zero, both second moments grow alike", async () => {
    const [adam] = await played(withStrategy("FedAdam", { rounds: 1 }));
    const [yogi] = await played(withStrategy("FedYogi", { rounds: 1 }));
    expect(yogi?.loss).to.be.closeTo(adam?.loss ?? NaN, 1e-3);
  });

  it("plays the same from the same seed, and otherwise from another", async () => {
    const half = { fraction: 0.5, attacks: new Map([[0, gaussianNoise(1)]]) };
    const first = await played(withStrategy("FedAvg", half));
    expect(await played(withStrategy("FedAvg", half))).to.deep.equal(first);
    expect(await played(withStrategy("FedAvg", { ...half, seed: 2 }))).to.not.deep.equal(first);
    for (const { clients } of first) expect(clients).to.have.length(5);
  });

  it("counts updates on older models with FedBuff, and waits for none", async () => {
    const rounds = await played(withStrategy("FedBuff", { rounds: 12 }));
    for (const { clients } of rounds) expect(clients).to.have.length(4);
    expect(Math.max(...rounds.flatMap(({ staleness }) => staleness))).to.be.greaterThan(0);
  });

  it("gives a strategy as many steps as it says, and back what it remembers of the rounds in which it counted", async () => {
    const known: { shared: number; own: number }[] = [];
    let steps = 0;
    const count = (vectors: Vectors) => vectors["rounds"]?.[0] ?? 0;
    const plan: Federation["plan"] = () => ({
      local: {
        steps: () => 3,
        correct(_, { shared, own }) {
          known.push({ shared: count(shared), own: count(own) });
          return () => steps++;
        },
        follow: (shared) => ({ rounds: Float32Array.of(count(shared) + 1) }),
        keep: ({ own }) => ({ rounds: Float32Array.of(count(own) + 1) }),
      },
      select: (updates) => Promise.resolve(updates.filter(({ trainer }) => trainer !== "4").map(({ seat }) => seat)),
      server: { rule: "Uniform" },
    });
    const rounds = await played(aFederation(backend, { plan, fraction: 0.6 }));
    const expected = rounds.flatMap(({ clients }, i) =>
      clients.map((client) => {
        const counted = rounds.slice(0, i).filter((before) => client !== 4 && before.clients.includes(client));
        return { shared: i, own: counted.length };
      }),
    );
    expect(known).to.deep.equal(expected);
    expect(rounds.flatMap(({ clients }) => clients)).to.include(4);
    expect(steps).to.equal(3 * known.length);
  });

  it("leaves the model as it was in a round in which no update counts", async () => {
    // The root is not among the clients.
    const plan: Federation["plan"] = (task) => planOf({ name: "FLTrust", root: "nobody" }, task);
    const [first, second] = await played(aFederation(backend, { plan, rounds: 2 }));
    expect(first?.counted).to.deep.equal([]);
    expect(second?.loss).to.equal(first?.loss);
  });

  it("refuses sums that do not fit into lanes, as a task does", async () => {
    const change = { fixedPoint: { fractionBits: 24, clip: 4 } };
    expect(await rejection(played(withStrategy("FedAvg", change)))).to.be.instanceOf(SumCouldOverflowError);
    await played(withStrategy("FedAvg", { ...change, unitSamples: 50, rounds: 1 }));
  });

  it("stops when told to, and gives all tensors back", async () => {
    const stop = new AbortController();
    const before = tf.memory().numTensors;
    stop.abort(new Error("enough"));
    expect((await rejection(played(withStrategy("FedAvg", { signal: stop.signal })))).message).to.equal("enough");
    expect(tf.memory().numTensors).to.equal(before);
  });
});
