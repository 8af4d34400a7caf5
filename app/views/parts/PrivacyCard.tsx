/** Who can read an update, and what differential privacy has cost so far, where the task asks for it. */
import { useMemo } from "preact/hooks";
import type { TaskState } from "../../../trainer/chain/taskState.ts";
import { privacySpent } from "../../../trainer/roles/privacySpent.ts";
import type { KnownManifest } from "../../chain/manifests.ts";
import { number, words } from "../../words/words.ts";

export function PrivacyCard(props: { readonly state: TaskState; readonly manifest: KnownManifest | undefined }) {
  const { state, manifest } = props;
  const { rules } = state;
  const w = words.value.task;
  return (
    <section class="card" aria-labelledby="privacy-title">
      <h2 id="privacy-title">{w.privacy}</h2>
      <p>
        <strong>{words.value.privacy[rules.privacy]}</strong>: {w.privacyMeanings[rules.privacy]}
        {rules.privacy === "masked" ? ` ${w.cohortsOf(number(rules.cohorts), number(rules.shareThreshold))}` : ""}
      </p>
      <Spent state={state} manifest={manifest} />
    </section>
  );
}

function Spent({ state, manifest }: { readonly state: TaskState; readonly manifest: KnownManifest | undefined }) {
  const w = words.value.task;
  const privacy = typeof manifest === "object" ? manifest.differentialPrivacy : undefined;
  const spent = useMemo(() => privacy && privacySpent(state, privacy), [state, privacy]);
  if (typeof manifest !== "object") return <p class="lead">{w.manifestUnread[manifest ?? "loading"]}</p>;
  if (spent === undefined) return <p class="lead">{w.noDifferentialPrivacy}</p>;
  const { epsilon, delta, rounds, maxEpsilon, maxRounds } = spent;
  // Never less than it is.
  const rounded = Math.ceil(100 * epsilon) / 100;
  return (
    <>
      <p>{w.spent(number(rounded, 2), String(delta), rounds)}</p>
      {maxEpsilon === undefined ? null : (
        <>
          <progress max={maxEpsilon} value={Math.min(epsilon, maxEpsilon)} aria-label={w.budgetOfPrivacy} />
          <p class="lead">{w.ceiling(number(maxEpsilon, 2), number(maxRounds ?? 0))}</p>
        </>
      )}
    </>
  );
}
