// What carries bytes for a line without transaction ids: a serial port, or a TCP connection to a
// device server that has one. Both are alike from here: bytes come, bytes go, and it can end.

import { Socket } from "node:net";
import type { Timers } from "../../runtime/signal/timers.ts";
import {
  closeSerialPort,
  openSerialPort,
  type SerialPort,
  type SerialPortSettings,
} from "../shared/serial-port.ts";
import { connectSocket, type SocketTarget } from "./socket.ts";

/** Called until the port has closed; `onClose` once, with the reason as the rest of a sentence. */
export interface ByteListener {
  onBytes(bytes: Uint8Array): void;
  onClose(why: string): void;
}

export interface BytePort {
  readonly isOpen: boolean;
  write(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Rejects with a fault of the bus where nothing can be opened. */
export type OpenPort = (listener: ByteListener) => Promise<BytePort>;

export function serialOpener(
  settings: SerialPortSettings,
  place: string,
  timers: Timers,
): OpenPort {
  return async (listener) => {
    const port = await openSerialPort(settings, place, timers);
    port.on("data", (chunk: Buffer) => listener.onBytes(chunk));
    port.once("close", (error: Error | null) =>
      listener.onClose(error ? "the port is gone (unplugged?)" : "it was closed"),
    );
    return new SerialBytePort(port, timers);
  };
}

class SerialBytePort implements BytePort {
  readonly #port: SerialPort;
  readonly #timers: Timers;

  constructor(port: SerialPort, timers: Timers) {
    this.#port = port;
    this.#timers = timers;
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  write(bytes: Uint8Array): void {
    // A write that fails shows as `close`, or as an answer that never comes.
    this.#port.write(Buffer.from(bytes));
  }

  async close(): Promise<void> {
    await closeSerialPort(this.#port, this.#timers);
  }
}

export function socketOpener(target: SocketTarget, place: string, timers: Timers): OpenPort {
  return async (listener) => {
    const socket = new Socket();
    let why = "the other side closed it";
    await connectSocket(socket, target, place, timers);
    socket.on("error", (error) => {
      why = error.message;
    });
    socket.on("data", (chunk: Buffer) => listener.onBytes(chunk));
    socket.once("close", () => listener.onClose(why));
    return {
      get isOpen() {
        return socket.readyState === "open";
      },
      write: (bytes) => void socket.write(bytes),
      async close() {
        socket.destroy();
      },
    };
  };
}
