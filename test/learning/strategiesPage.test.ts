import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { z } from "zod";
import { STRATEGIES } from "../../trainer/learning/strategies/registry.ts";
import { clouds } from "./aFederation.ts";
import { aTaskWith } from "./strategies/aTask.ts";
import { accuracies } from "./strategies/example/accuracies.ts";
import { fedClipped } from "./strategies/example/fedClipped.ts";

const PAGE = readFileSync(new URL("../../docs/strategies.md", import.meta.url), "utf8");

/** An example as a file beside the strategies. */
function example(name: string): string {
  const source = readFileSync(new URL(`strategies/example/${name}.ts`, import.meta.url), "utf8");
  return source
    .replaceAll("../../../../trainer/learning/strategies/", "./")
    .replaceAll("../../../../trainer/learning/", "../");
}

describe("docs/strategies.md", () => {
  it("has a row for each strategy, with its paper, what it needs and its settings", () => {
    const rows = [...PAGE.matchAll(/^\| `(\w+)` +\| \[.*$/gm)];
    expect(rows.map(([, name]) => name)).to.deep.equal([...STRATEGIES.keys()]);
    for (const [row, name] of rows) {
      const cells = row.split("|").map((cell) => cell.trim());
      const strategy = STRATEGIES.get(name ?? "");
      if (strategy === undefined) throw new Error(`${name} is no strategy.`);
      const { authors, year, url } = strategy.paper;
      expect(cells[2]).to.equal(`[${authors} ${year}](${url})`);
      expect(cells[6], name).to.equal(`\`${strategy.needs}\``);
      const told = (cells[7] ?? "").split(", ").filter((setting) => setting !== "");
      const settings = Object.entries(strategy.settings.shape).map(([setting, schema]) => {
        const { data } = (schema as z.ZodType).safeParse(undefined);
        return data === undefined ? `\`${setting}\`` : `\`${setting}\` = ${String(data)}`;
      });
      expect(
        told.map((setting) => setting.replace(/ \(\w\)$/, "")),
        name,
      ).to.deep.equal(settings);
    }
  });

  it("shows an example of a strategy that is a tested file", () => {
    expect(PAGE).to.contain(`\`\`\`ts\n${example("fedClipped")}\`\`\``);
    const gradient = Float32Array.of(3, 4);
    const plan = fedClipped.plan({ longest: 1 }, aTaskWith());
    plan.local?.correct?.(new Float32Array(2), { shared: {}, own: {} })(gradient, new Float32Array(2));
    expect(gradient).to.deep.equal(Float32Array.of(0.6, 0.8));
  });

  it("shows how to try one, as a tested file does", async () => {
    expect(PAGE).to.contain(`\`\`\`ts\n${example("accuracies")}\`\`\``);
    const measured = await accuracies(clouds(400, "rows"), clouds(200, "unseen"));
    expect(measured).to.have.length(8);
    expect(measured.at(-1)).to.be.greaterThan(0.85);
  });
});
