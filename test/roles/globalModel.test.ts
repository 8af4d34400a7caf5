import { expect } from "chai";
import { WrongModelShape } from "../../trainer/learning/wrongModelShape.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { modelRoot } from "../../trainer/protocol/modelRoot.ts";
import type { ServerState } from "../../trainer/protocol/serverStep.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { WrongModelRoot } from "../../trainer/roles/fetchModel.ts";
import { createGlobalModel } from "../../trainer/roles/globalModel.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import { rejection } from "../learning/rejection.ts";
import { RULES, after, allEnter, opens, word } from "./aTask.ts";
import { impatientTraffic, memoryStore, registryOf } from "./memoryStore.ts";

const never = new AbortController().signal;
const lanesOf = (start: number) => Int32Array.from({ length: RULES.parameters }, (_, i) => start + i);

/** A model without moments. */
const plain = (model: Int32Array): ServerState => ({ model, moments: [] });

describe("global model", () => {
  const store = memoryStore();
  const traffic = impatientTraffic(store);
  const kept: ContentId[] = [];
  const model = () =>
    createGlobalModel({ deployment: registryOf(new Map()), store }, traffic, async (id) => void kept.push(id));
  const withModel = (root: string, id: ContentId) => ({ ...after([opens(1)]), model: { root, id, round: 0 } });

  beforeEach(() => {
    traffic.asked.length = 0;
    kept.length = 0;
  });

  it("is fetched, checked against its root, and fetched only once", async () => {
    const lanes = lanesOf(5);
    const id = await store.put(lanesToBytes(lanes));
    const task = withModel(chunkRoot(lanes), id);
    const global = model();
    expect(await global.state(task, never)).to.deep.equal(plain(lanes));
    expect(await global.state(task, never)).to.deep.equal(plain(lanes));
    expect(traffic.asked).to.deep.equal([id]);
  });

  it("is not fetched when it was computed here, and is there for others", async () => {
    const lanes = lanesOf(6);
    const global = model();
    const id = await global.keep(chunkRoot(lanes), plain(lanes));
    expect(kept).to.deep.equal([id]);
    expect(await store.holds(id)).to.equal(true);
    // Whatever the proposer says of where it lies: the root decides.
    expect(await global.state(withModel(chunkRoot(lanes), word(404)), never)).to.deep.equal(plain(lanes));
    expect(traffic.asked).to.deep.equal([]);
  });

  it("comes with the moments of its rule, and is refused without them", async () => {
    const full = { model: lanesOf(12), moments: [lanesOf(13), lanesOf(14)] };
    const root = modelRoot(full);
    const fed = (id: ContentId) => ({
      ...after([opens(1)], { ...RULES, serverRule: "FedAdam" }),
      model: { root, id, round: 0 },
    });
    const id = await model().keep(root, full);
    expect(await model().state(fed(id), never)).to.deep.equal(full);
    const alone = await store.put(lanesToBytes(full.model));
    expect(await rejection(model().state(fed(alone), never))).to.be.instanceOf(WrongModelShape);
    const swapped = { ...full, moments: full.moments.toReversed() };
    const wrong = await model().keep(modelRoot(swapped), swapped);
    expect(await rejection(model().state(fed(wrong), never))).to.be.instanceOf(WrongModelRoot);
  });

  it("and sum of a proposal are those whose roots it names", async () => {
    const task = after([opens(1), ...allEnter(1, [0, 1])]);
    const timing = { timeoutMs: 1_000, signal: never };
    const [next, sum] = [lanesOf(15), lanesOf(16)];
    const global = model();
    const [modelId, sumId] = [await store.put(lanesToBytes(next)), await store.put(lanesToBytes(sum))];
    const proposal = { seat: 1, ordinal: 1, time: 0, block: 0, sumId, modelId };
    const right = { ...proposal, sumRoot: chunkRoot(sum), modelRoot: chunkRoot(next) };
    expect(await global.proposed(task, roundNow(task), right, timing)).to.deep.equal(plain(next));
    expect(await global.proposedSum(task, roundNow(task), right, timing)).to.deep.equal(sum);
    const wrong = { ...proposal, sumRoot: word(1), modelRoot: word(1) };
    for (const fetched of [
      global.proposed(task, roundNow(task), wrong, timing),
      global.proposedSum(task, roundNow(task), wrong, timing),
    ]) {
      expect(await rejection(fetched)).to.be.instanceOf(WrongModelRoot);
    }
  });

  it("keeps a sum for others, and takes it for no model", async () => {
    const sum = lanesOf(11);
    const global = model();
    const id = await global.keepSum(sum);
    expect(kept).to.deep.equal([id]);
    expect(store.contents.get(id)).to.deep.equal(new Uint8Array(lanesToBytes(sum)));
    await global.state(withModel(chunkRoot(sum), id), never);
    expect(traffic.asked).to.deep.equal([id]);
  });

  it("forgets models of long ago", async () => {
    const global = model();
    const oldest = lanesOf(7);
    const id = await global.keep(chunkRoot(oldest), plain(oldest));
    for (const start of [8, 9]) await global.keep(chunkRoot(lanesOf(start)), plain(lanesOf(start)));
    await global.state(withModel(chunkRoot(oldest), id), never);
    expect(traffic.asked).to.deep.equal([id]);
  });

  it("of another root is refused, naming both roots", async () => {
    const id = await store.put(lanesToBytes(lanesOf(10)));
    const error = await rejection(model().state(withModel(word(1), id), never));
    expect(error).to.be.instanceOf(WrongModelRoot);
    expect(error.message)
      .to.include(chunkRoot(lanesOf(10)))
      .and.include(word(1));
    expect(kept).to.deep.equal([]);
  });

  it("that is too short is refused as the wrong shape", async () => {
    for (const bytes of [4 * RULES.parameters - 4, 4 * RULES.parameters - 1, 0]) {
      const id = await store.put(new Uint8Array(bytes));
      const error = await rejection(model().state(withModel(word(1), id), never));
      expect(error, `${bytes} bytes`).to.be.instanceOf(WrongModelShape);
      expect(error.message).to.include(`${RULES.parameters} parameters`);
    }
  });

  it("that is too long is refused before it is in memory", async () => {
    const id = await store.put(new Uint8Array(4 * RULES.parameters + 4));
    const error = await rejection(model().state(withModel(word(1), id), never));
    expect(error.name).to.equal("ContentTooLarge");
  });
});
