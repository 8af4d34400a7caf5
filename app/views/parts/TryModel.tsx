/** A model tried: a row is drawn or filled in, and what the model says of it is shown. TensorFlow.js comes only now. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { dataShape } from "../../../trainer/learning/datasets/dataSchema.ts";
import { printable } from "../../../trainer/observe/printable.ts";
import { lastAsked } from "../../model/lastAsked.ts";
import { MOST_COLUMNS } from "../../model/patientRow.ts";
import type { Runnable } from "../../model/tryModel.ts";
import type { VerifiedModel } from "../../model/verifiedModel.ts";
import { number, words } from "../../words/words.ts";
import { errorText } from "../../words/errorText.ts";
import { ImageInput } from "./ImageInput.tsx";
import { RowInput } from "./RowInput.tsx";

export function TryModel({ model }: { readonly model: VerifiedModel }) {
  const [isTried, setTried] = useState(false);
  const w = words.value.model;
  const { data } = model.manifest;
  const isTooWide = data.kind === "csv" && data.features.length > MOST_COLUMNS;
  return (
    <section class="card" aria-labelledby="try-title">
      <h2 id="try-title">{w.tryIt}</h2>
      {isTooWide ? (
        <p>{w.tooWide(number(data.features.length))}</p>
      ) : isTried ? (
        <Trial model={model} />
      ) : (
        <>
          <p>{w.tryLead}</p>
          <button class="primary" onClick={() => setTried(true)}>
            {w.tryIt}
          </button>
        </>
      )}
    </section>
  );
}

type Engine =
  | { readonly at: "starting" }
  | { readonly at: "ready"; readonly engine: Runnable }
  | { readonly at: "failed"; readonly error: string };

function Trial({ model }: { readonly model: VerifiedModel }) {
  const engine = useMemo(() => signal<Engine>({ at: "starting" }), [model]);
  const said = useMemo(() => signal<Float32Array | undefined>(undefined), [model]);
  const answer = useMemo(
    () =>
      lastAsked<Float32Array | undefined>(
        (result) => (said.value = result),
        (error) => (engine.value = { at: "failed", error: errorText(error) }),
      ),
    [engine, said],
  );
  useEffect(() => {
    let isOver = false;
    void import("../../model/tryModel.ts")
      .then(({ runnable }) => runnable(model))
      .then(
        (ready) => {
          if (isOver) ready.dispose();
          else engine.value = { at: "ready", engine: ready };
        },
        (error: unknown) => {
          engine.value = { at: "failed", error: errorText(error) };
        },
      );
    return () => {
      isOver = true;
      if (engine.value.at === "ready") engine.value.engine.dispose();
    };
  }, [model, engine]);
  const w = words.value.model;
  const now = engine.value;
  if (now.at === "starting") return <p class="loading">{w.starting}</p>;
  if (now.at === "failed") return <p role="alert">{w.cannotRun(now.error)}</p>;
  const show = (row: Float32Array | undefined) =>
    answer(row === undefined ? Promise.resolve(undefined) : now.engine.predict(row));
  const { data } = model.manifest;
  return (
    <div class="trial">
      {data.kind === "csv" ? <RowInput schema={data} onRow={show} /> : <ImageInput schema={data} onRow={show} />}
      <Said model={model} said={said.value} />
    </div>
  );
}

/** The likeliest classes are enough. */
const MOST_CLASSES = 10;
const MOST_NAME = 100;

function Said({ model, said }: { readonly model: VerifiedModel; readonly said: Float32Array | undefined }) {
  const w = words.value.model;
  const { data } = model.manifest;
  if (said === undefined) return <output class="said">{w.nothingYet}</output>;
  if (data.kind === "csv" && data.target !== undefined) {
    const { column, mean, std } = data.target;
    return (
      <output class="said">
        {printable(column, MOST_NAME)}: <strong>{number((said[0] ?? NaN) * std + mean)}</strong>
      </output>
    );
  }
  const { classes = [] } = dataShape(data);
  const ranked = [...said]
    .map((probability, at) => ({ probability, name: printable(classes[at] ?? String(at), MOST_NAME) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST_CLASSES);
  return (
    <output class="said">
      <p>
        {w.says} <strong>{ranked[0]?.name}</strong>
      </p>
      <ol class="plain chances">
        {ranked.map(({ name, probability }) => (
          <li key={name}>
            <span>{name}</span>
            <meter min={0} max={1} value={probability} aria-label={name} />
            <span class="amount">{number(100 * probability, 1)} %</span>
          </li>
        ))}
      </ol>
    </output>
  );
}
