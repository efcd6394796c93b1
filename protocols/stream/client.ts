// A complete reader of telltale.stream.v1 in one file: connects, resumes, acknowledges, reconnects.
// A platform developer can use it as it is or port it.

import { connect } from "node:net";
import { WebSocket } from "ws";
import type {
  Cursor,
  JournalRecord,
  RecordFilter,
  RecordGap,
} from "../../runtime/journal/record.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import {
  type ControllerFrame,
  type Hello,
  LIMITS,
  type ReaderFrame,
  SUBPROTOCOL,
} from "./frames.ts";

/** The controller beats every 10 s; silence for this long means that the socket is dead. */
const SILENCE_MAX_MS = 25_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const REQUEST_MS = 15_000;
/** A frame of the controller has at most 1 MiB; the library is told a little more. */
const FRAME_BYTES_MAX = LIMITS.outboundBytesMax + 64 * 1024;

export interface LogReader {
  /** Where to begin when nothing was read yet; afterwards the client goes on where it was. */
  readonly from?: Cursor | "oldest" | "newest";
  /** A name whose cursor the controller keeps. */
  readonly consumer?: string;
  readonly filter?: RecordFilter;
  readonly window?: number;
  /** Acknowledged once this has resolved: resolve after your own commit. */
  onRecords(
    records: readonly JournalRecord[],
    range: { readonly from: number; readonly to: number; readonly late: boolean },
  ): void | Promise<void>;
  onGap?(gap: RecordGap): void | Promise<void>;
  /** The controller's journal is another one than before; reading begins anew at its oldest. */
  onReset?(oldEpoch: string, epoch: string): void;
  onLive?(seq: number): void;
}

export interface LatestReader {
  readonly signals?: readonly string[];
  /** Frames per second at most. */
  readonly maxRate?: number;
  onLatest(values: Readonly<Record<string, LiveValue>>, skipped: number): void;
}

export interface StreamClientOptions {
  /** `ws://127.0.0.1:8420/stream`; for a Unix socket the host is any, see `socketPath`. */
  readonly url: string;
  /** Connects here instead of to the host of `url`; any path will do, which a URL cannot hold. */
  readonly socketPath?: string;
  readonly timers: Timers;
  /** 0 ≤ random < 1, for the jitter between tries. */
  readonly random: () => number;
  /** The longest wait between tries; on one machine a short one does no harm. */
  readonly retryMaxMs?: number;
  onUp?(hello: Hello): void;
  /** Called once for each loss, and for each try that failed. */
  onDown?(reason: string): void;
}

/** The controller refused a request, or did not answer. */
export class RequestFailed extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface LogState {
  readonly reader: LogReader;
  cursor: Cursor | null;
  /** What arrived is handled one frame after the other, so that order survives slow handlers. */
  work: Promise<void>;
}

interface Request {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly #logs = new Map<string, LogState>();
  readonly #latests = new Map<string, LatestReader>();
  readonly #requests = new Map<string, Request>();
  #socket: WebSocket | null = null;
  #hello: Hello | null = null;
  #silence: Timer | null = null;
  #retry: Timer | null = null;
  /** Why this side gives the connection up, until its loss has been told. */
  #failure: string | null = null;
  #tries = 0;
  #nextRequest = 1;
  #closed = false;

  constructor(options: StreamClientOptions) {
    this.#options = options;
  }

  /** The controller's greeting while connected, else null. */
  get hello(): Hello | null {
    return this.#hello;
  }

  /** Begins to connect, and goes on for ever; `onUp` and `onDown` tell. */
  open(): void {
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#silence?.cancel();
    this.#socket?.close(1000);
    this.#failRequests("the reader was closed");
  }

  /** Reads the journal in order, from where `reader.from` or the consumer's cursor says. */
  readLog(sub: string, reader: LogReader): void {
    const state: LogState = { reader, cursor: null, work: Promise.resolve() };
    this.#logs.set(sub, state);
    if (this.#hello) this.#subscribeLog(sub, state);
  }

  readLatest(sub: string, reader: LatestReader): void {
    this.#latests.set(sub, reader);
    if (this.#hello) this.#subscribeLatest(sub, reader);
  }

  stop(sub: string): void {
    if (this.#logs.delete(sub) || this.#latests.delete(sub)) this.#send({ t: "unsubscribe", sub });
  }

  /** Rejects with a `RequestFailed`; never waits longer than 15 s. */
  get(what: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.#request(what, (id) => ({ t: "get", id, what, args }));
  }

  /**
   * Rejects as `get` does; that no answer came does not say that nothing was done. With the same
   * key it can be sent again.
   */
  command(name: string, args: Readonly<Record<string, unknown>>, key?: string): Promise<unknown> {
    return this.#request(name, (id) => ({ t: "command", id, name, args, key }));
  }

  #request(what: string, frameOf: (id: string) => ReaderFrame): Promise<unknown> {
    if (!this.#hello) {
      return Promise.reject(new RequestFailed("unavailable", "the controller is not connected"));
    }
    const id = String(this.#nextRequest++);
    return new Promise((resolve, reject) => {
      const timer = this.#options.timers.after(REQUEST_MS, () => {
        this.#requests.delete(id);
        reject(new RequestFailed("unavailable", `no answer to "${what}" within 15 s`));
      });
      this.#requests.set(id, { resolve, reject, timer });
      this.#send(frameOf(id));
    });
  }

  #connect(): void {
    const { url, socketPath } = this.#options;
    const socket = new WebSocket(url, SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: 10_000,
      ...(socketPath !== undefined && { createConnection: () => connect(socketPath) }),
    });
    this.#socket = socket;
    let reason = "the controller closed the connection";
    socket.on("message", (data) => this.#receive(data.toString()));
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("close", (code, text) => {
      if (text.length > 0) reason = `${text.toString()} (${code})`;
      const ownReason = this.#failure;
      this.#failure = null;
      this.#down(ownReason ?? reason);
    });
  }

  #down(reason: string): void {
    this.#socket = null;
    this.#hello = null;
    this.#silence?.cancel();
    this.#failRequests(reason);
    if (this.#closed) return;
    this.#options.onDown?.(reason);
    // Whoever is told of the loss may give up there and then.
    if (this.#closed) return;
    // Full jitter, so that a thousand readers do not come back at the same moment.
    const longest = this.#options.retryMaxMs ?? RETRY_MAX_MS;
    const ceiling = Math.min(longest, RETRY_MIN_MS * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 16);
    const wait = this.#options.random() * ceiling;
    this.#retry = this.#options.timers.after(wait, () => this.#connect());
  }

  #failRequests(reason: string): void {
    for (const request of this.#requests.values()) {
      request.timer.cancel();
      request.reject(new RequestFailed("unavailable", reason));
    }
    this.#requests.clear();
  }

  #receive(text: string): void {
    this.#silence?.cancel();
    this.#silence = this.#options.timers.after(SILENCE_MAX_MS, () => this.#socket?.terminate());
    const frame = this.#parse(text);
    if (frame === null) return;
    switch (frame.t) {
      case "hello":
        this.#welcome(frame);
        break;
      case "latest":
        this.#latests.get(frame.sub)?.onLatest(frame.values, frame.skipped);
        break;
      case "result":
        this.#settle(frame);
        break;
      case "records":
      case "gap":
      case "reset":
      case "live":
        this.#queue(frame);
        break;
      default:
        // Unknown frames are for a later version of the reader; `beat` has done its work above.
        break;
    }
  }

  /** Null where the other side does not speak the protocol; the connection is then given up. */
  #parse(text: string): ControllerFrame | null {
    try {
      const frame = JSON.parse(text) as ControllerFrame;
      if (frame.t === "hello" || this.#hello !== null) return frame;
      this.#giveUp("the other side did not begin with hello");
    } catch (error) {
      this.#giveUp(`the other side sent no JSON: ${reasonOf(error)}`);
    }
    return null;
  }

  /** Ends this connection for a reason of ours; the next one begins again at the cursors. */
  #giveUp(reason: string): void {
    this.#failure ??= reason;
    this.#socket?.close(4000);
  }

  #welcome(hello: Hello): void {
    this.#hello = hello;
    this.#tries = 0;
    for (const [sub, state] of this.#logs) this.#subscribeLog(sub, state);
    for (const [sub, reader] of this.#latests) this.#subscribeLatest(sub, reader);
    this.#options.onUp?.(hello);
  }

  #subscribeLog(sub: string, { reader, cursor }: LogState): void {
    const { consumer, filter, window } = reader;
    const from = cursor ?? reader.from;
    this.#send({ t: "subscribe", sub, mode: "log", from, consumer, filter, window });
  }

  #subscribeLatest(sub: string, { signals, maxRate }: LatestReader): void {
    const filter = signals && { signals };
    this.#send({ t: "subscribe", sub, mode: "latest", filter, maxRate });
  }

  #queue(frame: Extract<ControllerFrame, { t: "records" | "gap" | "reset" | "live" }>): void {
    const state = this.#logs.get(frame.sub);
    if (!state) return;
    const { socket, epoch } = { socket: this.#socket, epoch: this.#hello!.epoch };
    state.work = state.work
      .then(async () => {
        // What an older connection brought and was not handled comes again on the new one.
        // Neither may what follows a frame that failed be handled: its cursor would pass over it.
        if (this.#socket !== socket || this.#failure !== null || this.#closed) return;
        await this.#handle(frame, state, epoch);
      })
      .catch((error: unknown) => {
        // Nothing is acknowledged; the next connection begins again at the cursor.
        if (this.#socket === socket) this.#giveUp(`this reader failed: ${reasonOf(error)}`);
      });
  }

  async #handle(
    frame: Extract<ControllerFrame, { t: "records" | "gap" | "reset" | "live" }>,
    state: LogState,
    epoch: string,
  ): Promise<void> {
    const { reader } = state;
    if (frame.t === "live") {
      // From "newest" with nothing read yet: this is the position to come back to.
      state.cursor ??= { epoch, seq: frame.seq };
      reader.onLive?.(frame.seq);
      return;
    }
    if (frame.t === "reset") {
      state.cursor = { epoch: frame.epoch, seq: frame.oldest - 1 };
      reader.onReset?.(frame.old, frame.epoch);
      return;
    }
    if (frame.t === "gap") await reader.onGap?.(frame);
    else await reader.onRecords(frame.records, frame);
    state.cursor = { epoch, seq: frame.to };
    this.#send({ t: "ack", sub: frame.sub, epoch, seq: frame.to });
  }

  #settle(frame: Extract<ControllerFrame, { t: "result" }>): void {
    const request = this.#requests.get(frame.id);
    if (!request) return;
    this.#requests.delete(frame.id);
    request.timer.cancel();
    if (frame.ok) request.resolve(frame.value);
    else request.reject(new RequestFailed(frame.error.code, frame.error.message));
  }

  #send(frame: ReaderFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}
