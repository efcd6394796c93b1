// GPIO: levels, pulses and outputs on the controller's own pins, or on those of an expander, as
// the kernel offers them.

import { type Bus, type Driver, defineDriver, type Found } from "../driver.ts";
import type { Chip, GpioBackend, Line } from "./backend.ts";
import { BackendChoice, type ChoiceParts } from "./backend-choice.ts";
import { GpioDevice } from "./gpio-device.ts";
import { headerPin } from "./raspberry-pi.ts";
import { isNamed } from "./resolve.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

/** The driver over the back-end that `choose` makes for each bus; a test makes its own. */
export function makeGpioDriver(choose: (parts: ChoiceParts) => () => GpioBackend): Driver {
  return defineDriver({
    name: "gpio",
    summary: "Levels, pulses and outputs on pins of the controller",
    bus: busSettings,
    device: deviceSettings,
    point: pointSettings,
    // Outputs reach their safe state also when the meter is killed: this process lives on to do it.
    ownProcess: true,
    create({ devices, settings, clock, timers, log, onlyLooks = false as boolean }): Bus {
      const backend = choose({ wanted: settings.backend, clock, timers });
      const platform = { backend, clock, timers, log, onlyLooks };
      const made = devices.map((device) => new GpioDevice(device, platform));
      // A defect anywhere in this process must not leave an output as it was.
      const makeSafe = () => {
        for (const device of made) device.makeSafe();
      };
      process.once("exit", makeSafe);
      return {
        devices: made,
        async close() {
          process.removeListener("exit", makeSafe);
          await Promise.all(made.map((device) => device.close()));
        },
      };
    },
    async *scan({ settings, clock, timers, stop, progress }) {
      const backend = choose({ wanted: settings.backend, clock, timers })();
      progress(`the lines that the kernel offers through ${SPOKEN[backend.name]}`);
      for (const chip of await backend.chips()) {
        for (const line of chip.lines) {
          if (stop.aborted) return;
          yield foundLine(chip, line, chip.lines);
        }
      }
    },
  });
}

const SPOKEN = { "character-device": "the character device", sysfs: "sysfs" } as const;

export const gpioDriver = makeGpioDriver((parts) => {
  const choice = new BackendChoice(parts);
  return () => choice.get();
});

function foundLine(chip: Chip, line: Line, siblings: readonly Line[]): Found {
  // A name that the chip gives twice does not tell which line is meant.
  const isUnique = siblings.filter(({ name }) => name === line.name).length === 1;
  const place = `${chip.label} offset ${line.offset}`;
  const state = [
    isNamed(line.name) ? place : chip.name,
    headerPin(chip.label, line.offset),
    line.direction ?? "",
    line.isUsed ? `in use by ${line.consumer === "" ? "the kernel" : line.consumer}` : "free",
  ];
  const settings =
    isNamed(line.name) && isUnique
      ? { line: line.name }
      : { line: { chip: chip.label, offset: line.offset } };
  return {
    where: isNamed(line.name) ? line.name : place,
    what: state.filter((part) => part !== "").join(", "),
    settings,
  };
}
