/** The fields of a task file, with what is wrong beside each. */
import { valueAt, withValue } from "../../open/draft.ts";
import type { CheckedDraft, Draft } from "../../open/draft.ts";
import { GROUPS, valueOf } from "../../open/fields.ts";
import type { FieldPath, FormField, GroupName } from "../../open/fields.ts";
import { openWords } from "../../words/open/words.ts";

interface TaskFormProps {
  readonly draft: Draft;
  readonly faults: CheckedDraft["faults"];
  readonly onDraft: (draft: Draft) => void;
}

export function TaskForm({ draft, faults, onDraft }: TaskFormProps) {
  const w = openWords.value;
  const isMasked = draft["privacy"] === "masked";
  return (
    <form class="groups" noValidate onSubmit={(event) => event.preventDefault()}>
      {(Object.keys(GROUPS) as GroupName[]).map((group) => {
        const fields: readonly (FormField & { readonly path: FieldPath })[] = GROUPS[group];
        return (
          <fieldset key={group} class="card">
            <legend>{w.groups[group]}</legend>
            {fields
              .filter((field) => field.isMasked !== true || isMasked || faults.has(field.path))
              .map((field) => (
                <Field
                  key={field.path}
                  field={field}
                  value={valueAt(draft, field.path)}
                  faults={faults.get(field.path)}
                  onValue={(value) => onDraft(changed(draft, field.path, value))}
                />
              ))}
          </fieldset>
        );
      })}
    </form>
  );
}

/** A sealed task says nothing that only masked ones have. */
function changed(draft: Draft, path: string, value: unknown): Draft {
  const next = withValue(draft, path, value);
  if (path !== "privacy" || value === "masked") return next;
  const fields: readonly FormField[] = Object.values(GROUPS).flat();
  return fields
    .filter(({ isMasked }) => isMasked)
    .reduce((left, field) => withValue(left, field.path, undefined), next);
}

function Field(props: {
  readonly field: FormField & { readonly path: FieldPath };
  readonly value: unknown;
  readonly faults: readonly string[] | undefined;
  readonly onValue: (value: unknown) => void;
}) {
  const { field, value, faults, onValue } = props;
  const { path, kind, usual = "", isOptional = false } = field;
  const w = openWords.value;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : usual;
  return (
    <label class="field">
      <span>{w.fields[path]}</span>
      {typeof kind === "string" ? (
        <input
          name={path}
          value={text}
          inputMode={kind === "text" ? "text" : kind === "number" || kind === "tokens" ? "decimal" : "numeric"}
          placeholder={isOptional ? w.usual : ""}
          maxLength={200}
          autocomplete="off"
          aria-invalid={faults !== undefined}
          onInput={(event) => onValue(valueOf(kind, path, event.currentTarget.value))}
        />
      ) : (
        <select
          name={path}
          value={text}
          aria-invalid={faults !== undefined}
          onChange={(event) => onValue(event.currentTarget.value)}
        >
          {text === "" ? <option value="">{w.choose}</option> : null}
          {kind.map((option) => (
            <option key={option} value={option}>
              {w.options[option] ?? option}
            </option>
          ))}
        </select>
      )}
      {faults === undefined ? null : <small class="fault">{faults.join(" ").slice(0, 500)}</small>}
    </label>
  );
}
