// Which of the two back-ends a bus uses, decided at the first start that finds one: a chip on USB
// may come later.

import type { Clock } from "../../runtime/signal/instant.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { GpioBackend } from "./backend.ts";
import { CharacterDeviceBackend, chipNames, DEVICE_DIRECTORY } from "./character-device.ts";
import type { BusSettings } from "./settings.ts";
import { SYSFS_DIRECTORY, SysfsBackend } from "./sysfs.ts";

export interface ChoiceParts {
  readonly wanted: BusSettings["backend"];
  readonly clock: Clock;
  readonly timers: Timers;
  /** Where the kernel shows its chips; others in tests. */
  readonly devices?: string;
  readonly sysfs?: string;
}

export class BackendChoice {
  readonly #parts: ChoiceParts;
  readonly #characterDevice: CharacterDeviceBackend;
  readonly #sysfs: SysfsBackend;

  constructor(parts: ChoiceParts) {
    this.#parts = parts;
    const { clock, timers, devices = DEVICE_DIRECTORY, sysfs = SYSFS_DIRECTORY } = parts;
    this.#characterDevice = new CharacterDeviceBackend(devices);
    this.#sysfs = new SysfsBackend({ clock, timers, directory: sysfs });
  }

  get(): GpioBackend {
    const { wanted, devices = DEVICE_DIRECTORY } = this.#parts;
    if (wanted === "sysfs") return this.#sysfs;
    if (wanted === "character-device" || chipNames(devices).length > 0) {
      return this.#characterDevice;
    }
    // Where sysfs has no chip either, the message is about the character device.
    return this.#sysfs.hasChips() ? this.#sysfs : this.#characterDevice;
  }
}
