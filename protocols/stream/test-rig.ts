// For tests: a source in memory, a server on loopback that reads from it, and a reader that shows
// every frame as it came. Time is the fake clock's, the sockets are real.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Socket,
} from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import type { RecordFilter, RecordGap, RecordPage } from "../../runtime/journal/record.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { type ControllerFrame, STREAM_PATH, SUBPROTOCOL } from "./frames.ts";
import { type Admission, StreamServer } from "./server.ts";
import { type StreamSource, Unanswerable } from "./source.ts";

const TURNS_MAX = 200_000;
/** As the journal does: a frame has at most 1 MiB. */
const PAGE_TEXT = 256 * 1024;

interface StoredRecord {
  readonly seq: number;
  readonly kind: string;
  readonly signal: string | null;
  readonly text: string;
}

/** A journal and a process image in memory. */
export class MemorySource implements StreamSource {
  readonly clock: FakeClock;
  epoch = "epoch-1";
  readonly records: StoredRecord[] = [];
  gap: RecordGap | null = null;
  readonly acked: Record<string, number> = {};
  readonly values: (LiveValue | null)[] = [null, null];
  readonly counts = [0, 0];
  /** Pages that were asked for. */
  pages = 0;
  /** While it is set, pages and answers fail with it. */
  failure: Error | null = null;
  /** How many acknowledgements were written. */
  ackWrites = 0;
  answer: (what: string, args: Readonly<Record<string, unknown>>) => unknown = (what) => {
    throw new Unanswerable("unknown", `there is no "${what}"`);
  };
  /** What was commanded, in order. */
  readonly commands: { name: string; args: object; key: string | undefined }[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get newest(): number {
    return this.records.at(-1)?.seq ?? this.gap?.to ?? 0;
  }

  readonly latest = {
    names: ["flow", "pressure"],
    updates: (index: number) => this.counts[index]!,
    live: (index: number): LiveValue =>
      this.values[index] ?? { value: null, quality: "bad", reason: "not-connected", age: null },
  };

  /** Every third record is an event; the others are samples of two signals in turn. */
  append(count: number, padding = ""): void {
    for (let made = 0; made < count; made++) {
      const seq = this.newest + 1;
      const kind = seq % 3 === 0 ? "device" : "sample";
      const signal = kind === "sample" ? this.latest.names[seq % 2]! : null;
      const text = JSON.stringify({ seq, kind, signal, value: seq, padding });
      this.records.push({ seq, kind, signal, text });
    }
    this.commit();
  }

  commit(): void {
    for (const listener of this.#listeners) listener();
  }

  write(index: number, value: number): void {
    this.values[index] = { value, quality: "good", age: 0 };
    this.counts[index]!++;
  }

  /** What was before and including `to` is gone. */
  forget(to: number, reason: RecordGap["reason"] = "quota"): void {
    const first = this.gap?.from ?? this.records[0]?.seq ?? 1;
    const kept = this.records.filter(({ seq }) => seq > to);
    this.gap = { from: first, to, reason, counts: { value: to - first + 1 } };
    this.records.splice(0, this.records.length, ...kept);
  }

  facts(): ReturnType<StreamSource["facts"]> {
    return {
      controller: "c".repeat(32),
      machine: { maker: "a", model: "b", serialNumber: "c", location: "" },
      epoch: this.epoch,
      boot: this.clock.boot,
      oldest: (this.gap?.to ?? 0) + 1,
      newest: this.newest,
      acked: this.acked,
      time: this.clock.instantAt(this.clock.mono()),
    };
  }

  async page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage> {
    await turn();
    this.pages++;
    if (this.failure) throw this.failure;
    const from = position + 1;
    const { gap } = this;
    if (gap && from >= gap.from && from <= gap.to) {
      return { from, to: gap.to, records: [], gap: { ...gap, from } };
    }
    const texts: string[] = [];
    let length = 0;
    for (const { seq, kind, signal, text } of this.records) {
      if (seq < from) continue;
      if (filter.kinds && !filter.kinds.includes(kind)) continue;
      if (filter.signals && !(signal !== null && filter.signals.includes(signal))) continue;
      texts.push(text);
      length += text.length;
      if (texts.length === limit || length >= PAGE_TEXT) return { from, to: seq, records: texts };
    }
    return { from, to: Math.max(position, this.newest), records: texts };
  }

  async acknowledge(consumer: string, seq: number): Promise<void> {
    if (this.failure) throw this.failure;
    this.ackWrites++;
    this.acked[consumer] = Math.max(this.acked[consumer] ?? 0, seq);
  }

  async get(what: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    if (this.failure) throw this.failure;
    if (what === "records") {
      const { position, limit, filter } = args as {
        position: number;
        limit: number;
        filter: RecordFilter;
      };
      const { records, ...range } = await this.page(position, limit, filter);
      return JSON.stringify({ ...range, records: records.map((text) => JSON.parse(text)) });
    }
    if (what === "acknowledge") {
      await this.acknowledge(String(args["consumer"]), args["seq"] as number);
      return "true";
    }
    return JSON.stringify(await this.answer(what, args));
  }

  async command(
    name: string,
    args: Readonly<Record<string, unknown>>,
    key: string | undefined,
  ): Promise<string> {
    if (this.failure) throw this.failure;
    if (name !== "note") throw new Unanswerable("unknown", `there is no command "${name}"`);
    this.commands.push({ name, args, key });
    return JSON.stringify({ result: "taken", count: this.commands.length });
  }

  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Serving extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly server: StreamServer;
  readonly http: Server;
}

/** A stream server on a free port of loopback. */
export async function serve(
  source: StreamSource | null,
  timers: Timers,
  admit: () => Admission = () => ({ rights: ["read", "acknowledge"] }),
): Promise<Serving> {
  const http = createServer((_, response) => response.writeHead(404).end());
  const server = new StreamServer({ http, source: () => source, admit, timers, log: silentLog });
  server.open();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: `ws://127.0.0.1:${port}${STREAM_PATH}`,
    server,
    http,
    async [Symbol.asyncDispose]() {
      server.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

/** A reader with no logic of its own. */
export class RawReader implements Disposable {
  readonly socket: WebSocket;
  readonly frames: ControllerFrame[] = [];
  closeCode: number | null = null;
  /** Why the upgrade was refused. */
  refusal: string | null = null;

  constructor(url: string, options: { autoPong?: boolean; subprotocols?: string[] } = {}) {
    const { subprotocols = [SUBPROTOCOL], autoPong = true } = options;
    this.socket = new WebSocket(url, subprotocols, { autoPong, maxPayload: 4 * 1024 * 1024 });
    this.socket.on("message", (data) => this.frames.push(JSON.parse(data.toString())));
    this.socket.on("error", (error) => {
      this.refusal = error.message;
    });
    this.socket.on("close", (code) => {
      this.closeCode = code;
    });
  }

  say(frame: object | string): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  of<Type extends ControllerFrame["t"]>(type: Type): Extract<ControllerFrame, { t: Type }>[] {
    return this.frames.filter((frame) => frame.t === type) as never;
  }

  /** Waits for the frame of this type at this position. */
  async wait<Type extends ControllerFrame["t"]>(
    type: Type,
    count = 1,
  ): Promise<Extract<ControllerFrame, { t: Type }>> {
    await until(() => this.of(type).length >= count, `${count} × ${type}`);
    return this.of(type)[count - 1]!;
  }

  /** The positions of all records so far. */
  get positions(): readonly number[] {
    return this.of("records").flatMap(({ records }) => records.map(({ seq }) => seq));
  }

  /** Where a range does not begin right after the one before: something may have been left out. */
  holes(first: number): readonly string[] {
    const holes: string[] = [];
    let next = first;
    for (const frame of this.frames) {
      if (frame.t !== "records" && frame.t !== "gap") continue;
      if (frame.from !== next) holes.push(`${next}-${frame.from}`);
      next = frame.to + 1;
    }
    return holes;
  }

  async closed(): Promise<number> {
    await until(() => this.closeCode !== null, "the connection to close");
    return this.closeCode!;
  }

  /** Everything that was sent before has been answered, also what has no answer of its own. */
  async settled(): Promise<void> {
    const id = `ping-${this.of("result").length}-${this.frames.length}`;
    this.say({ t: "ping", id });
    await until(() => this.of("result").some((result) => result.id === id), "a pong");
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

/**
 * Lets sockets and promises go on until the condition holds; it gives up after a great many turns.
 */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX; turns++) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`waited in vain for ${what}`);
}

export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Passes bytes on until the controller has sent as many as the connection's number allows. */
export async function cuttingProxy(
  target: number,
  bytesOf: (connection: number) => number,
): Promise<AsyncDisposable & { readonly port: number }> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createSocketServer((near) => {
    const far = connect(target, "127.0.0.1");
    let left = bytesOf(connections++);
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", cut);
    }
    near.pipe(far);
    far.on("data", (data) => {
      near.write(data.subarray(0, left), () => {
        if (left <= 0) cut();
      });
      left -= data.length;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Speaks the sub-protocol's name and then says what it is told to. */
export async function fakeController(
  texts: readonly string[],
): Promise<AsyncDisposable & { readonly url: string; sent: number }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const controller = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream`,
    sent: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
  server.on("connection", (socket) => {
    for (const text of texts) {
      socket.send(text, () => {
        controller.sent++;
      });
    }
  });
  return controller;
}
