// What a stream server reads from: the journal and the process image in the meter, the meter's own
// stream in the gateway. One server serves both, so there is one way out, tested once.

import type { RecordFilter, RecordPage } from "../../runtime/journal/record.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Hello } from "./frames.ts";

export interface StreamSource {
  /** Everything of `hello` that is not the server's own. */
  facts(): Omit<Hello, "t" | "v" | "limits" | "rights">;
  /** The records after a position, at most `limit`; only such as are synced to disk. */
  page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage>;
  /** Resolves when the named consumer's cursor is on the disk. */
  acknowledge(consumer: string, seq: number): Promise<void>;
  /** Current values, in a fixed order. `updates` counts writes modulo 2^32. */
  readonly latest: {
    readonly names: readonly string[];
    updates(index: number): number;
    live(index: number): LiveValue;
  };
  /** The answer as JSON text. Rejects with an `Unanswerable` for what cannot be asked. */
  get(what: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * Does something that changes the machine's life, authorised by what it carries; the answer as
   * JSON text. The same key again is the same command again. Rejects as `get` does.
   */
  command(
    name: string,
    args: Readonly<Record<string, unknown>>,
    key: string | undefined,
  ): Promise<string>;
  /** Calls the listener after each commit; gives what ends that. */
  onCommitted(listener: () => void): () => void;
}

/** A request that is wrong or cannot be served; `code` is what the reader's program looks at. */
export class Unanswerable extends Error {
  readonly code: "unknown" | "bad-arguments" | "not-allowed" | "too-many" | "unavailable";

  constructor(code: Unanswerable["code"], message: string) {
    super(message);
    this.code = code;
  }
}
