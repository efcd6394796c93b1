// What the tests of this driver share: a device on the real driver with a sink that remembers, and
// a TCP server that sends what a test tells it to.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import type { Device, Sink } from "../driver.ts";
import { waveformDriver } from "./waveform.ts";

/** Odd, so that every value occurs; large, so that both bytes differ from sample to sample. */
export const SAWTOOTH_STEP = 1_031;

/** The real ones: what is tested here are real sockets, files and processes. */
export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What a device said, in the order in which it said it. */
export class Rig implements Sink {
  readonly device: Device;
  /** Samples by point. */
  readonly samples: number[][];
  readonly gaps: number[] = [];
  readonly faults: Error[] = [];
  readonly logged: string[] = [];
  /** Also gets each block, where a test wants to see it. */
  onBlock: (point: number, samples: Float32Array, count: number, at: number) => void = () => {};
  /** Closes the bus. */
  readonly close: () => Promise<void>;
  #wake = () => {};

  /** @param settings as they stand in the machine file. */
  constructor(
    { clock, timers }: Platform,
    settings: Readonly<Record<string, unknown>>,
    channels: readonly number[] = [0],
  ) {
    this.samples = channels.map(() => []);
    const say = (message: string) => void this.logged.push(message);
    const log: Log = { debug: say, info: say, warn: say, error: say };
    const bus = waveformDriver.create({
      name: "vibration",
      settings: waveformDriver.bus.parse({}),
      devices: [
        {
          name: "accelerometer",
          settings: waveformDriver.device.parse(settings),
          points: channels.map((channel, point) => ({
            name: `point${point}`,
            settings: waveformDriver.point.parse({ channel }),
          })),
          sink: this,
          wire: silentWire,
        },
      ],
      clock,
      timers,
      log,
    });
    this.device = bus.devices[0]!;
    this.close = () => bus.close();
  }

  start(): Promise<void> {
    return this.device.start!();
  }

  /** Waits until the condition holds; it is looked at whenever the device says something. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits until the device has fallen away and gives the reason. */
  async lostFault(): Promise<Error> {
    await this.until(() => this.faults.length > 0);
    return this.faults.at(-1)!;
  }

  block(point: number, samples: Float32Array, count: number, at: number): void {
    for (let index = 0; index < count; index++) this.samples[point]!.push(samples[index]!);
    this.onBlock(point, samples, count, at);
    this.#wake();
  }

  gap(point: number): void {
    this.gaps.push(point);
  }

  lost(fault: Error): void {
    this.faults.push(fault);
    this.#wake();
  }

  sample(): never {
    throw new Error("a waveform has no single samples");
  }

  bad(): never {
    throw new Error("a waveform has no bad samples");
  }
}

/** Serves each connection with `serve`, on loopback. */
export async function listen(serve: (socket: Socket) => unknown) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    // The reader may go away in the middle of a test.
    socket.on("error", () => socket.destroy());
    void serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A sawtooth over the whole range of 16 bits, little-endian. */
export function pcm16(count: number): { bytes: Buffer; samples: number[] } {
  const samples = Int16Array.from({ length: count }, (_, index) => index * SAWTOOTH_STEP);
  const bytes = Buffer.alloc(count * 2);
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(sample, index * 2);
  });
  return { bytes, samples: [...samples] };
}
