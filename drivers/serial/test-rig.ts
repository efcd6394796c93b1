// What the tests of this driver share: a device server on loopback that a test plays, with the
// bytes it was sent; and the bus on the real driver.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { type Log, silentLog } from "../../runtime/signal/log.ts";
import { type DeviceUnderTest, makeBus, type OpenedBus } from "../shared/test-rig.ts";
import { serialDriver } from "./serial.ts";

/** The real ones: what is tested here are real sockets and pseudo-terminals. */
export const clock = new HostClock({ boot: "boot-1", synchronised: () => false });

export function openBus(
  settings: Readonly<Record<string, unknown>>,
  devices: readonly DeviceUnderTest[],
  log?: Log,
): OpenedBus {
  const parts = { clock, timers: hostTimers, settings, devices };
  return makeBus(serialDriver, log === undefined ? parts : { ...parts, log });
}

/** A serial device server whose line the test plays. */
export class FarEnd {
  readonly #server: Server;
  #socket: Socket | null = null;
  /** Everything that was sent to it, as text. */
  heard = "";
  connections = 0;
  #wake: (() => void)[] = [];

  constructor(onRequest: (request: string, far: FarEnd) => void = () => {}) {
    this.#server = createServer((socket) => {
      this.#socket = socket;
      this.connections += 1;
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => {
        this.heard += bytes.toString("latin1");
        onRequest(bytes.toString("latin1"), this);
        for (const wake of this.#wake.splice(0)) wake();
      });
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  async open(port = 0): Promise<string> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  say(text: string): void {
    this.#socket?.write(Buffer.from(text, "latin1"));
  }

  /** Waits until the condition holds; it is looked at when somebody connects or sends. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** The cable is pulled out. */
  hangUp(): void {
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }
}

/** Closed when the test has ended. */
export async function farEnd(onRequest?: (request: string, far: FarEnd) => void) {
  const far = new FarEnd(onRequest);
  const tcp = await far.open();
  onTestFinished(() => far.close());
  return { far, tcp };
}

/** One device on a device server; closed when the test has ended. */
export function oneDevice(
  tcp: string,
  settings: Readonly<Record<string, unknown>>,
  points: readonly Readonly<Record<string, unknown>>[],
  bus: Readonly<Record<string, unknown>> = {},
  log: Log = silentLog,
) {
  const opened = openBus({ tcp, latenessMax: "20ms", ...bus }, [{ settings, points }], log);
  onTestFinished(() => opened.bus.close());
  const { sinks, wires } = opened;
  return { device: opened.bus.devices[0]!, bus: opened.bus, sink: sinks[0]!, wire: wires[0]! };
}

/** A fault with this code whose message fits. */
export const fault = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** A device that answers `R`. */
export const asked = { request: "R\\r", framing: { line: "\\r" }, timeout: "100ms" };
