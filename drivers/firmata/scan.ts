// Looks at the board on a port, for a person who sets one up: its sketch, its version, and what its
// pins can do. It changes nothing on the board; that opening the port resets some boards cannot be
// helped.

import { silentWire } from "../../runtime/signal/wire.ts";
import type { Found, ScanContext } from "../driver.ts";
import { closeSerialPort } from "../shared/serial-port.ts";
import { BoardLine } from "./board-line.ts";
import { describeFirmware, handshake } from "./handshake.ts";
import { type FirmataIo, forgetBoard, loadLibraries } from "./libraries.ts";
import { MODE } from "./pin-modes.ts";
import { openBoardPort } from "./port.ts";
import type { BusSettings } from "./settings.ts";

/** A boot loader, and the questions after it. */
const SCAN_MS = 10_000;

const CAPABILITIES: readonly (readonly [number, string])[] = [
  [MODE.input, "digital input"],
  [MODE.pullUp, "pull-up"],
  [MODE.output, "output"],
  [MODE.pwm, "PWM"],
  [MODE.servo, "servo"],
  [MODE.i2c, "I2C"],
];

export async function* scanBoard(context: ScanContext<BusSettings>): AsyncGenerator<Found> {
  const { settings, timers, stop, progress } = context;
  const place = `Board (${settings.port})`;
  progress(`opening ${settings.port}`);
  const port = await openBoardPort(settings, place, timers);
  const line = new BoardLine(silentWire, SILENT, (bytes) => void port.write(bytes));
  port.on("data", (bytes: Uint8Array) => line.receive(bytes));
  try {
    progress("waiting for the board to tell about itself");
    const libraries = await loadLibraries();
    const parts = { line, place, timers, timeoutMs: SCAN_MS, signal: stop };
    const board = await handshake(libraries, parts);
    yield { where: settings.port, what: describeFirmware(board.io), settings: {} };
    yield* pinsOf(board.io);
    forgetBoard(libraries.five, board);
  } catch (error) {
    // The person has seen enough: no fault of anybody.
    if (!stop.aborted) throw error;
  } finally {
    line.end();
    await closeSerialPort(port, timers);
  }
}

function* pinsOf(io: FirmataIo): Generator<Found> {
  for (const [pin, { supportedModes }] of io.pins.entries()) {
    const able = CAPABILITIES.filter(([mode]) => supportedModes.includes(mode));
    const channel = io.analogPins.indexOf(pin);
    if (able.length === 0 && channel === -1) continue;
    const words = able.map(([, word]) => word);
    if (channel !== -1) words.unshift(`analog input ${channel}`);
    const settings = channel === -1 ? { digital: { pin } } : { analog: channel };
    yield { where: `pin ${pin}`, what: words.join(", "), settings };
  }
}

const SILENT = {
  version() {},
  firmware() {},
  pinState() {},
  i2cReply() {},
  i2cShort() {},
  text() {},
  nonsense() {},
};
