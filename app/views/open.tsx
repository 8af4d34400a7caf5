/** Opening a task: a task file as a form, what it comes to, and, when it is right and served, its escrow. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { ALL_PATHS } from "../open/fields.ts";
import { MAX_DRAFT_CHARACTERS, checkDraft, readDraft, writeDraft } from "../open/draft.ts";
import type { CheckedDraft, Draft } from "../open/draft.ts";
import { faultWords, loadFaultWords } from "../words/faults/words.ts";
import { openWords } from "../words/open/words.ts";
import { Escrow } from "./parts/Escrow.tsx";
import { TaskForm } from "./parts/TaskForm.tsx";
import { TaskPlan } from "./parts/TaskPlan.tsx";
import { TransactionDialog } from "./parts/TransactionDialog.tsx";
import "../style/open.css";

const EXAMPLE: Draft = { ...exampleTaskFile(PRESETS.mlp) };
/** Stays while one looks at other views: who has no gateway is sent to the settings. */
const draftInHand = signal(EXAMPLE);

export default function OpenView() {
  useEffect(loadFaultWords, []);
  const draft = draftInHand.value;
  const [text, setText] = useState<string>();
  const [isRefused, setRefused] = useState(false);
  const inWords = faultWords.value;
  const checked = useMemo(() => checkDraft(draft, inWords), [draft, inWords]);
  const w = openWords.value;

  function take(next: Draft): void {
    draftInHand.value = next;
    setText(undefined);
    setRefused(false);
  }

  async function takeFile(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const found = file.size > MAX_DRAFT_CHARACTERS ? undefined : readDraft(await file.text());
    if (found === undefined) setRefused(true);
    else take(found);
  }

  return (
    <div
      class="open-task"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void takeFile(event.dataTransfer?.files[0]);
      }}
    >
      <h1>{w.title}</h1>
      <p class="lead">{w.lead}</p>
      <TransactionDialog />
      <section class="card" aria-labelledby="start-title">
        <h2 id="start-title">{w.start}</h2>
        <div class="actions">
          <button onClick={() => take(EXAMPLE)}>{w.example}</button>
          <label class="file">
            {w.fromFile}{" "}
            <input
              type="file"
              accept=".json,application/json"
              onChange={(event) => void takeFile(event.currentTarget.files?.[0])}
            />
          </label>
          <small>{w.dropHint}</small>
        </div>
        {isRefused ? (
          <p class="fault" role="alert">
            {w.noFile}
          </p>
        ) : null}
      </section>
      <TaskForm draft={draft} faults={checked.faults} onDraft={take} />
      <section class="card">
        <details open={hasFaultsElsewhere(checked)}>
          <summary>{w.wholeFile}</summary>
          <Elsewhere checked={checked} />
          <textarea
            aria-label={w.wholeFileLabel}
            rows={18}
            spellcheck={false}
            maxLength={MAX_DRAFT_CHARACTERS}
            value={text ?? writeDraft(draft)}
            onInput={(event) => {
              const typed = event.currentTarget.value;
              const found = readDraft(typed);
              setText(typed);
              if (found !== undefined) draftInHand.value = found;
            }}
          />
          {text !== undefined && readDraft(text) === undefined ? <small class="fault">{w.notJson}</small> : null}
        </details>
      </section>
      <TaskPlan file={checked.file} faults={checked.faults.size} />
      <Escrow file={checked.file} text={writeDraft(draft)} />
    </div>
  );
}

/** What is wrong where the form has no field. */
function Elsewhere({ checked }: { readonly checked: CheckedDraft }) {
  const others = [...checked.faults].filter(([path]) => !ALL_PATHS.has(path));
  if (others.length === 0) return null;
  return (
    <ul class="fault" role="alert">
      {others.slice(0, 20).map(([path, messages]) => (
        <li key={path}>
          {path === "" ? openWords.value.elsewhere : <code>{path.slice(0, 100)}</code>}:{" "}
          {messages.join(" ").slice(0, 500)}
        </li>
      ))}
    </ul>
  );
}

function hasFaultsElsewhere({ faults }: CheckedDraft): boolean {
  return [...faults.keys()].some((path) => !ALL_PATHS.has(path));
}
