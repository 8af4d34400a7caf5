// Reads exact lengths from a source that yields pieces of any length. It keeps at most what was asked for and the rest
// of the last piece.

/** A cursor over an async source of bytes. */
export class ByteReader {
  /** Bytes that can be taken without waiting. */
  available = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #pieces: Uint8Array[] = [];
  #ended = false;
  #waiting = false;

  constructor(source: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
    this.#source = source[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /**
   * Waits until `length` bytes are available or the source has ended; returns how many are. Rejects with the signal's
   * reason as soon as it aborts, even when the source does not listen to it.
   */
  async fill(length: number): Promise<number> {
    while (this.available < length && !this.#ended) {
      const next = await this.#next();
      if (next.done === true) {
        this.#ended = true;
      } else if (next.value.length > 0) {
        this.#pieces.push(next.value);
        this.available += next.value.length;
      }
    }
    return this.available;
  }

  /**
   * Takes the next `length` bytes; a view of a piece where possible, else a copy.
   *
   * @throws RangeError when fewer are available.
   */
  take(length: number): Uint8Array {
    if (length > this.available) throw new RangeError(`Only ${this.available} bytes are available, not ${length}.`);
    this.available -= length;
    const first = this.#pieces[0];
    if (first === undefined) return new Uint8Array(0);
    if (first.length > length) {
      this.#pieces[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    if (first.length === length) {
      this.#pieces.shift();
      return first;
    }
    const taken = new Uint8Array(length);
    let at = 0;
    let used = 0;
    while (at < length) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      if (part.length < piece.length) this.#pieces[used] = piece.subarray(part.length);
      else used++;
    }
    this.#pieces.splice(0, used);
    return taken;
  }

  /** Tells the source that no more will be read; does not wait for one that hangs. */
  async close(): Promise<void> {
    this.#pieces = [];
    this.available = 0;
    if (this.#ended) return;
    this.#ended = true;
    const returned = this.#source.return?.();
    // A generator answers only after the piece under way, which may never come.
    if (this.#waiting) returned?.catch(() => undefined);
    else await returned;
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    this.#waiting = true;
    const next = this.#source.next().finally(() => (this.#waiting = false));
    if (signal === undefined) return next;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error); // an Error unless its owner chose another
      signal.addEventListener("abort", abort, { once: true });
      next.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    });
  }
}

/** Bytes that are all there already, for whoever reads a stream. */
export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
