/** Where this page reads: which node, which Foedus, and where content of IPFS may be had. Given by a link or a form. */
import { getAddress, isAddress } from "ethers";
import { remember, remembered } from "./remembered.ts";

export interface Settings {
  /** Address of a node's JSON-RPC. */
  readonly rpc: string;
  /** Address of Foedus. */
  readonly foedus: string;
  /** A gateway to IPFS; what it gives is checked against its CID, so it need not be trusted. */
  readonly gateway?: string;
  /** Where a report with scores lies. */
  readonly report?: string;
}

/** Why a field cannot be used. */
export type SettingsFault = "no address" | "unencrypted";

const MAX_LENGTH = 500;
const KEY = "settings";

/** A usable URL, or why it is none. Unencrypted ones may lead to this machine only. */
export function checkUrl(text: string): URL | SettingsFault {
  const url = text.length <= MAX_LENGTH && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:") return url;
  if (url?.protocol !== "http:") return "no address";
  return isLoopback(url) ? url : "unencrypted";
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost";
}

/** Fields that are wrong, each with its fault; none if the settings can be used. */
export function faultsOf(given: Settings): Partial<Record<keyof Settings, SettingsFault>> {
  const faults: Partial<Record<keyof Settings, SettingsFault>> = {};
  for (const field of ["rpc", "gateway", "report"] as const) {
    const value = given[field];
    const checked = value === undefined ? undefined : checkUrl(value);
    if (typeof checked === "string") faults[field] = checked;
  }
  if (!isAddress(given.foedus)) faults.foedus = "no address";
  return faults;
}

/** Whether all that these settings read is this machine's own. */
export function isOwnMachine({ rpc, gateway, report }: Settings): boolean {
  return [rpc, gateway, report].every((url) => url === undefined || isLoopback(new URL(url)));
}

/** What a link's query says, if it can be used. */
export function settingsOfLink(query: URLSearchParams): Settings | undefined {
  const { rpc, foedus, ...more } = Object.fromEntries(query);
  return usable({ ...more, rpc, foedus });
}

export function rememberedSettings(): Settings | undefined {
  return usable(remembered(KEY));
}

export function rememberSettings(settings: Settings): void {
  remember(KEY, settings);
}

/** The query of a link that gives these settings. */
export function queryOf({ rpc, foedus, gateway, report }: Settings): string {
  const given = { rpc, foedus, ...(gateway && { gateway }), ...(report && { report }) };
  return new URLSearchParams(given).toString();
}

export function isSame(a: Settings | undefined, b: Settings | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && queryOf(a) === queryOf(b));
}

/** What comes from a link or storage, cut to what is known and checked. */
export function usable(value: unknown): Settings | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { rpc, foedus, gateway, report } = value as Record<string, unknown>;
  if (typeof rpc !== "string" || typeof foedus !== "string") return undefined;
  const settings = {
    ...{ rpc, foedus },
    ...(typeof gateway === "string" && gateway !== "" ? { gateway } : {}),
    ...(typeof report === "string" && report !== "" ? { report } : {}),
  };
  if (Object.keys(faultsOf(settings)).length > 0) return undefined;
  return { ...settings, foedus: getAddress(foedus) };
}
