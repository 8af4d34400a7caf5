import { expect } from "chai";
import { encodeRow, rowFields } from "../../app/model/patientRow.ts";
import type { CsvSchema } from "../../trainer/learning/datasets/csvSchema.ts";

const SCHEMA: CsvSchema = {
  kind: "csv",
  features: [
    "plain",
    { column: "age", mean: 50, std: 10 },
    { column: "weight", mean: 71.23456, std: 8, missing: "mean" },
    { column: "sex", values: ["female", "male"] },
    { column: "smoker", values: ["yes", "no"], missing: "value" },
    { column: "admitted", calendar: ["weekday"] },
  ],
  label: "state",
  classes: ["healthy", "ill"],
};

describe("A row filled in by hand", () => {
  it("has a field for each column, with where values usually lie", () => {
    const fields = rowFields(SCHEMA);
    expect(fields.map(({ kind }) => kind)).to.deep.equal(["number", "number", "number", "choice", "choice", "date"]);
    expect(fields.map(({ canMiss }) => canMiss)).to.deep.equal([false, false, true, false, true, false]);
    expect(fields[1])
      .to.include({ name: "age", first: "50" })
      .and.to.deep.include({ usual: { from: 30, to: 70 } });
    expect(fields[0]).not.to.have.property("usual");
    expect(fields[3]).to.deep.include({ values: ["female", "male"] });
  });

  it("is right as it begins", () => {
    const first = new Map(rowFields(SCHEMA).map(({ name, first: text }) => [name, text]));
    expect(encodeRow(SCHEMA, first)).to.be.instanceOf(Float32Array).with.lengthOf(16);
  });

  it("becomes what the network takes, as a table's row does", () => {
    const texts = { plain: "3", age: " 65 ", weight: "", sex: "male", smoker: "", admitted: "2024-01-02" };
    const row = encodeRow(SCHEMA, new Map(Object.entries(texts)));
    expect([...(row as Float32Array)]).to.deep.equal([3, 1.5, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]);
  });

  it("says of each field what is wrong with it, and of no other", () => {
    const texts = { plain: "1e99", age: "old", weight: "70", sex: "", smoker: "perhaps", admitted: "2024-02-30" };
    const faults = encodeRow(SCHEMA, new Map(Object.entries(texts))) as ReadonlyMap<string, string>;
    expect([...faults.keys()]).to.deep.equal(["plain", "age", "sex", "smoker", "admitted"]);
    expect(faults.get("age")).to.include('"old" is not a number');
  });
});
