import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { csvSchema } from "../../trainer/learning/datasets/csvSchema.ts";
import { loadCsv } from "../../trainer/learning/datasets/csv.ts";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { loadDataset } from "../../trainer/learning/datasets/loadDataset.ts";
import { rejection } from "./rejection.ts";

const schema = csvSchema.parse({
  kind: "csv",
  features: ["length", "width"],
  label: "kind",
  classes: ["iris", "rose"],
});

describe("csv", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-csv-"))));
  after(() => rm(folder, { recursive: true }));

  async function file(text: string): Promise<string> {
    const path = join(folder, "table.csv");
    await writeFile(path, text);
    return path;
  }

  it("reads the columns the task names, in its order, whatever else there is", async () => {
    const path = await file('\uFEFFid,kind,width,length\r\n1,rose, 2.5 ,-1e2\r\n\r\n2,"iris",+.5,3\r\n');
    expect(await loadCsv(path, schema)).to.deep.equal({
      features: Float32Array.of(-100, 2.5, 3, 0.5),
      labels: Int32Array.of(1, 0),
      rows: 2,
      shape: [2],
      classes: 2,
    });
  });

  it("standardises as the manifest says", async () => {
    const path = await file("length,width,kind\n3,10,iris\n");
    const features = [
      { column: "length", mean: 1, std: 4 },
      { column: "width", mean: 10 },
    ];
    expect([...(await loadCsv(path, { ...schema, features })).features]).to.deep.equal([0.5, 0]);
  });

  it("gives words a feature for each value, and missing values what the manifest says", async () => {
    const features = [
      { column: "length", mean: 2, std: 2, missing: "mean" as const },
      { column: "colour", values: ["red", "blue", "NA"] },
      { column: "soil", values: ["sand", "clay"], missing: "value" as const },
    ];
    const path = await file("soil,length,colour,kind\nclay,6,red,iris\n,NA,NA,rose\n?,,blue,rose");
    const dataset = await loadCsv(path, csvSchema.parse({ ...schema, features }));
    expect(dataset.shape).to.deep.equal([8]);
    expect([0, 1, 2].map((row) => [...dataset.features.subarray(8 * row, 8 * row + 8)])).to.deep.equal([
      [2, 0, 1, 0, 0, 0, 1, 0],
      [0, 1, 0, 0, 1, 0, 0, 1],
      [0, 1, 0, 1, 0, 0, 0, 1],
    ]);
  });

  it("reads a number to estimate, standardised, and ignores dates", async () => {
    const target = { column: "riders", mean: 10, std: 5 };
    const path = await file("date,riders,rain\n2001-01-22,20,1\n2001-01-23,7.5,0");
    expect(await loadCsv(path, csvSchema.parse({ kind: "csv", features: ["rain"], target }))).to.deep.equal({
      features: Float32Array.of(1, 0),
      labels: Float32Array.of(2, -0.5),
      ...{ rows: 2, shape: [1], target: { mean: 10, std: 5 } },
    });
    const empty = await file("date,riders,rain\n2001-01-22,,1");
    const error = await rejection(loadCsv(empty, csvSchema.parse({ kind: "csv", features: ["rain"], target })));
    expect(error.message).to.match(/line 2, column "riders": the cell is empty/);
  });

  it("gives what recurs of a date: Sunday to Saturday, January to December", async () => {
    const dates = csvSchema.parse({ ...schema, features: [{ column: "date", calendar: ["weekday", "month"] }] });
    const path = await file("date,kind\n2001-01-22,iris\n2016-02-29,rose"); // Mondays both
    const { features, shape } = await loadCsv(path, dates);
    expect(shape).to.deep.equal([19]);
    expect([...features.keys()].filter((at) => features[at] === 1)).to.deep.equal([1, 7, 19 + 1, 19 + 8]);
    for (const wrong of ["2015-02-29", "22.1.2001", "2001-13-01", "", "+002001-01-01"]) {
      const error = await rejection(loadCsv(await file(`date,kind\n"${wrong}",iris`), dates));
      expect(error.message, wrong).to.match(/line 2, column "date": (".*" is no date\. Write|the cell is empty)/);
    }
  });

  it("refuses words that the manifest does not list, and an empty cell unless it says what that is", async () => {
    const features = [{ column: "colour", values: ["red", "blue"] }];
    const green = await rejection(loadCsv(await file("colour,kind\ngreen,iris"), { ...schema, features }));
    expect(green).to.be.instanceOf(UnsuitableData);
    expect(green.message).to.match(
      /line 2, column "colour": "green" is none of the task's values \(red, blue\)\. Correct/,
    );
    const empty = await rejection(loadCsv(await file("colour,kind\n,iris"), { ...schema, features }));
    expect(empty.message).to.match(/line 2, column "colour": the cell is empty\. Fill it in/);
  });

  it("reads tables longer than its first buffer", async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `${i},${-i},${i % 2 ? "rose" : "iris"}`);
    const { features, labels, rows } = await loadCsv(await file(`length,width,kind\n${lines.join("\n")}`), schema);
    expect(rows).to.equal(5_000);
    expect([...features.subarray(-2), labels.at(-1)]).to.deep.equal([4_999, -4_999, 1]);
  });

  for (const [fault, text, message] of [
    [
      "a missing column",
      "length,kind\n1,iris",
      /table\.csv, line 1: column "width" is missing.*"length", "kind".*Add or rename/,
    ],
    ["a missing label column", "length,width\n1,2", /line 1: column "kind" is missing/],
    ["semicolons", "length;width;kind\n1;2;iris", /check that commas separate/],
    ["a column that is there twice", "length,width,kind,width\n1,2,iris,3", /column "width" is there twice/],
    ["an empty cell", "length,width,kind\n1,2,iris\n3,,iris", /line 3, column "width": the cell is empty\. Fill it in/],
    ["a word for a number", "length,width,kind\nlong,2,iris", /line 2, column "length": "long" is not a number/],
    ["a decimal comma", 'length,width,kind\n"1,5",2,iris', /"1,5" is not a number\. Write it like -1\.5/],
    ["NaN", "length,width,kind\nNaN,2,iris", /"NaN" is not a number/],
    ["infinity", "length,width,kind\nInfinity,2,iris", /"Infinity" is not a number/],
    ["a number beyond a float", "length,width,kind\n1e39,2,iris", /line 2, column "length": 1e\+39 is too large/],
    [
      "an unknown label",
      "length,width,kind\n1,2,tulip",
      /line 2, column "kind": "tulip" is none of the task's classes \(iris, rose\)/,
    ],
    ["a short line", "length,width,kind\n1,2,iris\n1,2", /table\.csv is not a well-formed CSV table: .*line 3/],
    ["an open quote", 'length,width,kind\n1,2,"iris', /not a well-formed CSV table/],
    ["no rows", "length,width,kind\n", /has no rows below its header/],
    ["nothing", "", /has no rows/],
  ] as const) {
    it(`refuses ${fault} and says where and what to do`, async () => {
      const error = await rejection(loadCsv(await file(text), schema));
      expect(error).to.be.instanceOf(UnsuitableData);
      expect(error.message).to.match(message);
    });
  }

  it("refuses a file that is not there", async () => {
    const error = await rejection(loadCsv(join(folder, "none.csv"), schema));
    expect(error).to.be.instanceOf(UnsuitableData);
    expect(error.message).to.match(/none\.csv cannot be read \(ENOENT\)/);
  });

  it("stops at a table that is too large, and at a line without end", async () => {
    const large = await rejection(
      loadCsv(await file("length,width,kind\n1,2,iris\n1,2,iris"), schema, { maxValues: 3 }),
    );
    expect(large.message).to.match(/more than 3 numbers/);
    const endless = await rejection(loadCsv(await file("x".repeat(2 ** 20 + 100)), schema));
    expect(endless).to.be.instanceOf(UnsuitableData);
  });

  it("stops when told to", async () => {
    const reason = new Error("enough");
    const path = await file("length,width,kind\n1,2,iris");
    expect(await rejection(loadCsv(path, schema, { signal: AbortSignal.abort(reason) }))).to.equal(reason);
    const stop = new AbortController();
    const loading = rejection(loadCsv(path, schema, { signal: stop.signal }));
    stop.abort(reason);
    expect(await loading).to.equal(reason);
  });

  it("refuses a manifest that contradicts itself", () => {
    for (const change of [
      { features: ["length", "length"] },
      { features: ["kind"] },
      { features: [] },
      { classes: ["iris", "iris"] },
      { classes: ["iris"] },
      { features: ["length", { column: "length", mean: 0 }] },
      { features: [{ column: "kind", values: ["a", "b"] }] },
      { features: [{ column: "length", std: 0 }] },
      { features: [{ column: "length", missing: "mean" }] },
      { features: [{ column: "length", values: ["a", "a"] }] },
      {
        features: Array.from({ length: 70 }, (_, i) => ({
          column: `c${i}`,
          values: Array.from({ length: 1_000 }, String),
        })),
      },
      { target: { column: "height", mean: 0, std: 1 } },
      { classes: undefined },
      { label: undefined, classes: undefined },
      { path: "/etc/passwd" },
    ]) {
      expect(csvSchema.safeParse({ ...schema, ...change }).success, JSON.stringify(change)).to.equal(false);
    }
  });

  it("is what a task whose data is a table loads, and says so when no table is given", async () => {
    const path = await file("length,width,kind\n1,2,iris\n3,4,rose\n5,6,iris");
    const { features, rows } = await loadDataset(schema, { path, rows: Uint32Array.of(2, 0) });
    expect([...features, rows]).to.deep.equal([5, 6, 1, 2, 2]);
    expect((await rejection(loadDataset(schema))).message).to.match(/columns length, width and kind\. Give the path/);
  });
});
