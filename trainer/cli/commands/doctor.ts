/** foedus doctor: what this machine can compute on, how fast, and how to get what is faster. */
import { Command } from "commander";
import { bestBackend } from "../../learning/backends/automatic.ts";
import { diagnose } from "../../learning/backends/diagnosis.ts";
import type { Finding } from "../../learning/backends/diagnosis.ts";
import { wholeNumber, withCommon } from "../options.ts";
import { table } from "../print.ts";
import { inSession } from "../session.ts";

interface DoctorOptions {
  readonly seconds: number;
}

export function doctorCommand(): Command {
  return withCommon(new Command("doctor"))
    .description("say which backends work on this machine, how fast they train, and how to get a faster one")
    .option("--seconds <count>", "how long to measure each network on each backend", wholeNumber(1), 1)
    .addHelpText("after", "\nExample:\n  $ foedus doctor")
    .action(
      inSession("command", async (session, { seconds }: DoctorOptions) => {
        const findings: Finding[] = [];
        for await (const finding of diagnose({ seconds, signal: session.signal })) findings.push(finding);
        const { backend } = await bestBackend();
        session.show(
          { node: process.version, auto: backend.name, backends: findings },
          doctorText(findings, backend.name),
        );
      }),
    );
}

/** A table of what works, then what does not and the way to it. */
export function doctorText(findings: readonly Finding[], auto: string): string[] {
  const rate = (value: number) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
  const working = findings.filter((each) => each.works);
  const failing = findings.filter((each) => !each.works);
  return [
    ...table([
      ["backend", "computes on", "MLP samples/s", "CNN samples/s"],
      ...working.map(({ name, hardware, samplesPerSecond: { mlp, cnn } }) => [name, hardware, rate(mlp), rate(cnn)]),
    ]),
    "",
    `--backend auto takes ${auto}. Samples a second in training the networks for MNIST, one process alone.`,
    ...failing.flatMap(({ name, reason }) => ["", `${name}: ${reason}`]),
  ];
}
