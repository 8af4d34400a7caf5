/** The tasks of the wallet's account, each shown by a card, and a way to any other task. */
import type { ComponentChildren, FunctionComponent } from "preact";
import { useState } from "preact/hooks";
import { accountTasks } from "../../chain/accountTasks.ts";
import { head } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { openedTask } from "../../chain/openedTasks.ts";
import { linkTo } from "../../router.ts";
import { accountWords } from "../../words/account/words.ts";
import { words } from "../../words/words.ts";
import { useReading } from "./useReading.ts";

export interface CardProps {
  readonly read: Chain;
  readonly account: string;
  /** Of the task. */
  readonly address: string;
}

interface AccountTasksProps {
  readonly read: Chain;
  readonly account: string;
  /** A name of the table of views. */
  readonly view: string;
  /** A task's number or address, as the address of the page gives it. */
  readonly wanted: string | undefined;
  readonly none: string;
  readonly card: FunctionComponent<CardProps>;
  /** What stands above the cards and concerns all tasks. */
  readonly above?: (tasks: readonly string[]) => ComponentChildren;
}

const AT_ONCE = 20;

export function AccountTasks({ read, account, view, wanted, none, card: Card, above }: AccountTasksProps) {
  const w = accountWords.value;
  const tasks = useReading((signal) => accountTasks(read, account).look(head.value?.number ?? 0, signal));
  const asked = useReading(() => askedFor(read, wanted), [wanted]);
  const [most, setMost] = useState(AT_ONCE);
  if (tasks === undefined || asked === undefined) return <p class="loading">{words.value.page.loading}</p>;
  const shown = [...new Set([...(asked === "none" || asked === "unknown" ? [] : [asked]), ...tasks])];
  return (
    <>
      {above?.(shown)}
      {asked === "unknown" ? <p role="alert">{w.noSuchTask}</p> : null}
      {shown.length === 0 ? <p class="lead">{none}</p> : null}
      <div class="account-cards">
        {shown.slice(0, most).map((address) => (
          <Card key={address} read={read} account={account} address={address} />
        ))}
      </div>
      {shown.length > most ? <button onClick={() => setMost(most + AT_ONCE)}>{w.more}</button> : null}
      <Another view={view} />
    </>
  );
}

function Another({ view }: { readonly view: string }) {
  const w = accountWords.value;
  const [typed, setTyped] = useState("");
  return (
    <form
      class="another"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed !== "") location.hash = linkTo(view, typed);
      }}
    >
      <label>
        {w.another}{" "}
        <input
          name="task"
          inputMode="numeric"
          size={8}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value.trim())}
        />
      </label>
      <button>{w.show}</button>
    </form>
  );
}

async function askedFor(read: Chain, wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return "none";
  try {
    return (await openedTask(read, wanted)).address;
  } catch (error) {
    if (error instanceof Error && error.name === "UnknownTask") return "unknown";
    throw error;
  }
}
