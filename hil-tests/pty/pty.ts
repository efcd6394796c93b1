// A pseudo-terminal pair: the far end is a device file that a serial library opens like any other,
// the near end belongs to the rig. Node has no openpty, but it takes two ioctls on /dev/ptmx.

import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import koffi from "koffi";

const { O_NOCTTY, O_NONBLOCK, O_RDWR } = constants;
/** `_IOW('T', 0x31, int)`: lock or unlock the far end. */
const TIOCSPTLCK = 0x40045431;
/** `_IOR('T', 0x30, unsigned int)`: the number in /dev/pts. */
const TIOCGPTN = 0x80045430;

const ioctl = koffi
  .load("libc.so.6")
  .func("int ioctl(int fd, unsigned long request, _Inout_ int *value)");

export class Pty {
  /** `/dev/pts/N` */
  readonly path: string;
  readonly #near: number;
  readonly #reader: ReadStream;
  /** Held open, because the near end reads EIO while nobody has the far end open. */
  readonly #far: number;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#near = openSync("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    ask(this.#near, TIOCSPTLCK, 0);
    this.path = `/dev/pts/${ask(this.#near, TIOCGPTN, 0)}`;
    this.#far = openSync(this.path, O_RDWR | O_NOCTTY);
    // Else the kernel would echo, and turn line feeds into two bytes.
    execFileSync("stty", ["-F", this.path, "raw", "-echo"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#reader = new ReadStream(this.#near);
    this.#reader.on("data", onBytes);
    // Nothing is read after close; before it, a failing pseudo-terminal must end the rig.
    this.#reader.on("error", (error) => {
      if (!this.#reader.destroyed) throw error;
    });
  }

  /** What does not fit is lost, as in a UART that nobody reads. */
  write(bytes: Uint8Array): void {
    try {
      writeSync(this.#near, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }

  /** The device file goes; who has it open reads its end. */
  close(): void {
    closeSync(this.#far);
    this.#reader.destroy();
  }
}

function ask(fd: number, request: number, value: number): number {
  const cell = [value];
  if (ioctl(fd, request, cell) !== 0) throw new Error(`ioctl ${request.toString(16)} failed`);
  return cell[0]!;
}
