// Cuts the bytes of a Firmata board into messages (Firmata protocol 2.x: a channel message has
// three bytes, a system message begins with 0xF0 and ends with 0xF7). What fits into neither is
// noise: it is counted and thrown away, so that nothing behind here sees half a message.

export const SYSEX_START = 0xf0;
export const SYSEX_END = 0xf7;
export const REPORT_VERSION = 0xf9;
const DIGITAL_REPORT = 0x90;
const ANALOG_REPORT = 0xe0;

/** The capabilities of the largest boards have some two thousand bytes. */
const MESSAGE_BYTES_MAX = 8_192;

const SHORT_MESSAGE_BYTES = 3;

export class MessageSplitter {
  readonly #onMessage: (message: Uint8Array) => void;
  readonly #buffer = new Uint8Array(MESSAGE_BYTES_MAX);
  #length = 0;
  /** Bytes that belonged to no message. */
  noiseBytes = 0;

  /** The message is good until the call returns. */
  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
  }

  #take(byte: number): void {
    const isData = byte < 0x80;
    if (isData && this.#length === 0) {
      this.noiseBytes += 1;
      return;
    }
    const isInSysex = this.#buffer[0] === SYSEX_START && this.#length > 0;
    if (!isData && !(isInSysex && byte === SYSEX_END)) {
      // A message begins, so that whatever was before it has lost its end.
      this.#drop();
      if (!begins(byte)) {
        this.noiseBytes += 1;
        return;
      }
    }
    if (this.#length === MESSAGE_BYTES_MAX) {
      this.#drop();
      this.noiseBytes += 1;
      return;
    }
    this.#buffer[this.#length++] = byte;
    const isWhole = isInSysex
      ? byte === SYSEX_END
      : this.#buffer[0] !== SYSEX_START && this.#length === SHORT_MESSAGE_BYTES;
    if (!isWhole) return;
    const message = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    this.#onMessage(message);
  }

  #drop(): void {
    this.noiseBytes += this.#length;
    this.#length = 0;
  }
}

/** What a board sends; the rest of the protocol goes the other way. */
function begins(byte: number): boolean {
  const channel = byte & 0xf0;
  const isReport = channel === DIGITAL_REPORT || channel === ANALOG_REPORT;
  return isReport || byte === REPORT_VERSION || byte === SYSEX_START;
}
