// The parts of firmata-io that are used here; the package brings no types.

declare module "firmata-io" {
  import type { EventEmitter } from "node:events";

  interface FirmataPin {
    readonly supportedModes: readonly number[];
    /** What was written to it last, in the unit of the wire. */
    value: number;
  }

  class Firmata extends EventEmitter {
    constructor(transport: EventEmitter, options: { reportVersionTimeout: number });
    readonly reportVersionTimeoutId: NodeJS.Timeout;
    readonly pins: readonly FirmataPin[];
    /** The pin behind each analog channel. */
    readonly analogPins: readonly number[];
    readonly RESOLUTION: { readonly ADC: number | null; readonly PWM: number | null };
    readonly version: { readonly major?: number; readonly minor?: number };
    readonly firmware: {
      readonly name?: string;
      readonly version?: { readonly major: number; readonly minor: number };
    };
    reset(): void;
    setSamplingInterval(intervalMs: number): void;
    pinMode(pin: number, mode: number): void;
    analogRead(channel: number, take: (value: number) => void): void;
    digitalRead(pin: number, take: (value: number) => void): void;
    digitalWrite: (pin: number, level: number) => void;
    pwmWrite(pin: number, value: number): void;
  }

  const bind: { readonly Firmata: typeof Firmata };
  export = bind;
}
