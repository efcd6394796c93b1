// One run of a source: from its opening through its first bytes to its end, whatever ends it.

import { Fault, type FaultCode, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import { sleep, type Timer, type Timers } from "../../runtime/signal/timers.ts";
import type { ByteSource } from "./byte-source.ts";
import type { RateWatch } from "./rate-watch.ts";

/**
 * After this many bytes the source waits for a moment, so that one that floods leaves time for
 * the other devices. 256 MB/s are above what any sensor sends, and every socket and pipe holds back
 * whoever writes to it: nothing is dropped and nothing piles up here.
 */
const BYTES_PER_TURN_MAX = 262_144;
const PAUSE_MS = 1;

/** With the closing of a source it stays below the 2 s that a bus has. */
const OPEN_WAIT_MS = 700;

/** Takes bytes as they come and gives how many frames they completed. */
export interface Decoder {
  readonly partialBytes: number;
  take(bytes: Uint8Array, at: Mono): number;
}

export interface SourceRunOptions {
  /** For messages: `Device accelerometer (tcp 127.0.0.1:8503)`. */
  readonly place: string;
  readonly open: () => Promise<ByteSource>;
  readonly decoder: Decoder;
  /** Null where nobody said how fast the source is. */
  readonly rateWatch: RateWatch | null;
  /** Without a byte for this long the source counts as lost. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onFirstBytes: (at: Mono) => void;
  /** The run is over. Comes once, and not after `close`. */
  readonly onEnd: (fault: Fault) => void;
}

export class SourceRun {
  readonly #options: SourceRunOptions;
  #source: ByteSource | null = null;
  #opening: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #watch: Timer | null = null;
  #pause: Timer | null = null;
  #bytesInTurn = 0;
  #lastBytesAt: Mono = 0;
  #hasBytes = false;
  #isOver = false;

  constructor(options: SourceRunOptions) {
    this.#options = options;
  }

  start(): void {
    const { timers, clock, timeoutMs, open } = this.#options;
    this.#lastBytesAt = clock.mono();
    this.#watch = timers.after(timeoutMs, () => this.#checkSilence());
    this.#opening = open().then(
      (source) => this.#attach(source),
      (error) => this.#end(this.#faultOf(error)),
    );
  }

  /**
   * Like `close`, but does not wait for an opening that hangs, as on a file server that is gone:
   * what is opened after all is closed at once.
   */
  async leave(): Promise<void> {
    this.#finish();
    const { timers } = this.#options;
    const given = new AbortController();
    const opened = this.#opening?.then(() => given.abort());
    await Promise.race([opened, sleep(timers, OPEN_WAIT_MS, given.signal)]);
    if (this.#source !== null) await this.close();
  }

  /** Resolves when nothing of the source is left. Safe to call again. */
  async close(): Promise<void> {
    this.#finish();
    await this.#opening;
    this.#closing ??= this.#source?.close() ?? null;
    await this.#closing;
  }

  #attach(source: ByteSource): void {
    const { stream } = source;
    this.#source = source;
    // A stream that fails after its run must not take the process with it.
    stream.on("error", (error) => this.#end(this.#faultOf(error)));
    if (this.#isOver) {
      this.#closing ??= source.close();
      return;
    }
    stream.on("data", (bytes: Buffer) => this.#take(bytes));
    stream.once("end", () => void this.#ended(source));
    stream.once("close", () => {
      if (!stream.readableEnded && !stream.errored) {
        this.#end(this.#fault("BUS_CLOSED", "was closed", "It is opened again by itself."));
      }
    });
  }

  /** Hot path: once for each piece that arrives. */
  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    const { clock, decoder, rateWatch, timers } = this.#options;
    const at = clock.mono();
    this.#lastBytesAt = at;
    if (!this.#hasBytes) {
      this.#hasBytes = true;
      this.#options.onFirstBytes(at);
    }
    const frames = decoder.take(bytes, at);
    rateWatch?.took(frames, at);
    this.#bytesInTurn += bytes.length;
    if (this.#bytesInTurn < BYTES_PER_TURN_MAX) return;
    this.#bytesInTurn = 0;
    this.#source?.stream.pause();
    this.#pause = timers.after(PAUSE_MS, () => this.#source?.stream.resume());
  }

  async #ended(source: ByteSource): Promise<void> {
    this.#watch?.cancel();
    const reason = await source.reasonOfEnd();
    const { partialBytes } = this.#options.decoder;
    const partial =
      partialBytes === 0 ? "" : ` in the middle of a frame; ${partialBytes} bytes are no sample`;
    const remedy = this.#hasBytes
      ? "It is started again by itself; look at the other side where this comes back."
      : "See that the other side has something to send.";
    this.#end(this.#fault("SOURCE_ENDED", `ended${partial}: ${reason}`, remedy));
  }

  #checkSilence(): void {
    const { clock, timers, timeoutMs } = this.#options;
    const silentMs = clock.mono() - this.#lastBytesAt;
    if (silentMs < timeoutMs) {
      this.#watch = timers.after(timeoutMs - silentMs, () => this.#checkSilence());
      return;
    }
    this.#end(
      this.#fault(
        "BUS_TIMEOUT",
        `has sent nothing for ${timeoutMs} ms`,
        "See that the other side runs and sends; `timeout` sets how long it may be silent.",
      ),
    );
  }

  #end(fault: Fault): void {
    if (this.#isOver) return;
    this.#finish();
    this.#closing ??= this.#source?.close() ?? null;
    this.#options.onEnd(fault);
  }

  #finish(): void {
    this.#isOver = true;
    this.#watch?.cancel();
    this.#pause?.cancel();
  }

  #fault(code: FaultCode, what: string, remedy: string, cause?: unknown): Fault {
    return new Fault(code, `${this.#options.place} ${what}.`, remedy, { cause });
  }

  #faultOf(error: unknown): Fault {
    if (error instanceof Fault) {
      if (error.message.startsWith(this.#options.place)) return error;
      return new Fault(error.code, `${this.#options.place}: ${error.message}`, error.remedy, {
        cause: error,
      });
    }
    return this.#hasBytes
      ? this.#fault("BUS_CLOSED", `broke off: ${reasonOf(error)}`, "Look at the line.", error)
      : this.#fault(
          "BUS_UNREACHABLE",
          `cannot be reached: ${reasonOf(error)}`,
          "See that it is there, that its name is right and that this user may read it.",
          error,
        );
  }
}
