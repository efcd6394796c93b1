// Messages of more than eight bytes, put together from the frames that carry them (SAE J1939-21
// §5.10). Heard only: a broadcast (BAM) has no other side, and of a transfer between two others the
// sender's half is enough.

import type { Mono } from "../../runtime/signal/instant.ts";
import { EVERYBODY } from "./identifier.ts";

const REQUEST_TO_SEND = 16;
const BROADCAST_ANNOUNCE = 32;
const ABORT = 255;

const BYTES_PER_FRAME = 7;
const BYTES_MIN = 9;
/** 255 frames of seven bytes, by the standard. */
const BYTES_MAX = 1_785;
/** Between two frames of a broadcast: T1. */
const BROADCAST_PAUSE_MAX_MS = 750;
/** Between two frames of a transfer, in which the receiver may make the sender wait: T2. */
const TRANSFER_PAUSE_MAX_MS = 1_250;
/**
 * Each sender has one broadcast and, to each receiver, one transfer: more is no machine's doing.
 */
const SESSIONS_MAX = 32;

export interface Message {
  readonly group: number;
  readonly source: number;
  readonly data: Uint8Array;
}

interface Session {
  readonly group: number;
  readonly source: number;
  readonly isBroadcast: boolean;
  readonly data: Uint8Array;
  readonly frames: number;
  /** Which frames have come, by sequence number less one. */
  readonly has: Uint8Array;
  received: number;
  heardAt: Mono;
}

export class Reassembly {
  /** Messages that were begun and not completed. */
  broken = 0;
  readonly #isWanted: (group: number, source: number) => boolean;
  /** By sender and receiver, oldest first. */
  readonly #sessions = new Map<number, Session>();

  constructor(isWanted: (group: number, source: number) => boolean) {
    this.#isWanted = isWanted;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** The frame that announces a message, or ends one. */
  control(source: number, destination: number, data: Uint8Array, at: Mono): void {
    if (data.length < 8) return;
    const kind = data[0]!;
    const key = keyOf(source, destination);
    if (kind !== REQUEST_TO_SEND && kind !== BROADCAST_ANNOUNCE && kind !== ABORT) return;
    if (this.#sessions.delete(key)) this.broken += 1;
    if (kind === ABORT) return;
    const bytes = data[1]! | (data[2]! << 8);
    const frames = data[3]!;
    const group = data[5]! | (data[6]! << 8) | (data[7]! << 16);
    const isBroadcast = kind === BROADCAST_ANNOUNCE;
    const fits = bytes >= BYTES_MIN && bytes <= BYTES_MAX;
    if (!fits || frames !== Math.ceil(bytes / BYTES_PER_FRAME)) return;
    if (isBroadcast !== (destination === EVERYBODY) || !this.#isWanted(group, source)) return;
    this.#makeRoom();
    this.#sessions.set(key, {
      ...{ group, source, isBroadcast, frames, received: 0, heardAt: at },
      data: new Uint8Array(bytes),
      has: new Uint8Array(frames),
    });
  }

  /** A frame with data: gives the message that it completes. */
  data(source: number, destination: number, data: Uint8Array, at: Mono): Message | null {
    const key = keyOf(source, destination);
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    const index = data[0]! - 1;
    const isExpected = session.isBroadcast
      ? index === session.received
      : index >= 0 && index < session.frames;
    if (data.length < 1 + BYTES_PER_FRAME || !isExpected || isOver(session, at)) {
      // A frame is missing, and nobody sends it again.
      this.#sessions.delete(key);
      this.broken += 1;
      return null;
    }
    const offset = index * BYTES_PER_FRAME;
    const bytes = Math.min(BYTES_PER_FRAME, session.data.length - offset);
    session.data.set(data.subarray(1, 1 + bytes), offset);
    // A receiver of a transfer may have asked for a frame again.
    if (session.has[index] === 0) session.received += 1;
    session.has[index] = 1;
    session.heardAt = at;
    if (session.received < session.frames) return null;
    this.#sessions.delete(key);
    return { group: session.group, source, data: session.data };
  }

  /** Forgets what is not continued. */
  sweep(at: Mono): void {
    for (const [key, session] of this.#sessions) {
      if (!isOver(session, at)) continue;
      this.#sessions.delete(key);
      this.broken += 1;
    }
  }

  #makeRoom(): void {
    if (this.#sessions.size < SESSIONS_MAX) return;
    const [oldest] = this.#sessions.keys();
    this.#sessions.delete(oldest!);
    this.broken += 1;
  }
}

function isOver({ isBroadcast, heardAt }: Session, at: Mono): boolean {
  return at - heardAt > (isBroadcast ? BROADCAST_PAUSE_MAX_MS : TRANSFER_PAUSE_MAX_MS);
}

function keyOf(source: number, destination: number): number {
  return source * 256 + destination;
}
