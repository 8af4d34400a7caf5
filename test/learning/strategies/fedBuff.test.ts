import { expect } from "chai";
import { fedBuff } from "../../../trainer/learning/strategies/fedBuff.ts";
import { aTaskWith } from "./aTask.ts";

describe("FedBuff", () => {
  const plan = fedBuff.plan({ mostStaleness: 8 }, aTaskWith());

  it("counts an update the less, the older the model it was trained on", () => {
    const factors = [0, 3, 8].map((staleness) =>
      plan.local?.scale?.(new Float32Array(1), { declaredRows: [10], seat: 0, staleness }),
    );
    expect(factors).to.deep.equal([1, 1 / 2, 1 / 3]);
  });

  it("steps by the mean, and sends nothing too old", () => {
    expect(plan.server).to.deep.equal({ rule: "Uniform" });
    expect(plan.ownPace).to.deep.equal({ mostStaleness: 8 });
  });
});
