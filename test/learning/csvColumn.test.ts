import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readCsvColumn } from "../../trainer/learning/datasets/csvColumn.ts";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { rejection } from "./rejection.ts";

describe("csvColumn", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-column-"))));
  after(() => rm(folder, { recursive: true }));

  it("reads one column as text, as many cells as the table has rows", async () => {
    const path = join(folder, "table.csv");
    await writeFile(path, "\uFEFFplace,riders\n here ,1\n,2\n\nthere,3");
    expect(await readCsvColumn(path, "place")).to.deep.equal(["here", "", "there"]);
    const error = await rejection(readCsvColumn(path, "date"));
    expect(error).to.be.instanceOf(UnsuitableData);
    expect(error.message).to.match(/table\.csv has no column "date"/);
  });

  it("refuses a file that is not there, and stops when told to", async () => {
    expect((await rejection(readCsvColumn(join(folder, "none.csv"), "a"))).message).to.match(
      /cannot be read \(ENOENT\)/,
    );
    const reason = new Error("enough");
    expect(await rejection(readCsvColumn("none.csv", "a", AbortSignal.abort(reason)))).to.equal(reason);
  });
});
