// The process that is a noisy serial bus: one pseudo-terminal for the host, one for each device on
// it, and between them the time that the baud rate takes. It is a process of its own, because what
// paces in tenths of a millisecond can wait for nobody.

import { rmSync, symlinkSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { type Delivery, HOST, NoisyLine } from "./noisy-line.ts";
import { goFirst } from "./priority.ts";
import { Pty } from "./pty.ts";
import type { WireAnswer, WireCommand, WireOptions } from "./wire-messages.ts";

/** The event loop's timers are exact to a millisecond; the rest is waited for by blocking. */
const TIMER_SLACK_MS = 1.5;

const DELAY_RESOLUTION_MS = 5;
const NANOSECONDS_PER_MS = 1e6;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

class WireProgram {
  readonly #options: WireOptions;
  readonly #line: NoisyLine;
  readonly #devices: readonly Pty[];
  readonly #delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #host: Pty | null = null;
  #queue: Delivery[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#line = new NoisyLine(new SeededRandom(options.seed), options.baudRate);
    this.#line.noise(options.noise);
    this.#devices = Array.from(
      { length: options.devices },
      (_, index) => new Pty((bytes) => this.#carry(index, bytes)),
    );
    this.#plug();
    this.#delays.enable();
  }

  get devicePorts(): readonly string[] {
    return this.#devices.map(({ path }) => path);
  }

  obey(command: WireCommand): unknown {
    switch (command.verb) {
      case "noise":
        return this.#line.noise(command.noise);
      case "cut":
        return this.#line.cut(true);
      case "restore":
        return this.#line.cut(false);
      case "unplug":
        return this.#unplug();
      case "plug":
        return this.#plug();
      case "stats":
        return { ...this.#line.stats, stalledMsMax: this.#delays.max / NANOSECONDS_PER_MS };
      case "log":
        return this.#line.log();
    }
  }

  /** Another pseudo-terminal under the same name, as an adapter comes back under its by-id link. */
  #plug(): void {
    if (this.#host !== null) return;
    this.#host = new Pty((bytes) => this.#carry(HOST, bytes));
    symlinkSync(this.#host.path, this.#options.hostPort);
  }

  #unplug(): void {
    rmSync(this.#options.hostPort, { force: true });
    this.#host?.close();
    this.#host = null;
  }

  #carry(from: number, bytes: Uint8Array): void {
    this.#queue.push(...this.#line.carry(from, bytes, nowMs()));
    // Stable: what leaves one end stays in order.
    this.#queue.sort((one, other) => one.at - other.at);
    this.#pump();
  }

  #pump(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const waitMs = next.at - nowMs();
      if (waitMs > TIMER_SLACK_MS) {
        this.#timer = setTimeout(() => this.#pump(), Math.floor(waitMs - TIMER_SLACK_MS / 2));
        return;
      }
      if (waitMs > 0) Atomics.wait(sleeper, 0, 0, waitMs);
      this.#queue.shift();
      this.#deliver(next);
    }
  }

  #deliver({ from, address, bytes }: Delivery): void {
    if (from !== HOST) this.#host?.write(bytes);
    const { units } = this.#options;
    for (const [index, device] of this.#devices.entries()) {
      const isMeant = units === undefined ? from !== index : from < 0 && units[index] === address;
      if (isMeant) device.write(bytes);
    }
  }
}

function tell(answer: WireAnswer): void {
  process.send?.(answer);
}

goFirst(process.pid);
const program = new WireProgram(JSON.parse(process.argv[2]!) as WireOptions);
process.on("message", (command: WireCommand) => {
  tell({ id: command.id, value: program.obey(command) ?? null });
});
process.on("disconnect", () => process.exit());
tell({ id: 0, value: program.devicePorts });
