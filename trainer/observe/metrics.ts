// What a process says of itself to Prometheus, in its text format (exposition format 0.0.4). Names and units follow
// https://prometheus.io/docs/practices/naming: base units, `_total` for what only grows. Labels take few values: task
// numbers that the process was given and words of this program, never text or accounts from the chain.
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";

interface Definition {
  readonly type: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly help: string;
}

const gauge = (help: string, ...labels: string[]): Definition => ({ type: "gauge", labels, help });
const counter = (help: string, ...labels: string[]): Definition => ({ type: "counter", labels, help });

/** Every metric of ours by name; `process_*` and `nodejs_*` come with the library. */
export const METRICS = {
  foedus_info: gauge("1; who this is", "version", "name", "account"),

  foedus_task_open: gauge("1 until the task is closed", "task"),
  foedus_task_block_number: gauge("The last block that was read", "task"),
  foedus_task_block_timestamp_seconds: gauge("Its time since 1970", "task"),
  foedus_rounds_planned: gauge("Final rounds that the task pays for", "task"),
  foedus_rounds_ended_total: counter("Rounds that have ended", "task", "outcome"),
  foedus_round_number: gauge("The round under way", "task"),
  foedus_round_phase: gauge("1 for the phase that it is in, 0 for the others", "task", "phase"),
  foedus_round_deadline_seconds: gauge("Until the phase ends; negative if it should have", "task"),
  foedus_round_seats: gauge("Seats of the round, by what they have done in this phase", "task", "turn"),
  foedus_disputes_total: counter("Faults that were settled on chain", "task", "fault"),
  foedus_budget_tokens: gauge("The task's money: escrowed, earned, claimed, unspent", "task", "part"),
  foedus_privacy_epsilon: gauge("Privacy spent by a trainer in all rounds", "task"),
  foedus_privacy_epsilon_limit: gauge("What the task allows of it", "task"),

  foedus_own_turn: gauge("1 while the round waits for the own seat", "task"),
  foedus_own_stake_tokens: gauge("The own stake that counts for entering", "task"),
  foedus_own_stake_needed_tokens: gauge("What the task asks for", "task"),
  foedus_own_fines_tokens: gauge("What the own stake has lost", "task"),
  foedus_own_rewards_tokens: gauge("The own rewards: claimed, and to claim", "task", "state"),

  foedus_acts_total: counter("What was done on chain for a round", "task", "act"),
  foedus_verdicts_total: counter("What watching has found, asked for and proved", "task", "finding"),
  foedus_gas_used_total: counter("Gas of own transactions", "act"),
  foedus_fees_coins_total: counter("What they cost, in the chain's coin"),
  foedus_transactions_total: counter("Own transactions that were mined or failed", "outcome"),
  foedus_transactions_stuck_total: counter("Times that one had to be replaced by one that pays more"),
  foedus_rpc_errors_total: counter("Failures of the RPC endpoint that were tried again"),

  foedus_training_seconds_total: counter("Time in training", "task"),
  foedus_training_samples_total: counter("Samples trained on, once for each time", "task"),
  foedus_training_samples_per_second: gauge("Of the last training that ended", "task"),
  foedus_training_loss: gauge("Of its last epoch", "task"),
  foedus_training_progress_ratio: gauge("How much of the training under way is done", "task"),
  foedus_round_time_seconds_total: counter("Where the time of rounds went", "task", "kind"),

  foedus_content_received_bytes_total: counter("Content that came from other participants"),
  foedus_content_store_bytes: gauge("Content kept on this disk"),
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof METRICS;
export type Labels = Readonly<Record<string, string | number>>;

export interface Metrics {
  /** Adds to a counter; `by` is 1 unless given, and never negative. */
  add(name: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge, or a counter that somebody else counts. */
  set(name: MetricName, labels: Labels, value: number): void;
  /** Has a gauge set anew before every scrape; one that throws or rejects leaves what was there. */
  onScrape(collect: () => void | Promise<void>): void;
  /** Everything in Prometheus's text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const collectors: (() => void | Promise<void>)[] = [];
  const instruments = new Map<string, Gauge | Counter>();
  for (const [name, { type, labels, help }] of Object.entries<Definition>(METRICS)) {
    const configuration = { name, help, labelNames: labels, registers: [registry] };
    instruments.set(name, type === "gauge" ? new Gauge(configuration) : new Counter(configuration));
  }

  return {
    add(name, labels = {}, by = 1) {
      instruments.get(name)?.inc(labels, by);
    },
    set(name, labels, value) {
      const instrument = instruments.get(name);
      if (instrument instanceof Gauge) instrument.set(labels, value);
      else if (instrument !== undefined) {
        // Prometheus takes a fall as a new beginning: after a reorganisation it is one.
        instrument.remove(labels);
        instrument.inc(labels, value);
      }
    },
    onScrape(collect) {
      collectors.push(collect);
    },
    async text() {
      await Promise.allSettled(collectors.map(async (collect) => collect()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
