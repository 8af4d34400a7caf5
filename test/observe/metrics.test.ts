import { expect } from "chai";
import { METRICS, createMetrics } from "../../trainer/observe/metrics.ts";

describe("Metrics", () => {
  it("are named by Prometheus's conventions", () => {
    for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
      expect(name, name).to.match(/^foedus_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith("_total"), name).to.equal(type === "counter");
      expect(name, "base units only").not.to.match(/_(ms|millis\w*|minutes|hours|kb|mb|percent|wei)(_|$)/);
      expect(help, name).not.to.equal("");
      for (const label of labels) expect(label, name).to.match(/^[a-z]+$/);
    }
  });

  it("come as text that says what each is, and the process's own beside them", async () => {
    const metrics = createMetrics();
    metrics.set("foedus_round_number", { task: "1" }, 7);
    metrics.add("foedus_rpc_errors_total");
    metrics.add("foedus_rpc_errors_total", {}, 2);
    const text = await metrics.text();
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(text).to.include(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
    expect(text).to.include('\nfoedus_round_number{task="1"} 7\n').and.include("\nfoedus_rpc_errors_total 3\n");
    expect(text).to.include("process_resident_memory_bytes ");
    expect(metrics.contentType).to.match(/^text\/plain; version=0\.0\.4/);
  });

  it("take a counter's value from who counts already, down too", async () => {
    const metrics = createMetrics();
    for (const value of [5, 7, 3]) {
      metrics.set("foedus_rounds_ended_total", { task: "1", outcome: "final" }, value);
      metrics.set("foedus_rounds_ended_total", { task: "2", outcome: "final" }, 100);
      const text = await metrics.text();
      expect(text).to.include(`foedus_rounds_ended_total{task="1",outcome="final"} ${value}\n`);
      expect(text).to.include('foedus_rounds_ended_total{task="2",outcome="final"} 100\n');
    }
  });

  it("refuse labels that they do not have", () => {
    expect(() => createMetrics().add("foedus_acts_total", { trainer: "0x12" })).to.throw("label");
  });

  it("are there although something cannot be measured now", async () => {
    const metrics = createMetrics();
    metrics.onScrape(() => Promise.reject(new Error("the disk is gone")));
    metrics.onScrape(() => {
      throw new Error("at once");
    });
    metrics.onScrape(() => metrics.set("foedus_content_store_bytes", {}, 12));
    expect(await metrics.text()).to.include("\nfoedus_content_store_bytes 12\n");
  });
});
