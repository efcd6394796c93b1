// What a driver tells of the traffic with one device: each frame is counted, and kept only while
// somebody traces the device.

export interface Wire {
  /** True while somebody looks: only then is a frame's text worth making. */
  readonly isTraced: boolean;
  /** A question, or the whole of a write. */
  sent(frame: Uint8Array | string): void;
  /** What came back or came unasked, as it came: also what did not pass its check. */
  received(frame: Uint8Array | string): void;
  /** Frames that nobody wanted to see, told as numbers: for those who bring them in batches. */
  counted(sent: number, received: number): void;
}

/** For tests, and for tools that look at values alone. */
export const silentWire: Wire = { isTraced: false, sent() {}, received() {}, counted() {} };
