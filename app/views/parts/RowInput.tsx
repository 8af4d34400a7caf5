/** One row of a table as a form, made of what the task's manifest says of its columns. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { CsvSchema } from "../../../trainer/learning/datasets/csvSchema.ts";
import { printable } from "../../../trainer/observe/printable.ts";
import { encodeRow, rowFields } from "../../model/patientRow.ts";
import type { RowField } from "../../model/patientRow.ts";
import { number, words } from "../../words/words.ts";

const MOST_NAME = 100;

export function RowInput(props: {
  readonly schema: CsvSchema;
  readonly onRow: (row: Float32Array | undefined) => void;
}) {
  const { schema, onRow } = props;
  const fields = useMemo(() => rowFields(schema), [schema]);
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(
    () => new Map(fields.map(({ name, first }) => [name, first])),
  );
  const encoded = useMemo(() => encodeRow(schema, texts), [schema, texts]);
  useEffect(() => onRow(encoded instanceof Float32Array ? encoded : undefined), [encoded]);
  const faults = encoded instanceof Float32Array ? undefined : encoded;
  return (
    <form class="row-input" noValidate onSubmit={(event) => event.preventDefault()}>
      <p>{words.value.model.rowHint}</p>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          text={texts.get(field.name) ?? ""}
          fault={faults?.get(field.name)}
          onText={(text) => setTexts(new Map(texts).set(field.name, text))}
        />
      ))}
    </form>
  );
}

function Field(props: {
  readonly field: RowField;
  readonly text: string;
  readonly fault: string | undefined;
  readonly onText: (text: string) => void;
}) {
  const { field, text, fault, onText } = props;
  const w = words.value.model;
  const usual = {
    ...{ name: field.name, value: text, maxLength: 60, autocomplete: "off", "aria-invalid": fault !== undefined },
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onText(event.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{printable(field.name, MOST_NAME)}</span>
      {field.kind === "choice" ? (
        <select name={field.name} value={text} onChange={(event) => onText(event.currentTarget.value)}>
          {field.values.map((value) => (
            <option key={value} value={value}>
              {printable(value, MOST_NAME)}
            </option>
          ))}
          {field.canMiss ? <option value="">{w.notKnown}</option> : null}
        </select>
      ) : field.kind === "date" ? (
        <input {...usual} type="date" />
      ) : (
        <input {...usual} type="text" inputmode="decimal" />
      )}
      {field.kind === "number" && field.usual !== undefined ? (
        <small>
          {w.usual(number(field.usual.from, 6), number(field.usual.to, 6))}
          {field.canMiss ? ` ${w.mayMiss}` : ""}
        </small>
      ) : null}
      {fault === undefined ? null : <small class="fault">{printable(fault, 300)}</small>}
    </label>
  );
}
