/** What every role has at hand: an account, keys, a store, and the task it takes part in. */
import type { Deployment } from "../chain/deployment.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import type { Sender } from "../chain/sender.ts";
import type { UpdateForm } from "../learning/compression/compression.ts";
import type { Log } from "../observe/log.ts";
import type { EncryptionKeyPair } from "../privacy/envelope.ts";
import type { ContentStore } from "../storage/contentStore.ts";

export interface Party {
  readonly deployment: Deployment;
  readonly opened: OpenedTask;
  readonly sender: Sender;
  readonly encryptionKey: EncryptionKeyPair;
  readonly store: ContentStore;
  /** How the task's updates are written, as its manifest says; plain lanes unless given. */
  readonly updateForm?: () => Promise<UpdateForm | undefined>;
  readonly log: Log;
  readonly signal: AbortSignal;
}
