// The way to one server, which all devices of a bus share: who needs it first opens the link, and
// whoever finds that it no longer answers throws it away.

import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { loadLibrary } from "./library.ts";
import { Link } from "./link.ts";
import type { BusSettings } from "./settings.ts";
import { settled, within } from "./within.ts";

/** With the leave of a link, less than the 2 s that a bus has for its end. */
const CLOSE_MS = 1_800;

/** A request that failed because of the link: on a fresh one it may do better. */
export class LinkFailure extends Fault {}

export interface ServerLineParts {
  readonly name: string;
  readonly settings: BusSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class ServerLine {
  readonly place: string;
  readonly #parts: ServerLineParts;
  #link: Link | null = null;
  #opening: Promise<Link> | null = null;
  /** The leave of the link before: some servers have one session to give. */
  #ending: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(parts: ServerLineParts) {
    this.#parts = parts;
    this.place = `Bus ${parts.name} (${parts.settings.endpoint})`;
  }

  async link(): Promise<Link> {
    if (this.#closing.signal.aborted) throw this.#closedFault();
    if (this.#link?.isOpen) return this.#link;
    if (this.#link !== null) this.drop(this.#link, "the server closed it");
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return await this.#opening;
  }

  /**
   * One request with its answer. `BUS_TIMEOUT` where there is none in time; the link is dropped
   * with it unless other answers have come meanwhile.
   */
  async ask<Answer>(
    link: Link,
    what: string,
    timeoutMs: number,
    request: () => Promise<Answer>,
  ): Promise<Answer> {
    const { answers } = link;
    const answer = await within(
      this.#parts.timers,
      timeoutMs,
      request().then((value) => ({ value })),
    ).catch((error: unknown) => {
      throw this.#failed(link, what, error);
    });
    if (answer !== null) return answer.value;
    if (link.answers === answers) this.drop(link, `no answer to ${what}`);
    throw new Fault(
      "BUS_TIMEOUT",
      `${this.place} does not answer ${what} within ${timeoutMs} ms.`,
      "Look at the load of the server; raise the device's `timeout` if it is slow by nature.",
    );
  }

  drop(link: Link, because: string): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#ending = link.end();
    this.#parts.log.debug("an OPC UA session is given up", { place: this.place, because });
  }

  /** Within 2 s; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await within(this.#parts.timers, CLOSE_MS, settled(this.#leave()));
  }

  async #leave(): Promise<void> {
    // One that is still being opened is given up.
    if (this.#opening !== null) await settled(this.#opening);
    if (this.#link !== null) this.drop(this.#link, "the bus is closed");
    await this.#ending;
  }

  async #open(): Promise<Link> {
    const { settings, clock, timers, log } = this.#parts;
    await this.#ending;
    const library = await loadLibrary(log, clock);
    if (this.#closing.signal.aborted) throw this.#closedFault();
    const stop = this.#closing.signal;
    const link = await Link.open({ place: this.place, settings, library, timers, log, stop });
    if (this.#closing.signal.aborted) {
      await link.end();
      throw this.#closedFault();
    }
    this.#link = link;
    return link;
  }

  /** The library rejects for a refusal of the server and for a lost link alike. */
  #failed(link: Link, what: string, error: unknown): Fault {
    const text = reasonOf(error).replace(/\s+/g, " ");
    if (this.#closing.signal.aborted) return this.#closedFault();
    if (isRefusal(text)) {
      return new Fault(
        "BUS_EXCEPTION",
        `${this.place} refuses ${what} (${text}).`,
        "Look up the status in the manual of the server.",
        { cause: error },
      );
    }
    this.drop(link, text);
    return new LinkFailure(
      "BUS_CLOSED",
      `${this.place} closed the connection during ${what} (${text}).`,
      "Look whether the server restarted, or gives its sessions to other clients.",
      { cause: error },
    );
  }

  #closedFault(): Fault {
    return new Fault("BUS_CLOSED", `${this.place} has been closed.`, "Nothing needs to be done.");
  }
}

/** A status of the service as a whole which says that link and session are well. */
function isRefusal(text: string): boolean {
  const [status] = /\bBad[A-Z]\w+/.exec(text) ?? [];
  if (status === undefined) return false;
  return !/Session|SecureChannel|Connection|Communication|Shutdown|Halted|Tcp|Timeout/.test(status);
}
