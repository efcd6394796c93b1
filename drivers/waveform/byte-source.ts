// Where raw bytes come from: a recording, a named pipe, a socket, a serial port. A command has a
// file of its own.

import { constants, createReadStream, open, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { connect, Socket } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { closeSerialPort, openSerialPort, type SerialPortSettings } from "../shared/serial-port.ts";
import { CHUNK_BYTES_MAX } from "./frame-decoder.ts";
import { parseAddress } from "./settings.ts";

export interface ByteSource {
  /** What goes wrong after opening is its `error`. */
  readonly stream: Readable;
  /** How it came to its end, in a few words. Waits for them briefly where it must. */
  reasonOfEnd(): Promise<string>;
  /** Lets go of everything behind the stream, within 2 s. Never rejects. */
  close(): Promise<void>;
}

const openFile = promisify(open);

export function openTcp(address: string): ByteSource {
  const { host, port } = parseAddress(address)!;
  return plainSource(connect({ host, port }), "the other side closed the connection");
}

export async function openRecording(path: string): Promise<ByteSource> {
  if (!(await statOf(path)).isFile()) {
    throw new Fault(
      "SETTING_INVALID",
      `${path} is not a regular file.`,
      "Use `fifo:` for a named pipe, and `command: [cat, PATH]` for a character device.",
    );
  }
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES_MAX });
  return plainSource(stream, "the file is at its end");
}

/**
 * Opening a named pipe for reading waits for its first writer, in one of the few threads that all
 * files share; opened without waiting and read like a socket, it costs none.
 */
export async function openFifo(path: string): Promise<ByteSource> {
  if (!(await statOf(path)).isFIFO()) {
    throw new Fault(
      "SETTING_INVALID",
      `${path} is not a named pipe.`,
      "Make it with mkfifo, or use `file:` for a recording.",
    );
  }
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd, readable: true, writable: false });
  return plainSource(stream, "its last writer closed it");
}

/** `place` begins the message of a fault. */
export async function openSerial(
  settings: SerialPortSettings,
  place: string,
  timers: Timers,
): Promise<ByteSource> {
  const stream = await openSerialPort(settings, place, timers);
  return {
    stream,
    reasonOfEnd: async () => "the port hung up",
    async close() {
      await closeSerialPort(stream, timers);
    },
  };
}

function statOf(path: string): Promise<Stats> {
  return stat(path);
}

function plainSource(stream: Readable, reason: string): ByteSource {
  return {
    stream,
    reasonOfEnd: async () => reason,
    async close() {
      stream.destroy();
    },
  };
}
