/**
 * Simulated readings of pumps, as data/equipment-simulated.csv holds them: nobody measured them. Each row is one look at one
 * machine: a quarter of a second of vibration is made up and summed up in the features that condition monitoring uses
 * (Randall 2011, "Vibration-based Condition Monitoring"), beside temperatures and the state the machine was in.
 *
 * An imbalance shakes once a turn, with the square of the speed; a misalignment twice a turn. A damaged bearing rings
 * whenever a ball passes the damage. A blocked cooling shows in the temperature alone. Faults come in every severity, so
 * the slight ones look like a healthy machine.
 */
import { createRandom } from "../random.ts";
import type { Random } from "../random.ts";

export const STATES = ["healthy", "imbalance", "misalignment", "bearing", "overheating"] as const;
export type State = (typeof STATES)[number];

/** Of the table, in order. */
const COLUMNS = [
  ...["plant", "week", "speed_hz", "load", "ambient_c", "temperature_c", "vibration_rms", "vibration_peak", "kurtosis"],
  ...["amplitude_1x", "amplitude_2x", "ringing_rms", "state"],
] as const;

/** What makes a plant's readings its own. */
export interface Plant {
  readonly name: string;
  /** Turns a second, least and most. */
  readonly speed: readonly [number, number];
  /** In degrees Celsius. */
  readonly ambient: number;
  /** What its sensors make of 1. */
  readonly gain: number;
  /** Which faults it has had in the weeks that are learnt from, in the order of STATES. */
  readonly mix: readonly number[];
}

export const PLANTS: readonly Plant[] = [
  { name: "waterworks", speed: [20, 30], ambient: 14, gain: 1, mix: [0.7, 0.2, 0.08, 0.02, 0] },
  { name: "refinery", speed: [40, 60], ambient: 32, gain: 1.1, mix: [0.6, 0.02, 0.05, 0.03, 0.3] },
  { name: "paper mill", speed: [25, 45], ambient: 26, gain: 0.9, mix: [0.6, 0.03, 0.02, 0.33, 0.02] },
  { name: "dairy", speed: [30, 50], ambient: 8, gain: 1.05, mix: [0.75, 0.02, 0.2, 0.03, 0] },
  { name: "mine", speed: [20, 50], ambient: 20, gain: 0.95, mix: [0.4, 0.25, 0, 0.25, 0.1] },
];
/** In the weeks that are tested on, every plant may have every fault. */
const LATER_MIX = [0.5, 0.125, 0.125, 0.125, 0.125];

const WEEKS = 52;
/** Weeks from this one on are tested on. */
export const FIRST_TEST_WEEK = 41;
const LOOKS_A_WEEK = 12;

const SAMPLES = 1_024;
const SAMPLES_PER_SECOND = 4_096;
/** How often a ball passes a damage of the outer ring in a turn, and how that rings. */
const PASSES_PER_TURN = 3.58;
const RINGING_HZ = 1_200;
const RINGING_SECONDS = 0.002;

/** The lines of the table, its header first. The same seed gives the same text. */
export function* simulateReadings(seed: number | string): Generator<string, void, undefined> {
  yield COLUMNS.join(",");
  for (const plant of PLANTS) {
    const random = createRandom(`${seed}/readings/${plant.name}`);
    for (let week = 1; week <= WEEKS; week++) {
      const mix = week < FIRST_TEST_WEEK ? plant.mix : LATER_MIX;
      for (let look = 0; look < LOOKS_A_WEEK; look++) {
        const state = STATES[drawIndex(mix, random)] ?? "healthy";
        yield [plant.name, week, ...readingOf(plant, state, random).map(fourDigits), state].join(",");
      }
    }
  }
}

/** The columns between week and state. */
function readingOf(plant: Plant, state: State, random: Random): number[] {
  const speed = between(plant.speed, random);
  const load = between([0.3, 1], random);
  const severity = state === "healthy" ? 0 : between([0.15, 1], random);
  const of = (fault: State) => (state === fault ? severity : 0);

  const ambient = plant.ambient + 3 * random.normal();
  const heat = 28 * load + 12 * of("bearing") + 35 * of("overheating");
  const temperature = ambient + heat + 2.5 * random.normal();

  const turning = (speed / 50) ** 2;
  const once = turning * (0.5 + 3.5 * of("imbalance")) * Math.exp(0.25 * random.normal());
  const twice = (0.3 + 2.2 * of("misalignment")) * (0.5 + load / 2) * Math.exp(0.25 * random.normal());
  const ringing = (0.1 + 3 * of("bearing")) * Math.sqrt(turning) * Math.exp(0.25 * random.normal());
  const signal = vibration({ speed, once, twice, ringing }, random).map((value) => plant.gain * value);

  const rms = rootMeanSquare(signal);
  return [
    ...[speed, load, ambient, temperature, rms, peak(signal), kurtosis(signal)],
    ...[amplitudeAt(signal, speed), amplitudeAt(signal, 2 * speed), rootMeanSquare(roughness(signal))],
  ];
}

interface Shaking {
  readonly speed: number;
  /** Amplitudes in mm/s: once and twice a turn, and of what rings at each pass. */
  readonly once: number;
  readonly twice: number;
  readonly ringing: number;
}

function vibration({ speed, once, twice, ringing }: Shaking, random: Random): Float64Array {
  const [phase1, phase2] = [2 * Math.PI * random.uniform(), 2 * Math.PI * random.uniform()];
  const untilPass = 1 / (PASSES_PER_TURN * speed);
  const firstPass = untilPass * random.uniform();
  return Float64Array.from({ length: SAMPLES }, (_, i) => {
    const time = i / SAMPLES_PER_SECOND;
    const turn = 2 * Math.PI * speed * time;
    const sincePass = (time + firstPass) % untilPass;
    const ring = Math.exp(-sincePass / RINGING_SECONDS) * Math.sin(2 * Math.PI * RINGING_HZ * sincePass);
    return (
      once * Math.sin(turn + phase1) + twice * Math.sin(2 * turn + phase2) + ringing * ring + 0.3 * random.normal()
    );
  });
}

function rootMeanSquare(signal: Float64Array): number {
  return Math.sqrt(meanOf(signal, (value) => value ** 2));
}

function peak(signal: Float64Array): number {
  return signal.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** 3 for noise, 1.5 for a pure tone, more for what knocks. */
function kurtosis(signal: Float64Array): number {
  return meanOf(signal, (value) => value ** 4) / meanOf(signal, (value) => value ** 2) ** 2;
}

/** Of the tone of that frequency. */
function amplitudeAt(signal: Float64Array, hertz: number): number {
  let [cosine, sine] = [0, 0];
  signal.forEach((value, i) => {
    const angle = (2 * Math.PI * hertz * i) / SAMPLES_PER_SECOND;
    cosine += value * Math.cos(angle);
    sine += value * Math.sin(angle);
  });
  return (2 * Math.hypot(cosine, sine)) / signal.length;
}

/** Second differences: what is left of a signal without its slow tones. */
function roughness(signal: Float64Array): Float64Array {
  return signal.slice(2).map((value, i) => value - 2 * (signal[i + 1] ?? 0) + (signal[i] ?? 0));
}

function meanOf(signal: Float64Array, of: (value: number) => number): number {
  return signal.reduce((sum, value) => sum + of(value), 0) / signal.length;
}

function between([least, most]: readonly [number, number], random: Random): number {
  return least + (most - least) * random.uniform();
}

function drawIndex(shares: readonly number[], random: Random): number {
  let left = random.uniform();
  return Math.max(
    0,
    shares.findIndex((share) => (left -= share) < 0),
  );
}

function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
