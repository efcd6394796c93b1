// johnny-five and firmata-io, loaded at first use, and kept from what does not belong into a
// service: johnny-five would print, open a prompt on the terminal, and end the process at Ctrl-C.

import type { EventEmitter } from "node:events";
import type { Firmata } from "firmata-io";

export type FirmataIo = InstanceType<typeof Firmata>;

export interface FiveBoard extends EventEmitter {
  readonly io: FirmataIo;
}

export interface FiveRelay {
  close(): void;
  open(): void;
}

export interface FiveServo {
  to(degrees: number): void;
}

interface ComponentOptions {
  readonly board: FiveBoard;
  readonly controller: string;
  readonly address: number;
  /** Without its timer, which would tell the latest value again and again. */
  readonly enabled?: boolean;
}

export interface Five {
  readonly Board: { new (options: object): FiveBoard; readonly cache: FiveBoard[] };
  readonly Relay: new (options: { board: FiveBoard; pin: number; type: "NC" | "NO" }) => FiveRelay;
  readonly Servo: new (options: {
    board: FiveBoard;
    pin: number;
    pwmRange: readonly number[];
  }) => FiveServo;
  readonly Thermometer: new (options: ComponentOptions) => { readonly celsius: number };
  readonly Accelerometer: new (
    options: ComponentOptions,
  ) => { readonly x: number; readonly y: number; readonly z: number };
  /**
   * What is behind its barometers and hygrometers, without these: each of them has a timer that
   * cannot be stopped and would keep the process from ending.
   */
  readonly IMU: {
    readonly Drivers: {
      get(board: FiveBoard, name: string, options: { address: number }): EventEmitter;
      /** Forgets the drivers of all boards; those in use go on. */
      clear(): void;
    };
  };
}

export interface Libraries {
  readonly five: Five;
  readonly Firmata: typeof Firmata;
}

export async function loadLibraries(): Promise<Libraries> {
  const [five, firmata] = await Promise.all([import("johnny-five"), import("firmata-io")]);
  return { five: five.default as unknown as Five, Firmata: firmata.default.Firmata };
}

/** A johnny-five board over a Firmata that is ready; quiet, and without a hand on the process. */
export function makeBoard(five: Five, io: FirmataIo): Promise<FiveBoard> {
  const board = new five.Board({ io, repl: false, debug: false, sigint: false });
  // Its errors are events; what they are about is seen on the line, where it is acted upon.
  board.on("error", () => {});
  return new Promise((resolve) => board.once("ready", () => resolve(board)));
}

/** johnny-five keeps every board in a list for ever: as far as it can be told, it is told. */
export function forgetBoard(five: Five, board: FiveBoard): void {
  const index = five.Board.cache.indexOf(board);
  if (index !== -1) five.Board.cache.splice(index, 1);
  five.IMU.Drivers.clear();
  board.removeAllListeners();
  board.io.removeAllListeners();
}
