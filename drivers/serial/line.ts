// The bus itself: one stream of bytes, opened by the first who needs it. Who is asked takes turns,
// one request at a time, because an answer does not say whose it is; who speaks unasked hears
// everything and takes what is its own.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { abandonedFault, echoFault, floodFault, stuckFault, timeoutFault } from "./line-faults.ts";
import { type Link, openLink } from "./link.ts";
import type { BusSettings } from "./settings.ts";

/** Each device waits for its own answer: more wait only where as many devices share a bus. */
const WAITING_MAX = 512;

/** A line that is never quiet is given up, closed and opened again. */
const DRAIN_MAX_MS = 5_000;

/**
 * The bound does not raise itself further: a byte of noise long after a request would make each
 * later error hold up the whole line. What is later has to be declared.
 */
const LATENESS_RAISED_MAX_MS = 10_000;

/**
 * A device server that was switched off keeps its connection for many minutes, as far as this side
 * can tell: after so many timeouts in a row without a byte another one is made. A port of one's own
 * is left as it is, because opening it restarts some devices.
 */
const SILENT_TIMEOUTS_MAX = 3;

/** With the closing of a port it stays below the 2 s that a bus has. */
const CLOSE_WAIT_MS = 1_000;

export interface Listener {
  onBytes(bytes: Buffer, at: Mono): void;
  onEnd(fault: Fault): void;
}

/** One request and how its answer is told. */
export interface Exchange {
  readonly request: Uint8Array;
  readonly timeoutMs: number;
  /** Names the device in messages. */
  readonly place: string;
  /** The line is quiet and it is this one's turn: it is sent now. */
  begin(): void;
  /**
   * Takes bytes of the answer; true once it is whole. Throws a `Fault` where it cannot become one.
   */
  answer: ((bytes: Uint8Array, at: Mono) => boolean) | null;
}

interface Job {
  readonly exchange: Exchange;
  readonly resolve: () => void;
  readonly reject: (fault: unknown) => void;
}

export interface LineParts {
  readonly name: string;
  readonly settings: BusSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class SerialLine {
  readonly #parts: LineParts;
  readonly #place: string;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listener>();
  #waiting: Job[] = [];
  #isBusy = false;
  #link: Link | null = null;
  #opening: Promise<Link> | null = null;
  #closingLink: Promise<void> = Promise.resolve();
  /** The request under way: its bytes, and its end with the line. */
  #active: Listener | null = null;
  /**
   * When the latest byte came, and since when answers may come that nobody waits for: the latest
   * request was given up, or something came unasked.
   */
  #lastByteAt: Mono = Number.NEGATIVE_INFINITY;
  #gaveUpAt: Mono | null = null;
  #isUnasked = false;
  #latenessMs: number;
  #silentTimeouts = 0;

  constructor(parts: LineParts) {
    const { port, tcp } = parts.settings;
    this.#parts = parts;
    this.#place = `Bus ${parts.name} (${tcp ?? port})`;
    this.#latenessMs = parts.settings.latenessMax;
  }

  get place(): string {
    return this.#place;
  }

  /** Hears every byte from now on; `onEnd` when the line ends. Opens the line where it is not. */
  async listen(listener: Listener): Promise<void> {
    await this.#open();
    this.#listeners.add(listener);
  }

  /** When nobody listens or asks any more, the line is closed: opened again it may do better. */
  unlisten(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0 && !this.#isBusy) this.#drop();
  }

  /** Resolves when the answer is whole; rejects with a `Fault`. */
  ask(exchange: Exchange): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing.signal.aborted) {
        reject(this.#closedFault());
      } else if (this.#waiting.length >= WAITING_MAX) {
        reject(
          new Fault(
            "BUS_TIMEOUT",
            `${this.#place} has ${WAITING_MAX} requests waiting and takes no more.`,
            "Ask the devices of this bus less often, or spread them over several buses.",
          ),
        );
      } else {
        this.#waiting.push({ exchange, resolve, reject });
        if (!this.#isBusy) void this.#work();
      }
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#end(this.#closedFault());
    this.#rejectWaiting(this.#closedFault());
    this.#drop();
    // One that is still being opened closes itself as soon as it is; a stop does not wait for that.
    const opening = this.#opening?.catch((error: unknown) => error);
    await Promise.race([opening, sleep(this.#parts.timers, CLOSE_WAIT_MS)]);
    await this.#closingLink;
  }

  /** Serves the queue until it is empty. Never rejects: each job hears of its own end. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      try {
        await this.#serve(job.exchange);
        // Whatever the device says to it is not the answer to the next request.
        if (job.exchange.answer === null) this.#gaveUpAt = this.#parts.clock.mono();
        job.resolve();
      } catch (error) {
        job.reject(error);
        const isUnreachable = error instanceof Fault && error.code === "BUS_UNREACHABLE";
        // Who waited for the same line need not wait for it to fail once more.
        if (isUnreachable) this.#rejectWaiting(error);
        this.#gaveUpAt = this.#parts.clock.mono();
        this.#suspect(error);
      }
    }
    this.#isBusy = false;
  }

  #suspect(error: unknown): void {
    const isTimeout = error instanceof Fault && error.code === "BUS_TIMEOUT";
    this.#silentTimeouts = isTimeout ? this.#silentTimeouts + 1 : 0;
    if (this.#parts.settings.tcp === undefined || this.#silentTimeouts < SILENT_TIMEOUTS_MAX)
      return;
    this.#silentTimeouts = 0;
    this.#giveUpLink();
  }

  async #serve(exchange: Exchange): Promise<void> {
    const link = await this.#open();
    await this.#quiet(exchange.place);
    if (this.#link !== link) throw this.#closedFault();
    await this.#exchange(link, exchange);
  }

  #exchange(link: Link, exchange: Exchange): Promise<void> {
    const { request, timeoutMs, place, answer } = exchange;
    const { timers, settings } = this.#parts;
    return new Promise((resolve, reject) => {
      let isSent = false;
      let echoLeft = settings.echo ? request.length : 0;
      const finish = (settle: () => void) => {
        timer.cancel();
        // What is sent late finds the next request under way.
        if (this.#active === active) this.#active = null;
        settle();
      };
      const fail = (fault: unknown) => finish(() => reject(fault));
      const timer = timers.after(timeoutMs, () => {
        // What is stuck would be sent before the next request, whenever it comes loose.
        if (!isSent) this.#giveUpLink();
        fail(isSent ? timeoutFault(place, timeoutMs) : stuckFault(place));
      });
      const active: Listener = {
        onBytes: (bytes, at) => {
          const echoed = Math.min(echoLeft, bytes.length);
          const from = request.length - echoLeft;
          echoLeft -= echoed;
          if (!bytes.subarray(0, echoed).equals(request.subarray(from, from + echoed))) {
            fail(echoFault(place));
            return;
          }
          if (answer === null || echoed === bytes.length) return;
          try {
            if (answer(bytes.subarray(echoed), at)) finish(resolve);
          } catch (error) {
            fail(error);
          }
        },
        onEnd: fail,
      };
      this.#active = active;
      exchange.begin();
      void link.send(request).then(() => {
        isSent = true;
        if (answer === null) finish(resolve);
      });
    });
  }

  /**
   * After a request was given up, its answer may still come: nothing is asked until it would have,
   * and the line was quiet. On a line where somebody speaks unasked there is no quiet.
   */
  async #quiet(place: string): Promise<void> {
    const { clock, timers } = this.#parts;
    const beganAt = clock.mono();
    while (this.#gaveUpAt !== null && this.#listeners.size === 0) {
      const now = clock.mono();
      const since = Math.max(this.#gaveUpAt, this.#lastByteAt);
      const waitMs = since + this.#latenessMs - now;
      if (waitMs <= 0 || this.#closing.signal.aborted) break;
      // Who is asked and speaks unasked too is asked all the same: `when` tells the answers.
      if (this.#isUnasked && now - beganAt >= this.#latenessMs) break;
      if (now - beganAt > Math.max(DRAIN_MAX_MS, 2 * this.#latenessMs)) {
        this.#drop();
        throw floodFault(place);
      }
      await sleep(timers, waitMs, this.#closing.signal);
    }
    this.#gaveUpAt = null;
    this.#isUnasked = false;
  }

  #open(): Promise<Link> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closedFault());
    if (this.#link !== null) return Promise.resolve(this.#link);
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<Link> {
    const { settings, timers, log } = this.#parts;
    // A port that is still closing is locked.
    await this.#closingLink;
    let hasEnded: Fault | null = null;
    const link = await openLink(settings, this.#place, timers, {
      onBytes: (bytes) => this.#take(bytes),
      onEnd: (fault) => {
        hasEnded = fault;
        if (this.#link !== link) return;
        this.#drop();
        this.#end(fault);
      },
    });
    if (hasEnded !== null) throw hasEnded;
    if (this.#closing.signal.aborted) {
      await link.close();
      throw this.#closedFault();
    }
    this.#link = link;
    this.#gaveUpAt = null;
    log.debug("opened", { bus: this.#place });
    return link;
  }

  /** Hot path: once for each piece that arrives. */
  #take(bytes: Buffer): void {
    const at = this.#parts.clock.mono();
    this.#lastByteAt = at;
    this.#silentTimeouts = 0;
    for (const listener of this.#listeners) listener.onBytes(bytes, at);
    if (this.#active !== null) this.#active.onBytes(bytes, at);
    else if (this.#listeners.size === 0) this.#late(at);
  }

  /**
   * What comes when nobody asked is an answer that was given up: the next time, one waits longer.
   */
  #late(at: Mono): void {
    const { log } = this.#parts;
    if (this.#gaveUpAt === null) {
      // More than one frame for one request: the rest must not answer the next one.
      this.#gaveUpAt = at;
      this.#isUnasked = true;
    }
    if (this.#isUnasked) return;
    const lateMs = Math.min(2 * (at - this.#gaveUpAt), LATENESS_RAISED_MAX_MS);
    if (lateMs <= this.#latenessMs) return;
    this.#latenessMs = lateMs;
    log.warn("answers come later than latenessMax; the line now waits longer after an error", {
      bus: this.#place,
      latenessMs: lateMs,
    });
  }

  /** Who listens hears of it: a frame that began on this line must not end on the next one. */
  #giveUpLink(): void {
    this.#drop();
    this.#endListeners(abandonedFault(this.#place));
  }

  #end(fault: Fault): void {
    this.#active?.onEnd(fault);
    this.#endListeners(fault);
  }

  #endListeners(fault: Fault): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onEnd(fault);
  }

  #drop(): void {
    const link = this.#link;
    this.#link = null;
    if (link !== null) this.#closingLink = link.close();
  }

  #rejectWaiting(fault: Fault): void {
    for (const job of this.#waiting.splice(0)) job.reject(fault);
  }

  #closedFault(): Fault {
    return new Fault("BUS_CLOSED", `${this.#place} has been closed.`, "Nothing needs to be done.");
  }
}
