// A terminal whose device was pulled out reads as zero bytes. The package `serialport` (13.0)
// takes that for "nothing yet" and asks again at once, for ever: measured, a port that was pulled
// out while a read was under way never said `close` and kept one core busy. A port here is opened
// so that a read without data waits (VMIN is 1), so zero bytes always mean the end.

import { read } from "node:fs";
import { promisify } from "node:util";
import type { SerialPort } from "serialport";

const readFile = promisify(read);

/** What the package's own reading uses of its port, on every system but Windows. */
interface Descriptor {
  fd: number | null;
  readonly poller: {
    once(event: "readable", done: (error: Error | null) => void): unknown;
  };
}

/** Ended by who closed the port: the package takes errors with this mark for no loss. */
class CanceledError extends Error {
  readonly canceled = true;
}

/** Makes an open port say `close` when it reads as ended. Call it before anything is read. */
export function noticeHangUp(port: SerialPort): void {
  const binding = port.port;
  if (binding === undefined || !("poller" in binding)) return;
  const descriptor: Descriptor = binding;
  binding.read = async (buffer, offset, length) => {
    const bytesRead = await readSome(descriptor, buffer, offset, length);
    return { buffer, bytesRead };
  };
}

async function readSome(from: Descriptor, buffer: Buffer, offset: number, length: number) {
  for (;;) {
    if (from.fd === null) throw new CanceledError("the port has been closed");
    try {
      const { bytesRead } = await readFile(from.fd, buffer, offset, length, null);
      if (bytesRead > 0) return bytesRead;
    } catch (error) {
      if (!isNothingYet(error)) throw error;
      await readable(from);
      continue;
    }
    throw new Error("the port hung up");
  }
}

function isNothingYet(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAGAIN" || code === "EINTR";
}

function readable({ fd, poller }: Descriptor): Promise<void> {
  if (fd === null) return Promise.reject(new CanceledError("the port has been closed"));
  return new Promise((resolve, reject) => {
    poller.once("readable", (error) => (error === null ? resolve() : reject(error)));
  });
}
