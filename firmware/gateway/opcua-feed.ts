// Feeds the OPC UA server with the relay's values as they are now: they age while they wait, so a
// meter that hangs keeps no value alive there, as it keeps none alive on the page.

import type { StreamSource } from "../../protocols/stream/source.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";

/** The meter answers once a second; after this it is taken for lost. */
const SILENCE_MAX_MS = 5_000;

/** What the feed needs of the OPC UA server. */
export interface FedServer {
  update(values: Readonly<Record<string, LiveValue>>): void;
  updateLost(): void;
}

export interface OpcuaFeedOptions {
  readonly server: FedServer;
  /** Null while the meter is gone. Another object is another connection to it. */
  readonly latest: () => StreamSource["latest"] | null;
  /** When the meter last said anything; null before it has. */
  readonly heardAt: () => number | null;
  readonly clock: Clock;
}

export class OpcuaFeed {
  readonly #options: OpcuaFeedOptions;
  #fed: StreamSource["latest"] | null = null;
  /** Updates of each signal that were handed on. */
  #seen: (number | null)[] = [];

  constructor(options: OpcuaFeedOptions) {
    this.#options = options;
  }

  /** Hands on what has changed. Call it often; it is cheap where nothing has. */
  look(): void {
    const { server, clock } = this.#options;
    const latest = this.#options.latest();
    const heardAt = this.#options.heardAt();
    if (!latest || heardAt === null || clock.mono() - heardAt > SILENCE_MAX_MS) {
      this.#fed = null;
      server.updateLost();
      return;
    }
    if (latest !== this.#fed) {
      this.#fed = latest;
      this.#seen = latest.names.map(() => null);
    }
    const values: Record<string, LiveValue> = {};
    let changed = 0;
    latest.names.forEach((name, index) => {
      const updates = latest.updates(index);
      if (updates === this.#seen[index]) return;
      this.#seen[index] = updates;
      values[name] = latest.live(index);
      changed++;
    });
    if (changed > 0) server.update(values);
  }
}
