// Takes secrets out of what is about to be logged, however deep they sit, and makes the rest fit to print.
// Two nets: a field whose name says secret loses its value, and text that says `password=...` or carries
// credentials in a URL loses that part. Bytes are never printed and objects of a class only by their own text, so a
// key or a wallet logged under an innocent name does not show either.

export const REDACTED = "[redacted]";

/** Names that mean a secret, compared without case, `_` and `-`. A salt is one until it is revealed. */
const SECRET_NAME =
  /privatekey|privkey|secret|passw|passphrase|mnemonic|seedphrase|recoveryphrase|contentkey|signingkey|encryptionkey|decryptionkey|symmetrickey|sharedkey|salt|(mask|edge|pair|self|round)seed|keyseed|apikey|accesskey|authorization|cookie|credential|keystorejson/;
const SECRET_EXACTLY = new Set(["sk", "jwk", "key", "prk", "ikm", "auth", "bearer"]);

/** `name=value` and `"name": "value"`; the value ends at a space, unless it is quoted. */
const SECRET_IN_TEXT =
  /\b((?:private|content|signing|secret|api|access)[ _-]?key|priv[ _-]?key|secret|password|passwd|passphrase|salt|authorization)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s,;&}"']+)/gi;
/** A recovery phrase is many words: all that follow. */
const PHRASE_IN_TEXT = /\b(mnemonic|(?:seed|recovery)[ _-]?phrase)(["']?\s*[:=]\s*)["']?[a-z]+(?:\s+[a-z]+)*["']?/gi;
/** user:password@ of a URL. */
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
/** Keys that providers put in the path: https://host/v2/KEY, https://host/v3/KEY. */
const URL_PATH_KEY = /(\/v[1-9]\/)[A-Za-z0-9_-]{16,}/g;
const URL_QUERY_KEY = /([?&](?:[a-z_-]*key|token|auth|secret|password)=)[^\s&#"']+/gi;

const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 8000;

/** Whether a field of this name is a secret. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[_\-\s]/g, "");
  return SECRET_EXACTLY.has(plain) || SECRET_NAME.test(plain);
}

/** Text without the secrets that it names, cut to a length that is fit to log. */
export function redactText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return cut
    .replace(SECRET_IN_TEXT, `$1$2${REDACTED}`)
    .replace(PHRASE_IN_TEXT, `$1$2${REDACTED}`)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(URL_PATH_KEY, `$1${REDACTED}`)
    .replace(URL_QUERY_KEY, `$1${REDACTED}`);
}

/** A copy of any value that holds no secret and that JSON can write: bounded in depth, items and text. */
export function redact(value: unknown): unknown {
  return redactAt(value, 0, new Set());
}

function redactAt(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (above.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deeper]";
  above.add(value);
  try {
    if (Array.isArray(value)) return redactItems(value, depth, above);
    if (value instanceof Error) return redactError(value, depth, above);
    if (isPlain(value)) {
      const fields = Object.entries(value);
      // What JSON makes of a Uint8Array: {"0": 17, "1": 4...}
      const isBytes = fields.length > 0 && fields.every(([name], index) => name === String(index));
      return isBytes ? `[${fields.length} bytes]` : redactFields(fields, depth, above);
    }
    return describe(value);
  } finally {
    above.delete(value);
  }
}

function redactItems(items: readonly unknown[], depth: number, above: Set<object>): unknown[] {
  const kept = items.slice(0, MAX_ITEMS).map((item) => redactAt(item, depth + 1, above));
  return items.length > MAX_ITEMS ? [...kept, `[${items.length - MAX_ITEMS} more]`] : kept;
}

function redactFields(fields: [string, unknown][], depth: number, above: Set<object>): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .slice(0, MAX_ITEMS)
      .map(([name, field]) => [name, isSecretName(name) ? REDACTED : redactAt(field, depth + 1, above)]),
  );
}

/** An error by its name, message, stack and cause, and the fields it carries (ethers: code, reason, transaction). */
function redactError(error: Error, depth: number, above: Set<object>): Record<string, unknown> {
  const fields: [string, unknown][] = [
    ["name", error.name],
    ["message", error.message],
    ["stack", error.stack],
    ...Object.entries(error).filter(([name]) => !["name", "message", "stack", "cause"].includes(name)),
  ];
  if (error.cause !== undefined) fields.push(["cause", error.cause]);
  return redactFields(
    fields.filter(([, field]) => field !== undefined),
    depth,
    above,
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An object of a class: what it says of itself (a CID, a multiaddress, a date), or only the name of its class. */
function describe(value: object): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  const text = "toString" in value ? String(value) : "[object]";
  return text.startsWith("[object") ? `[${className(value)}]` : redactText(text);
}

function className(value: object): string {
  const maker: unknown = value.constructor;
  return typeof maker === "function" ? maker.name : "object";
}
