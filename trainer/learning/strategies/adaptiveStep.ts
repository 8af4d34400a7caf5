/**
 * The server steps FedYogi and FedAdagrad (Reddi et al. 2021, https://arxiv.org/abs/2003.00295, Algorithm 2) in real
 * numbers, for experiments: the protocol has integers for the other rules (protocol/serverStep.ts) and none for these yet.
 */

export interface AdaptiveRule {
  readonly rule: "FedYogi" | "FedAdagrad";
  readonly rate: number;
  readonly momentum: number;
  /** FedYogi. */
  readonly secondMomentum: number;
  readonly adaptivity: number;
}

/** Of equal length, in units of the model; both are zero at first. */
export interface Moments {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * What is added to the model, and the moments after it.
 * @param mean Of the updates, in units of the model.
 */
export function adaptiveStep(
  { rule, rate, momentum, secondMomentum, adaptivity }: AdaptiveRule,
  { first, second }: Moments,
  mean: Float64Array,
): { readonly step: Float64Array; readonly moments: Moments } {
  const nextFirst = first.map((m, i) => momentum * m + (1 - momentum) * mean[i]!);
  const nextSecond = second.map((v, i) => {
    const square = mean[i]! ** 2;
    return rule === "FedAdagrad" ? v + square : v - (1 - secondMomentum) * square * Math.sign(v - square);
  });
  const step = nextFirst.map((m, i) => (rate * m) / (Math.sqrt(nextSecond[i]!) + adaptivity));
  return { step, moments: { first: nextFirst, second: nextSecond } };
}
