// Looks at what arrives over Modbus TCP before modbus-serial does. The library checks lengths,
// function and unit of an answer, but not the protocol id, not the sanity of the length, and not
// the unit of an exception; bytes that are no Modbus at all it would collect until the timeout.

/**
 * Transaction id, protocol id, length, unit id: Modbus Messaging Implementation Guide V1.0b,
 * 3.1.3.
 */
const HEADER_BYTES = 7;

/** Unit id, function and at least one byte; at most a PDU of 253 bytes and the unit id. */
const LENGTH_MIN = 3;
const LENGTH_MAX = 254;

/** Answers to earlier requests may stand before the one that is awaited; not many. */
const FRAMES_MAX = 8;

export class FrameCheck {
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES));
  #headerBytes = 0;
  #bodyBytesLeft = 0;
  #unitId: number | null = null;
  /** Since the request that is under way, or since the last one ended. */
  #frames = 0;

  /** The unit whose answer is awaited; null while none is. */
  expect(unitId: number | null): void {
    this.#unitId = unitId;
    this.#frames = 0;
  }

  /** What is wrong with the bytes, as the rest of a sentence; null where nothing is. */
  feed(chunk: Uint8Array): string | null {
    let position = 0;
    while (position < chunk.length) {
      const skipped = Math.min(this.#bodyBytesLeft, chunk.length - position);
      this.#bodyBytesLeft -= skipped;
      position += skipped;
      if (position === chunk.length) return null;
      this.#header.setUint8(this.#headerBytes, chunk[position]!);
      this.#headerBytes += 1;
      position += 1;
      if (this.#headerBytes < HEADER_BYTES) continue;
      const wrong = this.#wrongInHeader();
      if (wrong !== null) return wrong;
      this.#headerBytes = 0;
      this.#bodyBytesLeft = this.#header.getUint16(4) - 1;
    }
    return null;
  }

  #wrongInHeader(): string | null {
    const length = this.#header.getUint16(4);
    if (this.#header.getUint16(2) !== 0) return "sent bytes that are not Modbus TCP";
    if (length < LENGTH_MIN || length > LENGTH_MAX) return `sent a frame of ${length} bytes`;
    const unitId = this.#header.getUint8(6);
    this.#frames += 1;
    if (this.#unitId === null) return "sends without being asked";
    if (this.#frames > FRAMES_MAX) return `sent more than ${FRAMES_MAX} frames to one request`;
    return unitId === this.#unitId ? null : `answered as unit ${unitId}`;
  }
}
