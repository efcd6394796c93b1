// The bus itself over TCP: the queue of requests, and the connection that the first of them opens.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import type { Ask, ModbusLine } from "./line.ts";
import { type LinkTarget, TcpLink } from "./tcp-link.ts";

/**
 * Each device waits for its own answer, so this many wait only where as many devices share a bus.
 */
const WAITING_MAX = 512;

interface Job {
  readonly unitId: number;
  readonly timeoutMs: number;
  readonly ask: Ask;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (fault: Fault) => void;
}

export interface TcpLineParts {
  readonly name: string;
  readonly target: LinkTarget;
  /**
   * After a timeout nothing is sent for this long. 0 where transaction ids and a fresh connection
   * protect. They do not behind a gateway that hands the late answer of its serial line to whoever
   * asked last, under that one's transaction id: then only silence does.
   */
  readonly latenessMaxMs: number;
  readonly timers: Timers;
  readonly log: Log;
}

export class TcpLine implements ModbusLine {
  connections = 0;
  readonly #parts: TcpLineParts;
  readonly #place: string;
  readonly #closing = new AbortController();
  #waiting: Job[] = [];
  #isBusy = false;
  #link: TcpLink | null = null;

  constructor(parts: TcpLineParts) {
    this.#parts = parts;
    this.#place = `Bus ${parts.name} (${parts.target.host}:${parts.target.port})`;
  }

  request(unitId: number, timeoutMs: number, ask: Ask): Promise<Uint8Array> {
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
        this.#waiting.push({ unitId, timeoutMs, ask, resolve, reject });
        if (!this.#isBusy) void this.#work();
      }
    });
  }

  close(): void {
    this.#closing.abort();
    this.#link?.drop();
    this.#rejectWaiting(this.#closedFault());
  }

  /** Serves the queue until it is empty. Never rejects: each job hears of its own end. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      try {
        job.resolve(await this.#serve(job));
      } catch (error) {
        const fault = this.#closing.signal.aborted ? this.#closedFault() : (error as Fault);
        job.reject(fault);
        // Who waited for the same connection need not wait for it to fail once more.
        if (fault.code === "BUS_UNREACHABLE") this.#rejectWaiting(fault);
        if (fault.code === "BUS_TIMEOUT") await this.#quiet();
      }
    }
    this.#isBusy = false;
  }

  async #serve(job: Job): Promise<Uint8Array> {
    const link = this.#link?.isOpen ? this.#link : await this.#open();
    const place = `${this.#place}, unit ${job.unitId}`;
    return await link.exchange(place, job.unitId, job.timeoutMs, job.ask);
  }

  async #open(): Promise<TcpLink> {
    const { target, timers, log } = this.#parts;
    const link = new TcpLink(target, this.#place, timers);
    this.#link = link;
    await link.open();
    this.connections += 1;
    log.debug("connected", { bus: this.#place });
    return link;
  }

  async #quiet(): Promise<void> {
    const { latenessMaxMs, timers } = this.#parts;
    if (latenessMaxMs > 0) await sleep(timers, latenessMaxMs, this.#closing.signal);
  }

  #rejectWaiting(fault: Fault): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) job.reject(fault);
  }

  #closedFault(): Fault {
    return new Fault("BUS_CLOSED", `${this.#place} has been closed.`, "Nothing needs to be done.");
  }
}
