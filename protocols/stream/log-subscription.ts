// One complete, acknowledged reading of the journal. It pulls pages at the reader's pace and holds
// none: what the window or the socket does not admit stays on the disk.

import type { Cursor, RecordFilter } from "../../runtime/journal/record.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { AckWriter } from "./ack-writer.ts";
import { LIMITS } from "./frames.ts";
import { type StreamSource, Unanswerable } from "./source.ts";

/** A page that was refused because too many want one is asked for again. */
const PAGE_RETRY_MS = 250;

/** The connection as a subscription sees it. */
export interface FrameSink {
  send(frame: object): void;
  sendText(text: string): void;
  /** True while too much waits in the socket. */
  readonly congested: boolean;
  fail(error: unknown): void;
}

export interface LogRequest {
  readonly sub: string;
  readonly from?: Cursor | "oldest" | "newest" | undefined;
  readonly consumer?: string | undefined;
  readonly filter: RecordFilter;
  readonly window: number;
}

export class LogSubscription {
  readonly request: LogRequest;
  readonly #source: StreamSource;
  readonly #sink: FrameSink;
  readonly #timers: Timers;
  readonly #acks: AckWriter | null;
  #retry: Timer | null = null;
  #position: number;
  #live = false;
  #pumping = false;
  #again = false;
  #closed = false;
  /**
   * Frames that were sent and not acknowledged, oldest first: last position and records of each.
   */
  readonly #outstanding: { readonly to: number; readonly count: number }[] = [];
  #outstandingRecords = 0;

  constructor(request: LogRequest, source: StreamSource, sink: FrameSink, timers: Timers) {
    this.request = request;
    this.#source = source;
    this.#sink = sink;
    this.#timers = timers;
    const { consumer } = request;
    this.#acks =
      consumer === undefined
        ? null
        : new AckWriter(consumer, source, timers, (error) => sink.fail(error));
    this.#position = this.#startPosition();
  }

  /**
   * Sends what the window and the socket admit. Call after a commit, an ack or a drained socket.
   */
  pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    this.#run().catch((error: unknown) => this.#failed(error));
  }

  /** The reader has everything up to `seq`. */
  acknowledge(seq: number): void {
    const upTo = Math.min(seq, this.#position);
    while (this.#outstanding.length > 0 && this.#outstanding[0]!.to <= upTo) {
      this.#outstandingRecords -= this.#outstanding.shift()!.count;
    }
    this.#acks?.acknowledge(upTo);
    this.pump();
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#acks?.close();
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    if (!(error instanceof Unanswerable && error.code === "too-many")) {
      this.#sink.fail(error);
      return;
    }
    this.#retry?.cancel();
    this.#retry = this.#timers.after(PAGE_RETRY_MS, () => this.pump());
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && !this.#sink.congested && (await this.#sendPage())) {
          // Each page may be followed by another.
        }
      }
    } finally {
      // In the same turn as the last look at `#again`: a call in between would wake nobody.
      this.#pumping = false;
    }
  }

  /** True where something was sent and more may follow. */
  async #sendPage(): Promise<boolean> {
    const { sub, filter, window } = this.request;
    const room = Math.min(window - this.#outstandingRecords, LIMITS.batchRecordsMax);
    if (room <= 0) return false;
    const page = await this.#source.page(this.#position, room, filter);
    if (this.#closed) return false;
    if (page.gap) {
      this.#sink.send({ t: "gap", sub, ...page.gap });
      this.#advance(page.gap.to, 0);
      return true;
    }
    if (page.to <= this.#position) {
      if (!this.#live) this.#sink.send({ t: "live", sub, seq: this.#position });
      this.#live = true;
      return false;
    }
    this.#sink.sendText(
      `{"t":"records","sub":${JSON.stringify(sub)},"from":${page.from},"to":${page.to},` +
        `"late":${!this.#live},"records":[${page.records.join(",")}]}`,
    );
    this.#advance(page.to, page.records.length);
    return true;
  }

  #advance(to: number, count: number): void {
    this.#position = to;
    if (count === 0) return;
    this.#outstanding.push({ to, count });
    this.#outstandingRecords += count;
  }

  #startPosition(): number {
    const { sub, from, consumer } = this.request;
    const { epoch, oldest, newest, acked } = this.#source.facts();
    if (from === "newest") return newest;
    if (from === "oldest") return oldest - 1;
    if (from === undefined) return (consumer ? acked[consumer] : undefined) ?? 0;
    if (from.epoch === epoch && from.seq <= newest) return from.seq;
    this.#sink.send({ t: "reset", sub, old: from.epoch, epoch, oldest });
    return oldest - 1;
  }
}
