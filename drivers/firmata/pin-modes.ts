// What a pin can be, in the numbers of the protocol, and whether the board's pins can be what the
// machine file asks of them.

import { Fault } from "../../runtime/signal/fault.ts";
import type { FirmataIo } from "./libraries.ts";
import type { PointSettings } from "./settings.ts";

export const MODE = { input: 0, output: 1, analog: 2, pwm: 3, servo: 4, i2c: 6, pullUp: 11 };

/** Throws SETTING_INVALID where the board does not have what the point asks for. */
export function assertFits(
  name: string,
  settings: PointSettings,
  io: FirmataIo,
  place: string,
): void {
  const { analogPins, pins } = io;
  const { analog, digital, relay, pwm, servo, sensor } = settings;
  if (analog !== undefined && analogPins[analog] === undefined) {
    throw new Fault(
      "SETTING_INVALID",
      `${name}: ${place} has no analog input ${analog}.`,
      `It has ${analogPins.length}, counted from 0.`,
    );
  }
  const wanted: readonly (readonly [number | undefined, number, string])[] = [
    [digital?.pin, digital?.pullUp ? MODE.pullUp : MODE.input, "digital input"],
    [relay?.pin, MODE.output, "digital output"],
    [pwm?.pin, MODE.pwm, "PWM output"],
    [servo?.pin, MODE.servo, "servo output"],
  ];
  for (const [pin, mode, what] of wanted) {
    if (pin === undefined || pins[pin]?.supportedModes.includes(mode)) continue;
    const able = [...pins.keys()].filter((each) => pins[each]?.supportedModes.includes(mode));
    throw new Fault(
      "SETTING_INVALID",
      `${name}: pin ${pin} of ${place} is not able to be a ${what}.`,
      `These are: ${able.join(", ") || "none"}.`,
    );
  }
  if (sensor && !pins.some((each) => each.supportedModes.includes(MODE.i2c))) {
    throw new Fault(
      "SETTING_INVALID",
      `${name}: the sketch on ${place} has no I2C.`,
      "Flash StandardFirmata, or ConfigurableFirmata with I2C.",
    );
  }
}
