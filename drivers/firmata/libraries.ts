// johnny-five and firmata-io, loaded at first use, and kept from what does not belong into a
// service: johnny-five would print, open a prompt on the terminal, and end the process at Ctrl-C.

import type { EventEmitter } from "node:events";
import type { Firmata } from "firmata-io";
import type { ComponentName } from "./sensor-table.ts";

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

/** A sensor's component; its values are properties, and zero while nothing was measured. */
export type FiveComponent = EventEmitter & Readonly<Record<string, unknown>>;

interface ComponentOptions {
  readonly board: FiveBoard;
  readonly controller: string;
  readonly address: number;
  readonly freq: number;
}

export interface Five {
  readonly Board: { new (options: object): FiveBoard; readonly cache: FiveBoard[] };
  readonly Relay: new (options: { board: FiveBoard; pin: number; type: "NC" | "NO" }) => FiveRelay;
  readonly Servo: new (options: {
    board: FiveBoard;
    pin: number;
    pwmRange: readonly number[];
  }) => FiveServo;
  readonly components: Readonly<
    Record<ComponentName, new (options: ComponentOptions) => FiveComponent>
  >;
}

export interface Libraries {
  readonly five: Five;
  readonly Firmata: typeof Firmata;
}

/**
 * johnny-five tells a component's value again and again by a timer of this period, once there is
 * one. Only the first time is of use here: until then its properties are made-up zeros.
 */
export const TELLING_MS = 250;

export async function loadLibraries(): Promise<Libraries> {
  const [five, firmata] = await Promise.all([import("johnny-five"), import("firmata-io")]);
  const all = five.default as unknown as Five & Five["components"];
  return { five: { ...all, components: all }, Firmata: firmata.default.Firmata };
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
  board.removeAllListeners();
  board.io.removeAllListeners();
}
