import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { simulateReadings } from "../../../trainer/learning/scenarios/equipmentReadings.ts";
import { tablePath } from "../../../trainer/learning/scenarios/scenario.ts";

const LINES = 400;

describe("equipmentReadings", () => {
  it("are those of the table, bit for bit", async () => {
    const table = (await readFile(tablePath("equipment-simulated.csv"), "utf8")).split("\n");
    expect(firstLines(1)).to.deep.equal(table.slice(0, LINES));
    expect(firstLines(2)).to.not.deep.equal(table.slice(0, LINES));
  });

  it("show each fault where it should show", async () => {
    const [header = "", ...lines] = (await readFile(tablePath("equipment-simulated.csv"), "utf8")).trim().split("\n");
    const columns = header.split(",");
    const rows = lines.map((line) => line.split(","));
    const mean = (column: string, state: string) => {
      const own = rows.filter((row) => row.at(-1) === state).map((row) => Number(row[columns.indexOf(column)]));
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    for (const [fault, column] of [
      ["imbalance", "amplitude_1x"],
      ["misalignment", "amplitude_2x"],
      ["bearing", "kurtosis"],
      ["overheating", "temperature_c"],
    ] as const) {
      expect(mean(column, fault) / mean(column, "healthy"), `${column} of ${fault}`).to.be.greaterThan(1.2);
    }
  });
});

function firstLines(seed: number): string[] {
  const lines: string[] = [];
  for (const line of simulateReadings(seed)) if (lines.push(line) === LINES) break;
  return lines;
}
