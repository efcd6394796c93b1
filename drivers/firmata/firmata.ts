// The driver for boards that run a Firmata sketch: a microcontroller's pins, and the I2C sensors on
// it, over a serial port.

import { Fault } from "../../runtime/signal/fault.ts";
import { type Bus, type Device, defineDriver } from "../driver.ts";
import { BoardLife, type LifeParts } from "./board-life.ts";
import { scanBoard } from "./scan.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

/**
 * johnny-five keeps a part of each board for ever. After so many lives this process is to be
 * replaced: `start` says DRIVER_ENDED, and who runs it makes another.
 */
const LIVES_MAX = 100;

let livesBegun = 0;

export const firmataDriver = defineDriver({
  name: "firmata",
  summary: "Pins and I2C sensors of a microcontroller that runs a Firmata sketch",
  bus: busSettings,
  device: deviceSettings,
  point: pointSettings,
  ownProcess: true,
  create({ name, settings, devices, clock, timers, log }): Bus {
    const place = `Board ${name} (${settings.port})`;
    const made = devices.map(
      (device, index) =>
        new FirmataDevice({ place, bus: settings, device, clock, timers, log }, index === 0),
    );
    return {
      devices: made,
      async close() {
        await Promise.all(made.map((device) => device.close()));
      },
    };
  },
  scan: (context) => scanBoard(context),
});

class FirmataDevice implements Device {
  readonly #parts: Omit<LifeParts, "onLost" | "onBoard">;
  readonly #isFirst: boolean;
  #life: BoardLife | null = null;
  #isClosed = false;

  constructor(parts: Omit<LifeParts, "onLost" | "onBoard">, isFirst: boolean) {
    this.#parts = parts;
    this.#isFirst = isFirst;
  }

  async start(): Promise<void> {
    const { place, device } = this.#parts;
    if (!this.#isFirst) {
      throw new Fault(
        "SETTING_INVALID",
        `Device ${device.name}: ${place} is one device already.`,
        "Put all signals of a board on one device.",
      );
    }
    if (this.#isClosed) {
      throw new Fault("BUS_CLOSED", `${place} is being closed.`, "Start the meter again.");
    }
    if (livesBegun >= LIVES_MAX) {
      throw new Fault(
        "DRIVER_ENDED",
        `${place}: this process has begun ${LIVES_MAX} times with a board, which is all it may.`,
        "The process is replaced; look at why the board is lost so often.",
      );
    }
    const life = new BoardLife({
      ...this.#parts,
      onLost: (fault) => {
        this.#life = null;
        device.sink.lost(fault);
      },
      onBoard: () => {
        livesBegun += 1;
      },
    });
    this.#life = life;
    try {
      await life.begin();
    } catch (error) {
      this.#life = null;
      throw error;
    }
  }

  async write(point: number, raw: number): Promise<void> {
    const { place } = this.#parts;
    if (this.#life === null) {
      throw new Fault("BUS_CLOSED", `${place} is not running.`, "Wait until it is up again.");
    }
    await this.#life.write(point, raw);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#life?.close();
  }
}
