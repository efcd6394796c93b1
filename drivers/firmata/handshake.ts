// Gets to know a board: asks it for its version until it has answered, because a board whose port
// was opened may be resetting, and its boot loader listens to something else for a second or two.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { BoardLine } from "./board-line.ts";
import { type FirmataIo, type FiveBoard, type Libraries, makeBoard } from "./libraries.ts";

/** Often enough that a board which is ready at once is known at once. */
const ASK_MS = 500;

/** firmata-io would ask once, by a timer of its own; it is asked from here, and this never ends. */
const NEVER_MS = 2_147_483_647;

/** The first protocol in which a board has pull-ups and reports a port at once when it is asked. */
const PROTOCOL_MIN = 2.05;

export interface HandshakeParts {
  readonly line: BoardLine;
  readonly place: string;
  readonly timers: Timers;
  readonly timeoutMs: number;
  /** Aborted when there is no more use in it, with the reason to reject with. */
  readonly signal: AbortSignal;
}

/** Resolves with the board when its pins are known. */
export async function handshake(
  { five, Firmata }: Libraries,
  { line, place, timers, timeoutMs, signal }: HandshakeParts,
): Promise<FiveBoard> {
  const io = new Firmata(line, { reportVersionTimeout: NEVER_MS });
  writeSinglePins(io, line);
  const ask = () => {
    line.askVersion();
    line.askFirmware();
  };
  ask();
  const asking = timers.every(ASK_MS, ask);
  const ready = Promise.withResolvers<void>();
  const timer = timers.after(timeoutMs, () => ready.reject(noBoard(line, place, timeoutMs)));
  io.once("ready", () => ready.resolve());
  try {
    await unlessAborted(ready.promise, signal);
  } finally {
    asking.cancel();
    timer.cancel();
    clearTimeout(io.reportVersionTimeoutId);
  }
  assertProtocol(io, place);
  return await makeBoard(five, io);
}

/** What the work gives, or the reason of the abort where that comes first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * firmata-io writes the eight pins of a port at once, inputs among them as they were read: of an
 * input that was high StandardFirmata then switches the pull-up on. One pin at a time leaves the
 * others alone.
 */
function writeSinglePins(io: FirmataIo, line: BoardLine): void {
  io.digitalWrite = (pin, level) => {
    io.pins[pin]!.value = level;
    line.setPin(pin, level);
  };
}

/** `StandardFirmata.ino 2.5, protocol 2.7`. */
export function describeFirmware({ firmware, version }: FirmataIo): string {
  const { name = "a sketch without a name", version: own } = firmware;
  const sketch = own ? `${name} ${own.major}.${own.minor}` : name;
  return `${sketch}, protocol ${version.major}.${version.minor}`;
}

function assertProtocol(io: FirmataIo, place: string): void {
  const { major = 0, minor = 0 } = io.version;
  if (major + minor / 100 >= PROTOCOL_MIN) return;
  throw new Fault(
    "SETTING_INVALID",
    `${place} speaks Firmata ${major}.${minor}, which is too old.`,
    "Flash StandardFirmata 2.5 or later.",
  );
}

function noBoard(line: BoardLine, place: string, timeoutMs: number): Fault {
  const { bytesReceived, noiseBytes } = line;
  if (bytesReceived === 0) {
    return new Fault(
      "BUS_TIMEOUT",
      `${place} said nothing for ${timeoutMs} ms.`,
      "Is StandardFirmata flashed, and is this the board's port? Press its reset button.",
    );
  }
  const isNoise = noiseBytes > bytesReceived / 2;
  return new Fault(
    isNoise ? "BUS_WRONG_ANSWER" : "BUS_TIMEOUT",
    `${place} did not get ready within ${timeoutMs} ms: ${bytesReceived} bytes came, of which ` +
      `${noiseBytes} are not Firmata.`,
    "Does the baud rate fit the sketch (StandardFirmata: 57600)? Is this the board's port?",
  );
}
