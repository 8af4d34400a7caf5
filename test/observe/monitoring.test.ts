/** The page about monitoring and the Grafana board say of metrics what is so. */
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { METRICS, createMetrics } from "../../trainer/observe/metrics.ts";

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const namesIn = (text: string) => [...new Set(text.match(/\b(?:foedus|process|nodejs)_[a-z_]+/g))];

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}
interface Board {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

describe("docs/monitoring.md", () => {
  it("has a row for each metric, with its type and labels", async () => {
    const rows = [...(await doc("monitoring.md")).matchAll(/^\| `(foedus_\w+)` +\| (\w+) +\| ([\w, ]*?) *\|/gm)];
    const told = rows.map(([, name, type, labels = ""]) => ({
      name,
      type,
      labels: labels.split(", ").filter(Boolean),
    }));
    expect(told).to.deep.equal(
      Object.entries(METRICS).map(([name, { type, labels }]) => ({ name, type, labels: [...labels] })),
    );
  });

  it("names no metric that there is not, in alerts neither", async () => {
    const known = new Set(Object.keys(METRICS));
    for (const name of namesIn(await doc("monitoring.md")).filter((each) => each.startsWith("foedus_"))) {
      expect(known.has(name) || name === "foedus_", name).to.equal(true);
    }
  });
});

describe("docs/grafana/foedus.json", () => {
  let board: Board;
  before(async () => {
    board = JSON.parse(await doc("grafana/foedus.json")) as Board;
  });

  it("asks for metrics that exist, and for every one of ours", async () => {
    const text = await createMetrics().text();
    const exprs = board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const asked = namesIn([...exprs, JSON.stringify(board.templating)].join("\n"));
    for (const name of asked) expect(text, name).to.include(`# TYPE ${name} `);
    const unshown = Object.keys(METRICS).filter((name) => !asked.includes(name));
    expect(unshown).to.deep.equal(["foedus_task_open", "foedus_task_block_number"]);
  });

  it("filters by labels that these metrics have", () => {
    for (const { title, targets } of board.panels) {
      for (const { expr } of targets) {
        for (const [, name = "", filter = ""] of expr.matchAll(/(foedus_[a-z_]+)\{([^}]*)\}/g)) {
          const labels = [...filter.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
          const { labels: has } = METRICS[name as keyof typeof METRICS];
          expect(["instance", ...has], `${title}: ${name}`).to.include.members(labels);
        }
        for (const [, variable] of expr.matchAll(/\$(?!__)(\w+)/g)) {
          expect(board.templating.list.map(({ name }) => name)).to.include(variable);
        }
      }
    }
  });

  it("can be imported: it has a name, and panels with numbers and places of their own", () => {
    expect(board).to.include({ uid: "foedus", title: "Foedus" });
    expect(board.schemaVersion).to.be.greaterThan(30);
    expect(new Set(board.panels.map(({ id }) => id)).size).to.equal(board.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} lies on another`).to.equal(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});
