/** A task's model: fetched by this browser, checked against the chain, kept as a file, and tried. */
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { contentIdToString } from "../../trainer/storage/contentId.ts";
import { titleOf } from "../chain/manifests.ts";
import { chain } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { GatewayFailed } from "../model/gateway.ts";
import { fetchVerified, modelBytes, namedModel } from "../model/verifiedModel.ts";
import type { NamedModel, VerifiedModel } from "../model/verifiedModel.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { sizeText } from "../words/sizeText.ts";
import { number, words } from "../words/words.ts";
import { errorText } from "../words/errorText.ts";
import { FollowedTask } from "./parts/FollowedTask.tsx";
import { SaveFile } from "./parts/SaveFile.tsx";
import { TryModel } from "./parts/TryModel.tsx";

type Fetching =
  | { readonly at: "nothing" }
  | { readonly at: "coming"; readonly bytes: number; readonly stop: () => void }
  | { readonly at: "failed"; readonly error: unknown }
  | { readonly at: "here"; readonly model: VerifiedModel };

export default function ModelView({ parts: [task = "", round] }: ViewProps) {
  const read = chain.value;
  if (read === undefined) return null;
  const asked = round !== undefined && /^\d{1,7}$/.test(round) ? Number(round) : undefined;
  return (
    <FollowedTask key={`${read.address} ${task}`} read={read} task={task}>
      {(opened, state) => (
        <ModelOfRound key={asked ?? "newest"} read={read} opened={opened} state={state} round={asked} />
      )}
    </FollowedTask>
  );
}

function ModelOfRound(props: {
  readonly read: Chain;
  readonly opened: OpenedTask;
  readonly state: TaskState;
  readonly round: number | undefined;
}) {
  const { read, opened, state, round } = props;
  const w = words.value;
  /** What was begun with: a round that becomes final meanwhile takes nothing away. */
  const [begun, setBegun] = useState<NamedModel>();
  const named = begun ?? namedModel(state, round);
  const newest = state.model.round;
  return (
    <>
      <h1>{w.model.title(opened.id)}</h1>
      <p>
        <a href={linkTo("task", opened.id)}>{w.model.toTask(opened.id)}</a>
      </p>
      {named === undefined ? (
        <p role="alert">{w.model.noSuchRound}</p>
      ) : (
        <Model key={named.root} read={read} opened={opened} named={named} onBegin={() => setBegun(named)}>
          {named.round === newest ? null : (
            <p role="status">
              {begun !== undefined && round === undefined ? (
                <>
                  {w.model.newer(number(newest))}{" "}
                  <button onClick={() => setBegun(undefined)}>{w.model.toNewest}</button>
                </>
              ) : (
                <>
                  {w.model.older} <a href={linkTo("model", opened.id)}>{w.model.toNewest}</a>
                </>
              )}
            </p>
          )}
        </Model>
      )}
    </>
  );
}

function Model(props: {
  readonly read: Chain;
  readonly opened: OpenedTask;
  readonly named: NamedModel;
  /** Told when its bytes are asked for. */
  readonly onBegin: () => void;
  /** What there is to know about which one it is. */
  readonly children: ComponentChildren;
}) {
  const { read, opened, named, onBegin, children } = props;
  const fetching = useMemo(() => signal<Fetching>({ at: "nothing" }), [named.root]);
  useEffect(
    () => () => {
      if (fetching.value.at === "coming") fetching.value.stop();
    },
    [fetching],
  );
  const w = words.value.model;
  const { gateway } = read.settings;
  const now = fetching.value;
  return (
    <>
      <section class="card" aria-labelledby="named-title">
        <h2 id="named-title">{named.round === 0 ? w.first : w.ofRound(number(named.round))}</h2>
        {children}
        <dl class="facts">
          <dt>{w.root}</dt>
          <dd>
            <code>{named.root}</code>
          </dd>
          <dt>{w.modelCid}</dt>
          <dd>
            <code>{contentIdToString(named.id)}</code>
          </dd>
          <dt>{w.manifestCid}</dt>
          <dd>
            <code>{contentIdToString(opened.genesis.manifestId)}</code>
          </dd>
        </dl>
        {gateway === undefined ? (
          <p>
            {w.noGateway} <a href={linkTo("settings")}>{w.toSettings}</a>
          </p>
        ) : (
          <Fetch gateway={gateway} opened={opened} named={named} fetching={fetching} onBegin={onBegin} />
        )}
      </section>
      {now.at === "here" ? (
        <>
          <Checked model={now.model} />
          <TryModel model={now.model} />
        </>
      ) : null}
    </>
  );
}

function Fetch(props: {
  readonly gateway: string;
  readonly opened: OpenedTask;
  readonly named: NamedModel;
  readonly fetching: Signal<Fetching>;
  readonly onBegin: () => void;
}) {
  const { gateway, opened, named, fetching, onBegin } = props;
  const w = words.value.model;
  const total = modelBytes(opened);
  const now = fetching.value;
  const begin = async () => {
    const own = new AbortController();
    const stop = () => own.abort();
    fetching.value = { at: "coming", bytes: 0, stop };
    onBegin();
    const progress = {
      signal: own.signal,
      onBytes: (bytes: number) => {
        if (!own.signal.aborted) fetching.value = { at: "coming", bytes, stop };
      },
    };
    try {
      fetching.value = { at: "here", model: await fetchVerified(gateway, opened, named, progress) };
    } catch (error) {
      fetching.value = own.signal.aborted ? { at: "nothing" } : { at: "failed", error };
    }
  };
  if (now.at === "here") return null;
  if (now.at === "coming") {
    return (
      <p class="actions" aria-busy="true">
        <label class="progress">
          <span>{w.coming(sizeText(now.bytes), sizeText(total))}</span>
          <progress max={total} value={now.bytes} />
        </label>
        <button onClick={now.stop}>{w.stop}</button>
      </p>
    );
  }
  return (
    <>
      <p>{w.fetchLead(URL.parse(gateway)?.host ?? gateway)}</p>
      {now.at === "failed" ? <Failure error={now.error} /> : null}
      <p class="actions">
        <button class="primary" onClick={() => void begin()}>
          {w.fetch(sizeText(total))}
        </button>
      </p>
    </>
  );
}

function Failure({ error }: { readonly error: unknown }) {
  const w = words.value.model;
  return (
    <p class="fault" role="alert">
      {error instanceof GatewayFailed ? w.gatewayFaults[error.fault] : w.refused} <small>{errorText(error)}</small>
    </p>
  );
}

function Checked({ model }: { readonly model: VerifiedModel }) {
  const { manifest, manifestBytes, weights, named } = model;
  const w = words.value.model;
  return (
    <section class="card" aria-labelledby="checked-title">
      <h2 id="checked-title">{w.checked}</h2>
      <p>{titleOf(manifest)}</p>
      <ul class="checks">
        <li>{w.blocksChecked}</li>
        <li>{w.manifestChecked(number(weights.length))}</li>
        <li>{w.rootChecked}</li>
      </ul>
      <p class="actions">
        <SaveFile name={`weights-round-${named.round}.f32`} bytes={new Uint8Array(weights.buffer)} isMain>
          {w.saveWeights(sizeText(weights.byteLength))}
        </SaveFile>
        <SaveFile name="manifest.json" bytes={manifestBytes}>
          {w.saveManifest}
        </SaveFile>
      </p>
      <p>
        <small>{w.weightsForm}</small>
      </p>
    </section>
  );
}
