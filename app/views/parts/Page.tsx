/** What surrounds every view: navigation, wallet, language and colours, and what is wrong with the connection. */
import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { chain, fault, head } from "../../chain/node.ts";
import { linkTo, place } from "../../router.ts";
import { queryOf } from "../../settings.ts";
import { asked, settings } from "../../settingsInUse.ts";
import { THEMES, theme } from "../../theme.ts";
import type { Theme } from "../../theme.ts";
import { VIEWS } from "../../views.ts";
import type { View, ViewProps } from "../../views.ts";
import { LANGUAGES, language, number, words } from "../../words/words.ts";
import type { Language } from "../../words/words.ts";
import { Notices } from "./Notices.tsx";
import { SettingsForm } from "./SettingsForm.tsx";
import { WalletButton } from "./WalletButton.tsx";

export function Page() {
  const main = useRef<HTMLElement>(null);
  const w = words.value;
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          // The hash is the view's address.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {w.page.skip}
      </a>
      <header class="bar">
        <a class="brand" href={linkTo("tasks")}>
          Foedus
        </a>
        <Navigation />
        <WalletButton />
      </header>
      <Notices />
      <main id="content" tabIndex={-1} ref={main}>
        <Content />
      </main>
      <Footer />
    </>
  );
}

function Navigation() {
  const { view } = place.value;
  const w = words.value;
  return (
    <nav aria-label={w.page.navigation}>
      {Object.entries(VIEWS).map(([name, { nav }]) =>
        nav === undefined ? null : (
          <a key={name} href={linkTo(name)} aria-current={name === view ? "page" : undefined}>
            {w.nav[nav]}
          </a>
        ),
      )}
    </nav>
  );
}

function Content() {
  const { view: name, parts } = place.value;
  const w = words.value;
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  if (view === undefined) {
    return (
      <section class="card">
        <p>{w.page.missing}</p>
        <a href={linkTo("tasks")}>{w.page.toTasks}</a>
      </section>
    );
  }
  if (asked.value !== undefined) return <SettingsForm key={queryOf(asked.value)} given={asked.value} ofLink />;
  if (view.offline !== true) {
    if (settings.value === undefined) return <SettingsForm />;
    if (fault.value !== undefined) return <Unreadable why={fault.value} />;
    if (chain.value === undefined) return <p class="loading">{w.page.connecting(hostOf(settings.value.rpc))}</p>;
  }
  return <Loaded key={name} view={view} parts={parts} />;
}

function Unreadable({ why }: { readonly why: string }) {
  const w = words.value;
  return (
    <section class="card" role="alert">
      <h1>{w.page.cannotRead}</h1>
      <p>{why}</p>
      <a class="button" href={linkTo("settings")}>
        {w.page.changeSettings}
      </a>
    </section>
  );
}

/** A view, once its file has come. */
function Loaded({ view, parts }: ViewProps & { readonly view: View }) {
  const [loaded, setLoaded] = useState<FunctionComponent<ViewProps> | "failed">();
  useEffect(() => {
    let isShown = true;
    view.load().then(
      (file) => {
        if (isShown) setLoaded(() => file.default);
      },
      (error: unknown) => {
        console.error(error);
        if (isShown) setLoaded("failed");
      },
    );
    return () => {
      isShown = false;
    };
  }, [view]);
  if (loaded === undefined) return <p class="loading">{words.value.page.loading}</p>;
  if (loaded === "failed") return <p role="alert">{words.value.page.failed}</p>;
  const Shown = loaded;
  return <Shown parts={parts} />;
}

function Footer() {
  const w = words.value;
  const [read, block] = [chain.value, head.value];
  return (
    <footer class="bar">
      <span class="reads">
        {read === undefined
          ? null
          : [
              w.page.reads(hostOf(read.settings.rpc)),
              w.page.chain(String(read.chainId)),
              ...(block === undefined ? [] : [w.page.block(number(block.number))]),
            ].join(" · ")}
      </span>
      <label>
        <span class="hidden">{w.page.theme}</span>
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {w.page.themes[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">{w.page.language}</span>
        <select value={language.value} onChange={(event) => (language.value = event.currentTarget.value as Language)}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </footer>
  );
}

/** What may be shown of a node's address: its path often holds a key. */
export function hostOf(rpc: string): string {
  return URL.canParse(rpc) ? new URL(rpc).host : rpc;
}
