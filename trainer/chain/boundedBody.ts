/** Bodies of HTTP answers, which may go on for ever: no more is held of them than their reader allows. */

/**
 * The pieces of a body as they come.
 * @throws what `tooLong` gives when they have more than `mostBytes` together; the rest is not read.
 */
export async function* boundedBody(
  { body }: Response,
  mostBytes: number,
  tooLong: () => Error,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader();
  let length = 0;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    const bytes = part.value as Uint8Array<ArrayBuffer>;
    length += bytes.length;
    if (length > mostBytes) {
      await reader?.cancel();
      throw tooLong();
    }
    yield bytes;
  }
}

/** A whole body as text, with the same bound. */
export async function boundedText(response: Response, mostBytes: number, tooLong: () => Error): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of boundedBody(response, mostBytes, tooLong)) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}
