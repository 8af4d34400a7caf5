import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StrategyMemoryDamaged, openStrategyMemory } from "../../trainer/roles/strategyMemory.ts";
import { rejection } from "../learning/rejection.ts";

describe("memory of a strategy", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-memory-"));
    path = join(folder, "journals", "task");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is empty at first", async () => {
    const { memory, followed, pending } = await openStrategyMemory(path);
    expect({ memory, followed, pending }).to.deep.equal({
      memory: { shared: {}, own: {} },
      followed: undefined,
      pending: undefined,
    });
  });

  it("is after a restart what it was, each part as soon as it was written", async () => {
    const first = await openStrategyMemory(path);
    await first.follow(3, { control: Float32Array.of(1, 2) });
    await first.keep(4, { control: Float32Array.of(5) });
    const second = await openStrategyMemory(path);
    expect(second.followed).to.equal(3);
    expect(second.pending).to.equal(4);
    expect(second.memory).to.deep.equal({ shared: { control: Float32Array.of(1, 2) }, own: {} });

    await second.settle(true);
    const third = await openStrategyMemory(path);
    expect(third.pending).to.equal(undefined);
    expect(third.memory.own).to.deep.equal({ control: Float32Array.of(5) });
  });

  it("forgets what was kept for a round in which it did not count, and keeps what it had", async () => {
    const memory = await openStrategyMemory(path);
    await memory.keep(1, { control: Float32Array.of(1) });
    await memory.settle(true);
    await memory.keep(2, { control: Float32Array.of(2) });
    await memory.settle(false);
    expect(memory.memory.own).to.deep.equal({ control: Float32Array.of(1) });
    expect((await openStrategyMemory(path)).memory.own).to.deep.equal({ control: Float32Array.of(1) });
  });

  it("keeps the last training of a round that was trained for twice", async () => {
    const memory = await openStrategyMemory(path);
    await memory.keep(1, { control: Float32Array.of(1) });
    await memory.keep(1, { control: Float32Array.of(2) });
    await memory.settle(true);
    expect(memory.memory.own).to.deep.equal({ control: Float32Array.of(2) });
  });

  it("is refused when damaged, saying what to do", async () => {
    const memory = await openStrategyMemory(path);
    await memory.keep(1, { control: Float32Array.of(1) });
    await writeFile(`${path}.own`, "nonsense");
    const error = await rejection(openStrategyMemory(path));
    expect(error).to.be.instanceOf(StrategyMemoryDamaged);
    expect((error as Error).message).to.contain("Move the file away");
  });
});
