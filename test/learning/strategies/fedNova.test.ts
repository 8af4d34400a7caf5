import { expect } from "chai";
import { fedNova } from "../../../trainer/learning/strategies/fedNova.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { aTaskWith, apart, descended } from "./aTask.ts";

const ROWS = [5, 40, 100];
const CLIENTS = [
  { slope: 1, minimum: [3, -1] },
  { slope: 0.5, minimum: [-2, 4] },
  { slope: 2, minimum: [0, 2] },
];

describe("FedNova", () => {
  const { local, server } = fedNova.plan({}, aTaskWith());

  it("takes as many steps as the epochs of the declared rows have", () => {
    expect(ROWS.map((rows) => local?.steps?.(rows))).to.deep.equal([2, 8, 20]);
  });

  it("steps as the paper's equation with unequal numbers of steps", () => {
    const rate = 0.05;
    const start = Float32Array.of(1, 1);
    const taus = [2, 8, 20];
    const ends = CLIENTS.map((client, i) => descended(client, start, { steps: taus[i]!, rate }));
    const p = ROWS.map((rows) => rows / 145);
    // The paper: d_i = (x - y_i) / (rate tau_i), x' = x - tau_eff sum p_i rate d_i, tau_eff = sum p_i tau_i.
    const effective = p.reduce((sum, share, i) => sum + share * taus[i]!, 0);
    const textbook = [0, 1].map((k) => {
      const mean = p.reduce((sum, share, i) => sum + share * ((start[k]! - ends[i]![k]!) / (rate * taus[i]!)), 0);
      return start[k]! - effective * rate * mean;
    });
    const stepped = start.map((weight, k) => {
      const moved = ends.map((end, seat) => {
        const delta = end.map((value, i) => value - start[i]!);
        return p[seat]! * local!.scale!(delta, { declaredRows: ROWS, seat, staleness: 0 }) * delta[k]!;
      });
      return weight + moved.reduce((sum, each) => sum + each, 0);
    });
    expect(apart(stepped, textbook)).to.be.lessThan(1e-5);
    expect(server).to.deep.equal({ rule: "FedAvg" });
  });

  it("scales nothing when all have taken as many steps", () => {
    for (const seat of [0, 1, 2]) {
      expect(local?.scale?.(new Float32Array(1), { declaredRows: [31, 40, 36], seat, staleness: 0 })).to.be.closeTo(
        1,
        1e-12,
      );
    }
  });

  it("counts with momentum how much each gradient moves the weights", () => {
    const momentum = fedNova.plan({}, aTaskWith({ optimizer: "momentum", momentum: 0.7 })).local;
    /** How far a constant gradient of 1 leads at a rate of 1. */
    const way = (steps: number) => {
      let [velocity, moved] = [0, 0];
      for (let k = 0; k < steps; k++) {
        velocity = 0.7 * velocity + 1;
        moved += velocity;
      }
      return moved;
    };
    const declaredRows = [5, 100];
    const factors = [0, 1].map((seat) => momentum!.scale!(new Float32Array(1), { declaredRows, seat, staleness: 0 }));
    expect(factors[0]! / factors[1]!).to.be.closeTo(way(20) / way(2), 1e-9);
    expect(factors[0]).to.be.closeTo(((5 / 105) * way(2) + (100 / 105) * way(20)) / way(2), 1e-9);
  });

  it("refuses steps that it has no norm for", () => {
    expect(() => fedNova.plan({}, aTaskWith({ optimizer: "adam" }))).to.throw(UnsuitableStrategy, "adam");
    expect(() => fedNova.plan({}, aTaskWith({ schedule: "linear" }))).to.throw(UnsuitableStrategy, "linear");
  });
});
