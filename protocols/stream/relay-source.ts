// The gateway's source: the meter's own stream over the Unix socket. One bounded live tail, made
// into text once, serves all readers that keep up; who lags is served page by page from the meter.

import type {
  JournalRecord,
  RecordFilter,
  RecordGap,
  RecordPage,
} from "../../runtime/journal/record.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import { AskQueue } from "./ask-queue.ts";
import { RequestFailed, type StreamClient } from "./client.ts";
import type { Hello, SignalSummary } from "./frames.ts";
import { type StreamSource, Unanswerable } from "./source.ts";

/** Records of the live tail: some seconds of a busy machine, some minutes of a quiet one. */
const TAIL_RECORDS_MAX = 10_000;
/** The meter says itself what is stale, within this; the relay judges only when nothing comes. */
const STALE_GRACE_MS = 1_000;
/** Text after which a page ends; at 3 bytes a character the frame stays below its 1 MiB. */
const PAGE_TEXT_MAX = 256 * 1024;
/** Text of the live tail. In characters. */
const TAIL_TEXT_MAX = 4 * 1024 * 1024;

interface TailRecord {
  readonly seq: number;
  readonly kind: string;
  readonly signal: string | null;
  readonly text: string;
}

interface RelayedPage {
  readonly from: number;
  readonly to: number;
  readonly records: readonly JournalRecord[];
  readonly gap?: RecordGap;
}

export class RelaySource implements StreamSource {
  readonly #client: StreamClient;
  readonly #clock: Clock;
  readonly #hello: Hello;
  readonly #tail: TailRecord[] = [];
  #tailText = 0;
  /** Every position after this one, up to `newest`, is in the tail. */
  #tailAfter: number;
  #newest: number;
  readonly #acked: Record<string, number>;
  readonly #listeners = new Set<() => void>();
  readonly #names: readonly string[];
  readonly #staleMs: Float64Array;
  readonly #values: (LiveValue | null)[];
  readonly #receivedAt: Float64Array;
  readonly #updates: Uint32Array;
  /** 1 where the turn to stale of the present value was counted. */
  readonly #staleCounted: Uint8Array;
  readonly #asks = new AskQueue();
  /** The newest position of each consumer whose acknowledgement waits its turn. */
  readonly #acksWaiting = new Map<string, { seq: number; readonly done: Promise<void> }>();

  /** Made anew for each connection to the meter: `hello` and the signals are that connection's. */
  constructor(client: StreamClient, clock: Clock, hello: Hello, signals: readonly SignalSummary[]) {
    this.#client = client;
    this.#clock = clock;
    this.#hello = hello;
    this.#newest = hello.newest;
    this.#tailAfter = hello.newest;
    this.#acked = { ...hello.acked };
    this.#names = signals.map((signal) => signal.name);
    this.#staleMs = Float64Array.from(signals, (signal) => signal.staleMs);
    this.#values = signals.map(() => null);
    this.#receivedAt = new Float64Array(signals.length);
    this.#updates = new Uint32Array(signals.length);
    this.#staleCounted = new Uint8Array(signals.length);
  }

  readonly latest = {
    names: [] as readonly string[],
    updates: (index: number) => {
      this.#countStale(index);
      return this.#updates[index]!;
    },
    live: (index: number) => this.#aged(index),
  };

  /** Begins to follow the meter. */
  open(): void {
    this.latest.names = this.#names;
    const { epoch } = this.#hello;
    this.#client.readLog("tail", {
      from: { epoch, seq: this.#newest },
      onRecords: (records, { to }) => this.#append(records, to),
      onGap: (gap) => this.#restartTail(gap.to),
    });
    this.#client.readLatest("values", {
      maxRate: 20,
      onLatest: (values) => this.#take(values),
    });
  }

  /**
   * Ends following; what the old connection's subscriptions bring must not reach the next relay.
   */
  close(): void {
    this.#client.stop("tail");
    this.#client.stop("values");
    this.#asks.close();
  }

  facts(): ReturnType<StreamSource["facts"]> {
    const { controller, machine, epoch, boot, oldest } = this.#hello;
    const time = this.#clock.instantAt(this.#clock.mono());
    return {
      controller,
      machine,
      epoch,
      boot,
      oldest,
      newest: this.#newest,
      acked: this.#acked,
      time,
    };
  }

  async page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage> {
    if (position >= this.#tailAfter) return this.#pageOfTail(position, limit, filter);
    const page = (await this.#asks.ask("page", () =>
      this.#ask("records", { position, limit, filter }),
    )) as RelayedPage;
    return { ...page, records: page.records.map((record) => JSON.stringify(record)) };
  }

  acknowledge(consumer: string, seq: number): Promise<void> {
    const waiting = this.#acksWaiting.get(consumer);
    if (waiting) {
      waiting.seq = Math.max(waiting.seq, seq);
      return waiting.done;
    }
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    const newest = { seq, done };
    this.#acksWaiting.set(consumer, newest);
    this.#asks
      .ask("acknowledgement", async () => {
        this.#acksWaiting.delete(consumer);
        const upTo = newest.seq;
        await this.#ask("acknowledge", { consumer, seq: upTo });
        this.#acked[consumer] = Math.max(this.#acked[consumer] ?? 0, upTo);
      })
      .finally(() => {
        if (this.#acksWaiting.get(consumer) === newest) this.#acksWaiting.delete(consumer);
      })
      .then(() => resolve(), reject);
    return done;
  }

  async get(what: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    // The relay's own requests; a reader acknowledges through its subscription.
    if (what === "acknowledge") throw new Unanswerable("unknown", `there is no "${what}"`);
    return JSON.stringify(await this.#asks.ask("request", () => this.#ask(what, args)));
  }

  /** Passed on as it is: the meter judges. */
  async command(
    name: string,
    args: Readonly<Record<string, unknown>>,
    key: string | undefined,
  ): Promise<string> {
    const send = () => passed(this.#client.command(name, args, key));
    return JSON.stringify(await this.#asks.ask("command", send));
  }

  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #ask(what: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    return passed(this.#client.get(what, args));
  }

  #append(records: readonly JournalRecord[], to: number): void {
    for (const record of records) {
      const text = JSON.stringify(record);
      const signal = record.kind === "sample" ? record.signal : null;
      this.#tail.push({ seq: record.seq, kind: record.kind, signal, text });
      this.#tailText += text.length;
    }
    if (this.#tail.length > TAIL_RECORDS_MAX || this.#tailText > TAIL_TEXT_MAX) this.#trimTail();
    this.#newest = to;
    for (const listener of this.#listeners) listener();
  }

  /** Drops the older half at once: shifting single records would copy the tail for each. */
  #trimTail(): void {
    const dropped = this.#tail.splice(0, Math.ceil(this.#tail.length / 2));
    for (const { text } of dropped) this.#tailText -= text.length;
    this.#tailAfter = dropped.at(-1)!.seq;
  }

  #restartTail(after: number): void {
    this.#tail.length = 0;
    this.#tailText = 0;
    this.#tailAfter = after;
    this.#newest = after;
  }

  #pageOfTail(position: number, limit: number, filter: RecordFilter): RecordPage {
    const records: string[] = [];
    let textLength = 0;
    const from = position + 1;
    // Positions have no holes within the tail, so a position is an index.
    const first = this.#tail[0]?.seq ?? this.#newest + 1;
    for (let index = from - first; index < this.#tail.length; index++) {
      const record = this.#tail[index]!;
      if (!passes(record, filter)) continue;
      records.push(record.text);
      textLength += record.text.length;
      if (records.length === limit || textLength > PAGE_TEXT_MAX)
        return { from, to: record.seq, records };
    }
    return { from, to: Math.max(position, this.#newest), records };
  }

  #take(values: Readonly<Record<string, LiveValue>>): void {
    const now = this.#clock.mono();
    this.#names.forEach((name, index) => {
      const value = values[name];
      if (!value) return;
      this.#values[index] = value;
      this.#receivedAt[index] = now;
      this.#updates[index]!++;
      this.#staleCounted[index] = 0;
    });
  }

  /** Growing stale is a change, too, though nobody writes the row. */
  #countStale(index: number): void {
    if (this.#staleCounted[index] === 1 || !this.#isStale(index)) return;
    this.#staleCounted[index] = 1;
    this.#updates[index]!++;
  }

  /** Ages go on while the value waits here; a meter that hangs must not keep a value alive. */
  #aged(index: number): LiveValue {
    const value = this.#values[index];
    if (!value) return { value: null, quality: "bad", reason: "not-connected", age: null };
    const waited = this.#clock.mono() - this.#receivedAt[index]!;
    const age = value.age === null ? null : value.age + waited;
    if (this.#isStale(index)) {
      const last = { value: value.value!, age: age! };
      return { value: null, quality: "bad", reason: "stale", age, last };
    }
    const last = value.last && { ...value.last, age: value.last.age + waited };
    return { ...value, age, ...(last ? { last } : {}) };
  }

  /** Whether a value that came alive has been waiting here for too long. */
  #isStale(index: number): boolean {
    const value = this.#values[index];
    if (!value || value.value === null || value.age === null) return false;
    const waited = this.#clock.mono() - this.#receivedAt[index]!;
    return value.age + waited > this.#staleMs[index]! + STALE_GRACE_MS;
  }
}

/** What the meter refused is refused here in the same words. */
async function passed(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    throw new Unanswerable(error.code as Unanswerable["code"], error.message);
  }
}

function passes(record: TailRecord, { kinds, signals }: RecordFilter): boolean {
  if (kinds && !kinds.includes(record.kind)) return false;
  return !signals || (record.signal !== null && signals.includes(record.signal));
}
