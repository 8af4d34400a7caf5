/**
 * Vectors of floats by name in one file, with a note: a line of JSON that says what follows and its digest, then the numbers
 * as they lie in memory. Written whole, so that a crash leaves the old ones or the new ones.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeWhole } from "./wholeFile.ts";

export interface VectorFile {
  readonly note: unknown;
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

/** The file is there but is not what was written. */
export class VectorFileDamaged extends Error {
  override readonly name = "VectorFileDamaged";
}

const headerSchema = z.strictObject({
  note: z.unknown(),
  lengths: z.array(z.tuple([z.string(), z.int().min(0)])).max(1_000),
  sha256: z.string(),
});

/** Returns when it is on disk. */
export async function writeVectors(file: string, { note, vectors }: VectorFile): Promise<void> {
  const body = Buffer.concat(Object.values(vectors).map(bytesOf));
  const lengths = Object.entries(vectors).map(([name, { length }]) => [name, length]);
  const header = `${JSON.stringify({ note, lengths, sha256: digestOf(body) })}\n`;
  await writeWhole(file, Buffer.concat([Buffer.from(header), body]));
}

/**
 * What was written; undefined if there is no such file.
 * @throws VectorFileDamaged
 */
export async function readVectors(file: string): Promise<VectorFile | undefined> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf("\n");
  const body = bytes.subarray(end + 1);
  const header = headerSchema.safeParse(parsed(bytes.subarray(0, Math.max(0, end)).toString("utf8")));
  if (!header.success || header.data.sha256 !== digestOf(body)) {
    throw new VectorFileDamaged(`${file} is damaged.`);
  }
  const vectors: Record<string, Float32Array> = {};
  let at = 0;
  for (const [name, length] of header.data.lengths) {
    vectors[name] = new Float32Array(Uint8Array.from(body.subarray(at, at + 4 * length)).buffer);
    at += 4 * length;
  }
  if (at !== body.length) throw new VectorFileDamaged(`${file} is damaged.`);
  return { note: header.data.note, vectors };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
