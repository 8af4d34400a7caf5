/** Files that somebody names on the command line: read whole, bounded, and with an error that says what was expected. */
import { open } from "node:fs/promises";
import type { z } from "zod";
import { asError } from "../protocol/asError.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** The file cannot be read, or does not hold what the command needs. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}

/** @throws UnusableFile if it cannot be read or is too long. */
export async function readInput(file: string, maxBytes = MAX_BYTES): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > maxBytes)
      throw new UnusableFile(`${file} has ${size} bytes, at most ${maxBytes} are read. Is it the right one?`);
    return await handle.readFile("utf8");
  } catch (error) {
    if (error instanceof UnusableFile) throw error;
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new UnusableFile(`${file} cannot be read (${code}). Check the path and its permissions.`, { cause: error });
  }
}

/** @throws UnusableFile if it is not JSON, saying where. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readInput(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableFile(`${file} is not JSON: ${asError(error).message}.`);
  }
}

/**
 * @param wanted Ends the sentence "FILE is no ...", and says how to get one.
 * @throws UnusableFile if it is not JSON of this form.
 */
export async function readJsonAs<T>(file: string, schema: z.ZodType<T>, wanted: string): Promise<T> {
  const result = schema.safeParse(await readJson(file));
  if (!result.success) throw new UnusableFile(`${file} is no ${wanted}`);
  return result.data;
}
