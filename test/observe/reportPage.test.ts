import { expect } from "chai";
import { reportPage } from "../../trainer/observe/reportPage.ts";
import { aDispute, aPrivacy, aReport, aScenario } from "./aReport.ts";

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&`;

/** Every opening tag of the page, as written. */
function tags(page: string): string[] {
  return [...page.matchAll(/<[a-zA-Z][^>]*>/g)].map(([tag]) => tag);
}

describe("reportPage", () => {
  it("needs nothing from elsewhere and allows nothing", () => {
    const page = reportPage(aReport());
    expect(page).to.include(
      `http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'`,
    );
    for (const tag of tags(page)) {
      expect(tag).not.to.match(
        /^<(script|link|img|iframe|object|embed|base|form|audio|video|foreignObject|use|image)\b/i,
      );
      expect(tag).not.to.match(/\s(src|srcset|href|action|on\w+|xlink:href)\s*=/i);
    }
    expect(page).not.to.match(/url\(|@import/);
  });

  it("shows hostile names as text", () => {
    const calm = tags(reportPage(aReport()));
    const page = reportPage(
      aReport((report) => {
        report.config.model = HOSTILE;
        report.config.backend = HOSTILE;
        report.config.token.symbol = "<svg onload=a>";
        report.config.shards[0]!.trainer = HOSTILE;
        report.claims[0]!.trainer = HOSTILE;
        report.story![0]!.text = HOSTILE;
      }),
    );
    const tagNames = (all: readonly string[]): string[] => all.map((tag) => /^<[a-zA-Z0-9]+/.exec(tag)?.[0] ?? "");
    expect(tagNames(tags(page)).join()).to.equal(tagNames(calm).join());
    expect(page).not.to.include("<script").and.not.include("<img").and.not.include("<svg onload");
    expect(page).to.include("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("tells a dispute and its money, and has no word of disputes where there were none", () => {
    expect(reportPage(aReport())).not.to.match(/dispute<|Disputes?<\/h2>/);
    const page = reportPage(aReport((report) => (report.disputes = [aDispute()])));
    expect(page).to.include("<h2>A dispute</h2>").and.include("Round 2: a wrong sum");
    expect(page).to.include("Trainer 4 aggregated").and.include("<dt>Burnt</dt><dd>48 FDS</dd>");
    const two = reportPage(aReport((report) => (report.disputes = [aDispute(), aDispute({ trainer: HOSTILE })])));
    expect(two).to.include("<h2>Disputes</h2>").and.include("&lt;script&gt;").and.not.include("<script");
  });

  it("leaves no markup and no quote open in attributes", () => {
    const page = reportPage(aReport((report) => (report.config.shards[0]!.trainer = `" onmouseover="alert(1)`)));
    for (const tag of tags(page)) expect(tag).not.to.match(/"\s+onmouseover=/);
  });

  it("names every chart for those who hear it, and every table", () => {
    const page = reportPage(aReport());
    const charts = tags(page).filter((tag) => tag.startsWith("<svg"));
    expect(charts).to.have.length(6);
    for (const chart of charts)
      expect(chart)
        .to.match(/role="img"/)
        .and.to.match(/aria-label="[^"]{20,}"/);
    expect(page.match(/<table>/g)?.length).to.equal(page.match(/<caption>/g)?.length);
    expect(page).to.include(`<html lang="en">`).and.include("prefers-color-scheme: dark");
  });

  it("draws in colours that follow light and dark", () => {
    const page = reportPage(aReport());
    const drawings = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
    for (const drawing of drawings) expect(drawing).to.match(/fill="var\(--/);
    const used = new Set([...page.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name ?? ""));
    const defined = new Set([...page.matchAll(/(--[\w-]+):/g)].map(([, name]) => name ?? ""));
    expect([...used].filter((name) => !defined.has(name))).to.deep.equal([]);
  });

  it("shows the figures, the story in order and a budget that adds up", () => {
    const page = reportPage(aReport((report) => report.story?.reverse()));
    for (const text of ["97.34%", "2 min 43 s", "17.3%", "10.2 MB", "Adds up to the last unit."]) {
      expect(page).to.include(text);
    }
    expect(page.indexOf("was killed")).to.be.above(0).and.below(page.indexOf("came back"));
  });

  it("says what differential privacy cost and against whom it holds, where the task asked for it", () => {
    expect(reportPage(aReport())).to.not.include("Differential privacy");
    const page = reportPage(
      aReport((report) => (report.differentialPrivacy = aPrivacy({ maxEpsilon: 8, maxRounds: 9, scope: HOSTILE }))),
    );
    for (const text of ["ε 7.08", "ε = 7.08 at δ = 0.00001", "ε = 8, 9 rounds", "alert(1)"])
      expect(page).to.include(text);
    expect(page).to.not.include("<script");
    expect(reportPage(aReport((report) => (report.differentialPrivacy = aPrivacy())))).to.include("<dd>none</dd>");
  });

  it("says into how many cohorts the trainers were drawn, where there were several", () => {
    expect(reportPage(aReport())).to.not.include("Cohorts");
    const page = reportPage(aReport(({ config }) => (config.cohorts = { count: 3, rule: `median ${HOSTILE}` })));
    expect(page).to.include("<dt>Cohorts</dt><dd>up to 3, median ").and.not.include("<script");
  });

  it("compares a scenario: each alone with their range, federated, all pooled, against the baseline", () => {
    expect(reportPage(aReport())).to.not.include("pooled");
    const page = reportPage(aReport((report) => (report.scenario = aScenario({ title: HOSTILE }))));
    const heads = ["Baseline", "Each alone", "Federated", "All data pooled"];
    const places = heads.map((head) => page.indexOf(`>${head}</th>`));
    expect(Math.min(...places)).to.be.above(0);
    expect([...places].sort((left, right) => left - right)).to.deep.equal(places);
    const cells = ["0.133", "0.500 <small>0.413 to 0.602</small>", "0.831", "0.852"];
    for (const cell of cells) expect(page).to.match(new RegExp(`<td[^>]*>${cell}</td>`));
    expect(page).to.include("MAE, days <small>lower is better").and.include("– <small>– to –</small>");
    expect(page).to.include("Each alone: mean of the trainers").and.include("the most frequent class");
    expect(page)
      .to.include("waterworks: 0.413")
      .and.not.include("<script")
      .and.not.match(/NaN|undefined/);
    expect(tags(page).filter((tag) => tag.startsWith("<svg"))).to.have.length(7);
  });

  it("says that data are simulated wherever they are, and only there", () => {
    const simulated = reportPage(aReport((report) => (report.scenario = aScenario())));
    expect(simulated.match(/class="badge">simulated data</g)).to.have.length(2);
    expect(simulated).to.include("The data are simulated: nobody measured them.");
    expect(simulated).to.include("On 720 simulated test rows").and.include("equipment (simulated)");
    const real = aScenario({ isSimulated: false, title: "Tumours", story: "Hospitals." });
    expect(reportPage(aReport((report) => (report.scenario = real)))).to.not.match(/simulated/i);
  });

  it("draws scores that are errors, and samples without classes", () => {
    const page = reportPage(
      aReport((report) => {
        report.config.measure = { name: "MAE", better: "lower", unit: "days" };
        report.config.loss = "squared error";
        report.final.score = 9.876;
        report.rounds.forEach((round, i) => (round.score = i === 1 ? null : 40 / (i + 1)));
        for (const shard of report.config.shards) delete shard.perClass;
        delete report.config.alpha;
      }),
    );
    for (const text of [
      "MAE 9.88 days",
      "<dt>Final MAE</dt><dd>9.88 <small>days</small>",
      "Squared error on the test",
    ]) {
      expect(page).to.include(text);
    }
    expect(page)
      .to.include("Samples by trainer.")
      .and.not.match(/ccuracy|Dirichlet|NaN|undefined|Infinity/);
    const named = reportPage(aReport((report) => (report.config.classes = ["benign", "malignant"])));
    expect(named).to.include(">malignant</text>").and.include("class benign: 412 samples");
  });

  it("says what is still in escrow", () => {
    const page = reportPage(aReport((report) => (report.budget.returned = "0")));
    expect(page).to.include("999.999999999999999999 FDS are still in escrow.").and.not.include("Adds up");
  });

  it("draws with next to nothing, and with very much", () => {
    const none = reportPage(
      aReport((report) => {
        Object.assign(report, { rounds: [], claims: [], story: [] });
        report.config.shards = [];
      }),
    );
    expect(none).to.include("No round was finished.").and.not.include("NaN");
    const one = reportPage(
      aReport((report) => {
        report.rounds.splice(1);
        Object.assign(report.rounds[0]!, { score: 0, loss: 0, bytes: 0 });
        report.rounds[0]!.gas = { enter: 0, commit: 0, reveal: 0, propose: 0, finalise: 0 };
        report.rounds[0]!.seconds = { train: 0, encrypt: 0, transfer: 0, chain: 0, total: 0 };
        for (const claim of report.claims) claim.amount = "0";
      }),
    );
    expect(one).not.to.match(/NaN|Infinity|undefined/);
    const many = reportPage(
      aReport((report) => {
        const [round, shard] = [report.rounds[0]!, report.config.shards[0]!];
        report.rounds = Array.from({ length: 300 }, (_, index) => ({ ...round, round: index + 1 }));
        report.config.shards = Array.from({ length: 64 }, (_, index) => ({
          ...shard,
          trainer: `0x${"ab".repeat(19)}${index}`,
        }));
      }),
    );
    expect(many).not.to.match(/NaN|Infinity|undefined/);
  });
});
