// The far end of a pseudo-terminal, read and written as text: for tests of the wire and for peers
// that the rig plays itself.

import { closeSync, constants, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";

const { O_NOCTTY, O_NONBLOCK, O_RDWR } = constants;

export class TextPort implements Disposable {
  /** What has arrived so far; each character is one byte. */
  text = "";
  /** Resolves when the port is gone. */
  readonly ended: Promise<void>;
  readonly #fd: number;
  readonly #reader: ReadStream;

  constructor(path: string) {
    this.#fd = openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    this.#reader = new ReadStream(openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK));
    this.#reader.on("data", (bytes: Buffer) => {
      this.text += bytes.toString("latin1");
    });
    this.ended = new Promise((resolve) => {
      this.#reader.on("end", resolve);
      // EIO: the other end of a pseudo-terminal was closed.
      this.#reader.on("error", () => resolve());
    });
  }

  write(text: string): void {
    writeSync(this.#fd, text, null, "latin1");
  }

  /** What has arrived since the last call. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  [Symbol.dispose](): void {
    this.#reader.destroy();
    closeSync(this.#fd);
  }
}
