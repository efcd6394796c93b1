// What can be wrong with a board, in words: each names the board and what to try.

import { Fault } from "../../runtime/signal/fault.ts";

export function notRunning(place: string): Fault {
  return new Fault("BUS_CLOSED", `${place} is not running.`, "Wait until its device is up again.");
}

export function unplugged(place: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place}: its port is gone.`,
    "Look at the cable and at the board's supply.",
  );
}

export function wasReset(place: string, sign: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} has been reset: ${sign}.`,
    "Look at its supply: a relay or motor that switches may pull it down.",
  );
}

export function silent(place: string, what: string): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${place} ${what}.`,
    "Look at its supply and its cable; does its sketch still run?",
  );
}

export function nonsense(place: string, what: string): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${place} does not speak Firmata as it should: ${what}.`,
    "Flash StandardFirmata 2.5 or later; look at the baud rate and the cable.",
  );
}

/** It may have lost its supply, and with it its setup, which johnny-five makes once alone. */
export function sensorBack(place: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} is set up again, because an I2C sensor that was away is back.`,
    "Where it happens again, look at the sensor's supply and wires.",
  );
}

/** Of an I2C sensor on a board. */
interface SensorPlace {
  readonly controller: string;
  readonly address: number;
}

export function noAnswer(place: string, sensor: SensorPlace): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${place}: ${describe(sensor)} does not answer.`,
    "Look at its supply, at SDA and SCL with their pull-ups, and at its address.",
  );
}

export function noAcknowledge(place: string, sensor: SensorPlace): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `${place}: ${describe(sensor)} does not acknowledge.`,
    "Look at its supply, at SDA and SCL with their pull-ups, and at its address.",
  );
}

export function noMeasurement(place: string, sensor: SensorPlace): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${place}: ${describe(sensor)} answers without a measurement.`,
    "Its supply may have failed for a moment: look at it, and at SDA and SCL.",
  );
}

function describe({ controller, address }: SensorPlace): string {
  return `${controller} at 0x${address.toString(16)}`;
}
