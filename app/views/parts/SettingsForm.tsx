/** Where the page shall read, as a form. */
import { useState } from "preact/hooks";
import { linkTo } from "../../router.ts";
import { faultsOf, usable } from "../../settings.ts";
import type { Settings } from "../../settings.ts";
import { asked, useSettings } from "../../settingsInUse.ts";
import { words } from "../../words/words.ts";

const FIELDS = ["rpc", "foedus", "gateway", "report"] as const;
type Field = (typeof FIELDS)[number];
const EXAMPLES: Readonly<Record<Field, string>> = {
  rpc: "http://127.0.0.1:8545",
  foedus: "0x…",
  gateway: "http://127.0.0.1:8080",
  report: "https://…/report.json",
};

export function SettingsForm({ given, ofLink = false }: { readonly given?: Settings; readonly ofLink?: boolean }) {
  const [typed, setTyped] = useState<Readonly<Record<Field, string>>>({
    ...{ rpc: "", foedus: "", gateway: "", report: "", ...given },
  });
  const [isChecked, setChecked] = useState(false);
  const w = words.value.settings;
  const { gateway, report, ...needed } = typed;
  const faults = faultsOf({ ...needed, ...(gateway && { gateway }), ...(report && { report }) });
  const use = () => {
    setChecked(true);
    const chosen = usable(typed);
    if (chosen === undefined) return;
    useSettings(chosen);
    if (!ofLink) location.hash = linkTo("tasks");
  };
  return (
    <form
      class="card"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        use();
      }}
    >
      <h1>{w.title}</h1>
      <p>{ofLink ? w.ofLink : w.lead}</p>
      {FIELDS.map((field) => {
        const complaint = isChecked ? faults[field] : undefined;
        const hint = field === "gateway" ? w.gatewayHint : field === "report" ? w.reportHint : undefined;
        return (
          <label key={field} class="field">
            <span>{w[field]}</span>
            <input
              name={field}
              value={typed[field]}
              placeholder={EXAMPLES[field]}
              spellcheck={false}
              autocomplete="off"
              aria-invalid={complaint !== undefined}
              onInput={(event) => setTyped({ ...typed, [field]: event.currentTarget.value.trim() })}
            />
            {hint === undefined ? null : <small>{hint}</small>}
            {complaint === undefined ? null : <small class="fault">{w.faults[complaint]}</small>}
          </label>
        );
      })}
      <p class="actions">
        <button class="primary">{w.use}</button>
        {ofLink ? (
          <button type="button" onClick={() => (asked.value = undefined)}>
            {w.keep}
          </button>
        ) : null}
      </p>
    </form>
  );
}
