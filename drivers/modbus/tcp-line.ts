// The bus itself over TCP: the queue of requests, and the connection that the first of them opens.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import type { Ask, ModbusLine, Target } from "./line.ts";
import { type Job, RequestQueue } from "./request-queue.ts";
import type { SocketTarget } from "./socket.ts";
import { TcpLink } from "./tcp-link.ts";

export interface TcpLineParts {
  /** Begins each message: `Bus plant (192.168.10.5:502)`. */
  readonly place: string;
  readonly target: SocketTarget;
  /**
   * After a timeout nothing is sent for this long. 0 where transaction ids and a fresh connection
   * protect. They do not behind a gateway that hands the late answer of its serial line to whoever
   * asked last, under that one's transaction id: then only silence does.
   */
  readonly latenessMaxMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class TcpLine implements ModbusLine {
  connections = 0;
  readonly hasBroadcast = false;
  readonly #parts: TcpLineParts;
  readonly #closing = new AbortController();
  readonly #queue: RequestQueue;
  #link: TcpLink | null = null;

  constructor(parts: TcpLineParts) {
    this.#parts = parts;
    this.#queue = new RequestQueue({
      ...parts,
      serve: (job) => this.#serve(job),
      recover: (fault) => this.#quiet(fault),
    });
  }

  request(target: Target, ask: Ask): Promise<Uint8Array> {
    return this.#queue.request(target, ask);
  }

  isSilent(unitId: number): boolean {
    return this.#queue.isSilent(unitId);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.close();
    this.#link?.drop();
  }

  async #serve({ target, ask }: Job): Promise<Uint8Array> {
    const link = this.#link?.isOpen ? this.#link : await this.#open();
    return await link.exchange(`${this.#parts.place}, unit ${target.unitId}`, target, ask);
  }

  async #open(): Promise<TcpLink> {
    const { target, timers, log, place } = this.#parts;
    const link = new TcpLink(target, place, timers);
    this.#link = link;
    await link.open();
    this.connections += 1;
    log.debug("connected", { bus: place });
    return link;
  }

  async #quiet(fault: unknown): Promise<void> {
    const { latenessMaxMs, timers } = this.#parts;
    const isLate = fault instanceof Fault && fault.code === "BUS_TIMEOUT";
    if (isLate && latenessMaxMs > 0) await sleep(timers, latenessMaxMs, this.#closing.signal);
  }
}
