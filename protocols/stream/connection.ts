// One reader's connection: frames in, subscriptions and answers out.

import type { WebSocket } from "ws";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { ALARM_COMMANDS, CLOSE, LIMITS, type ReaderFrame } from "./frames.ts";
import { LatestSubscription } from "./latest-subscription.ts";
import { type FrameSink, LogSubscription } from "./log-subscription.ts";
import { parseReaderFrame } from "./reader-frames.ts";
import { type StreamSource, Unanswerable } from "./source.ts";

/**
 * `instruct`: may bring commands; what they carry decides whether they are followed. `alarms`: may
 * acknowledge and shelve alarms, which carries nothing but a name. `acknowledge` is about records.
 */
export type Right = "read" | "acknowledge" | "instruct" | "alarms";

const NEEDS_ALARMS: ReadonlySet<string> = new Set(ALARM_COMMANDS);

const BEAT_MS = 10_000;
const PING_MS = 15_000;
const DEAD_MS = 45_000;
/** A reader that opens a socket and says nothing is not a reader. */
const FIRST_FRAME_MS = 5_000;
/** A reader that lets its socket stand full for this long is not reading. */
const NO_PROGRESS_MS = 60_000;
const DRAIN_LOOK_MS = 20;
const BAD_FRAMES_MAX = 20;
const BAD_FRAMES_WINDOW_MS = 60_000;
const DEFAULT_LATEST_RATE = 2;

/** Who holds which named consumer. */
export interface ConsumerRegister {
  /** False where another name would be one too many. */
  mayBegin(consumer: string): boolean;
  /** Ends an older connection of the same consumer; called before this one takes it over. */
  claim(consumer: string, connection: Connection): void;
  release(consumer: string, connection: Connection): void;
}

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly source: StreamSource;
  readonly rights: readonly Right[];
  readonly timers: Timers;
  readonly log: Log;
  readonly consumers: ConsumerRegister;
  readonly onClosed: (connection: Connection) => void;
}

export class Connection implements FrameSink {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocket;
  readonly #source: StreamSource;
  readonly #logs = new Map<string, LogSubscription>();
  readonly #latests = new Map<string, LatestSubscription>();
  readonly #timers: Timer[] = [];
  #drainTimer: Timer | null = null;
  #congestedMs = 0;
  #heard = false;
  #silentMs = 0;
  #badFrames = 0;
  #openRequests = 0;
  #unreadAnswers = 0;
  #isClosing = false;
  #unlisten: () => void = () => undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#source = options.source;
  }

  open(): void {
    const { timers, source, rights } = this.#options;
    const socket = this.#socket;
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on("pong", () => {
      this.#silentMs = 0;
    });
    socket.on("error", (error) =>
      this.#options.log.debug("a stream connection failed", { reason: error.message }),
    );
    socket.on("close", () => this.#closed());
    this.send({ t: "hello", v: 1, ...source.facts(), limits: LIMITS, rights });
    this.#unlisten = source.onCommitted(() => this.#pumpAll());
    this.#timers.push(
      timers.every(BEAT_MS, () => this.#beat()),
      timers.every(PING_MS, () => this.#ping()),
      timers.every(BAD_FRAMES_WINDOW_MS, () => {
        this.#badFrames = 0;
      }),
      timers.after(FIRST_FRAME_MS, () => {
        if (!this.#heard) this.close(CLOSE.silent, "nothing was said after opening");
      }),
    );
  }

  get congested(): boolean {
    return this.#watchSocket();
  }

  send(frame: object): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
    this.#watchSocket();
  }

  /**
   * True while too much waits in the socket. A reader that does not read what it asked for is not
   * listened to, either: what it says next waits on its own side.
   */
  #watchSocket(): boolean {
    if (this.#socket.bufferedAmount < LIMITS.bufferedBytesMax) return false;
    if (this.#isClosing) return true;
    this.#socket.pause();
    this.#drainTimer ??= this.#options.timers.every(DRAIN_LOOK_MS, () => this.#lookAtDrain());
    return true;
  }

  /** Something behind the stream failed: the reader is told, and comes back. */
  fail(error: unknown): void {
    if (this.#isClosing) {
      this.#options.log.debug("a reader that leaves was not served", { reason: reasonOf(error) });
      return;
    }
    this.#options.log.warn("a stream reader is sent away", { reason: reasonOf(error) });
    this.bye("the controller's journal did not answer");
  }

  bye(reason: string): void {
    this.send({ t: "bye", reason, retryAfter: 1 });
    this.close(CLOSE.restarting, reason);
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // The peer's answer to the close is to be read.
    this.#socket.resume();
    this.#socket.close(code, reason);
    // A peer that does not answer the close must not keep the socket.
    const timer = this.#options.timers.after(2_000, () => this.#socket.terminate());
    this.#socket.once("close", () => timer.cancel());
  }

  #closed(): void {
    this.#unlisten();
    for (const timer of this.#timers) timer.cancel();
    this.#drainTimer?.cancel();
    this.#isClosing = true;
    for (const log of this.#logs.values()) log.close();
    for (const latest of this.#latests.values()) latest.close();
    this.#logs.clear();
    this.#latests.clear();
    this.#options.onClosed(this);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // A reader that was sent away may go on talking until its side has closed.
    if (this.#isClosing) return;
    this.#heard = true;
    this.#silentMs = 0;
    if (data.length > LIMITS.inboundBytesMax) {
      this.close(CLOSE.frameTooLarge, `a frame has at most ${LIMITS.inboundBytesMax} bytes`);
      return;
    }
    const frame = isBinary ? "frames from a reader are text" : parseReaderFrame(data.toString());
    if (typeof frame === "string") {
      this.#complain("bad-frame", frame);
      return;
    }
    try {
      this.#handle(frame);
    } catch (error) {
      if (!(error instanceof Unanswerable)) throw error;
      this.#complain(error.code, error.message);
    }
  }

  #complain(code: string, message: string): void {
    this.send({ t: "error", code, message });
    if (++this.#badFrames >= BAD_FRAMES_MAX) this.close(CLOSE.badFrames, "too many bad frames");
  }

  #handle(frame: ReaderFrame): void {
    switch (frame.t) {
      case "subscribe":
        this.#subscribe(frame);
        break;
      case "unsubscribe":
        this.#unsubscribe(frame.sub);
        break;
      case "ack":
        this.#acknowledge(frame);
        break;
      case "get":
        this.#answer(frame.id, () => this.#source.get(frame.what, frame.args ?? {}));
        break;
      case "command":
        this.#command(frame);
        break;
      case "auth":
        throw new Unanswerable("not-allowed", "this endpoint takes no tokens");
      case "ping":
        this.send({ t: "result", id: frame.id, ok: true, value: this.#source.facts().time });
        break;
    }
  }

  #subscribe(frame: Extract<ReaderFrame, { t: "subscribe" }>): void {
    const { sub, mode, from, consumer, filter = {} } = frame;
    this.#unsubscribe(sub);
    if (this.#logs.size + this.#latests.size >= LIMITS.subscriptionsMax) {
      throw new Unanswerable("too-many", `at most ${LIMITS.subscriptionsMax} subscriptions`);
    }
    if (mode === "latest") {
      const maxRate = frame.maxRate ?? DEFAULT_LATEST_RATE;
      const request = { sub, maxRate, signals: filter.signals };
      const latest = new LatestSubscription(request, this.#source, this, this.#options.timers);
      this.#latests.set(sub, latest);
      return;
    }
    if (consumer !== undefined) {
      if (!this.#options.rights.includes("acknowledge")) {
        throw new Unanswerable("not-allowed", "a named consumer needs the right to acknowledge");
      }
      if (!this.#options.consumers.mayBegin(consumer)) {
        throw new Unanswerable("too-many", `at most ${LIMITS.consumersMax} named consumers`);
      }
      this.#options.consumers.claim(consumer, this);
    }
    const window = frame.window ?? LIMITS.windowDefault;
    const request = { sub, from, consumer, filter, window };
    const log = new LogSubscription(request, this.#source, this, this.#options.timers);
    this.#logs.set(sub, log);
    log.pump();
  }

  #unsubscribe(sub: string): void {
    const log = this.#logs.get(sub);
    log?.close();
    this.#logs.delete(sub);
    const consumer = log?.request.consumer;
    const others = [...this.#logs.values()];
    if (consumer !== undefined && !others.some(({ request }) => request.consumer === consumer)) {
      this.#options.consumers.release(consumer, this);
    }
    this.#latests.get(sub)?.close();
    this.#latests.delete(sub);
  }

  #acknowledge({ sub, epoch, seq }: Extract<ReaderFrame, { t: "ack" }>): void {
    const log = this.#logs.get(sub);
    if (!log) throw new Unanswerable("unknown", `there is no log subscription "${sub}"`);
    if (epoch !== this.#source.facts().epoch) {
      throw new Unanswerable("bad-arguments", "the epoch is not this journal's");
    }
    log.acknowledge(seq);
  }

  #command({ id, name, args = {}, key }: Extract<ReaderFrame, { t: "command" }>): void {
    const right: Right = NEEDS_ALARMS.has(name) ? "alarms" : "instruct";
    if (this.#options.rights.includes(right)) {
      this.#answer(id, () => this.#source.command(name, args, key));
    } else {
      this.#refuse(id, new Unanswerable("not-allowed", "this reader may not command"));
    }
  }

  #answer(id: string, ask: () => Promise<string>): void {
    if (this.#openRequests >= LIMITS.requestsMax) {
      this.#refuse(id, new Unanswerable("too-many", "too many requests are open"));
      return;
    }
    this.#openRequests++;
    ask()
      .then(
        (text) =>
          this.sendText(`{"t":"result","id":${JSON.stringify(id)},"ok":true,"value":${text}}`),
        (error: unknown) => this.#refuse(id, error),
      )
      .finally(() => {
        // Answers that wait in a full socket count until it has drained, so that they are few.
        if (this.congested) this.#unreadAnswers++;
        else this.#openRequests--;
      });
  }

  #refuse(id: string, error: unknown): void {
    const code = error instanceof Unanswerable ? error.code : "unavailable";
    this.send({ t: "result", id, ok: false, error: { code, message: reasonOf(error) } });
  }

  #pumpAll(): void {
    for (const log of this.#logs.values()) log.pump();
  }

  #lookAtDrain(): void {
    if (this.#socket.bufferedAmount >= LIMITS.bufferedBytesMax) {
      this.#congestedMs += DRAIN_LOOK_MS;
      if (this.#congestedMs >= NO_PROGRESS_MS) this.close(CLOSE.silent, "nothing is being read");
      return;
    }
    this.#congestedMs = 0;
    this.#drainTimer?.cancel();
    this.#drainTimer = null;
    this.#silentMs = 0;
    this.#openRequests -= this.#unreadAnswers;
    this.#unreadAnswers = 0;
    this.#socket.resume();
    this.#pumpAll();
  }

  #beat(): void {
    const { newest, acked, time } = this.#source.facts();
    this.send({ t: "beat", newest, acked, time });
  }

  #ping(): void {
    // Not listened to: whether it still reads is for the drain to judge.
    if (this.#socket.isPaused) return;
    this.#silentMs += PING_MS;
    if (this.#silentMs > DEAD_MS) this.#socket.terminate();
    else this.#socket.ping();
  }
}
