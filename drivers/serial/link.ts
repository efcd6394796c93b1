// One connection to a serial line, from its opening to its end: a port of this machine, or a serial
// device server that passes the bytes on over TCP.

import { Socket } from "node:net";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { closeSerialPort, openSerialPort, type SerialPort } from "../shared/serial-port.ts";
import { type BusSettings, parseAddress } from "./settings.ts";

/**
 * After this many bytes reading waits for a moment, so that a line that floods leaves time for the
 * other devices. It is 640 times what 1,000,000 baud bring; the rest waits in the kernel.
 */
const BYTES_PER_TURN_MAX = 65_536;
const PAUSE_MS = 1;

export interface LinkEvents {
  onBytes(bytes: Buffer): void;
  /** Comes once, and not after `close`. */
  onEnd(fault: Fault): void;
}

export interface Link {
  /** Resolves when the bytes are with the system, which may be never where flow control holds. */
  send(bytes: Uint8Array): Promise<void>;
  /** Within 1 s; never rejects. */
  close(): Promise<void>;
}

/** Rejects with a `Fault`; `place` begins its message. */
export async function openLink(
  settings: BusSettings,
  place: string,
  timers: Timers,
  events: LinkEvents,
): Promise<Link> {
  const { port, tcp } = settings;
  if (tcp !== undefined) {
    const socket = await connect(tcp, settings.connectTimeout, place, timers);
    return new StreamLink(socket, place, timers, events);
  }
  const opened = await openSerialPort({ ...settings, port: port! }, place, timers);
  return new StreamLink(opened, place, timers, events);
}

class StreamLink implements Link {
  readonly #stream: SerialPort | Socket;
  readonly #timers: Timers;
  #isOver = false;
  #bytesInTurn = 0;

  constructor(stream: SerialPort | Socket, place: string, timers: Timers, events: LinkEvents) {
    this.#stream = stream;
    this.#timers = timers;
    let why = "it was closed";
    stream.on("error", (error: Error) => {
      why = reasonOf(error);
    });
    stream.on("data", (bytes: Buffer) => {
      if (this.#isOver) return;
      events.onBytes(bytes);
      this.#rest(bytes.length);
    });
    const ended = (error?: unknown) => {
      if (this.#isOver) return;
      this.#isOver = true;
      // The package says of a port that is gone only that its descriptor is bad.
      if (error instanceof Error) why = `the port was pulled out (${error.message})`;
      events.onEnd(
        new Fault(
          "BUS_CLOSED",
          `${place} lost its line: ${why}.`,
          "It is opened again by itself; look at plug and cable where this comes back.",
        ),
      );
    };
    stream.once("end", () => {
      why = "the other side closed it";
      if (stream instanceof Socket) stream.destroy();
    });
    stream.once("close", ended);
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      // Where it fails the line ends, which is told to all; where it waits, the request times out.
      this.#stream.write(Buffer.from(bytes), (error) => {
        if (!error) resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#isOver = true;
    if (this.#stream instanceof Socket) this.#stream.destroy();
    else await closeSerialPort(this.#stream, this.#timers);
  }

  #rest(bytes: number): void {
    this.#bytesInTurn += bytes;
    if (this.#bytesInTurn < BYTES_PER_TURN_MAX) return;
    this.#bytesInTurn = 0;
    this.#stream.pause();
    this.#timers.after(PAUSE_MS, () => void this.#stream.resume());
  }
}

function connect(
  address: string,
  timeoutMs: number,
  place: string,
  timers: Timers,
): Promise<Socket> {
  const { host, port } = parseAddress(address)!;
  const socket = new Socket();
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      timer.cancel();
      socket.destroy();
      reject(
        new Fault(
          "BUS_UNREACHABLE",
          `${place} cannot be reached: ${why}.`,
          "Is the device server switched on, in raw mode, and are host and port right?",
          { cause },
        ),
      );
    };
    const timer = timers.after(timeoutMs, () => fail(`no connection within ${timeoutMs} ms`));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      fail(error.code ?? error.message, error),
    );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.connect({ host, port }, () => {
      timer.cancel();
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
