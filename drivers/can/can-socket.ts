// A raw CAN socket of the kernel, on one interface: opened, filtered, read in batches, written.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import { type Libc, POLL, SystemError } from "../shared/libc.ts";
import {
  CAN,
  type DataFrame,
  ERROR_CLASSES,
  type ErrorFrame,
  type Filter,
  FRAME_BYTES,
  makeAddress,
  makeFilters,
  makeFrame,
  parseFrame,
} from "./frame.ts";
import { isDirected } from "./identifier.ts";

/**
 * How long a wait for frames lasts at most: silence, requests and a close are looked at between.
 */
const WAIT_MS = 200;
/** Frames that are taken at one go: so many that no bus brings more between two visits. */
const FRAMES_PER_WAKE_MAX = 256;
/**
 * Frames carry no instant. Those that waited for longer, because this process could not run, are of
 * an age that nobody knows: they are taken for lost, not for what is so now.
 */
const LATE_MS_MAX = 1_000;
/** More than the kernel's buffer holds. */
const LATE_FRAMES_MAX = 16_384;
/**
 * For the time in which this process is kept from running. The kernel gives at most what
 * net.core.rmem_max says: a few tenths of a second of a full bus where nobody has raised it.
 */
const RECEIVE_BUFFER_BYTES = 512 * 1024;

const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RXQ_OVFL = 40;
const MSG_DONTWAIT = 0x40;
const SIOCGIFINDEX = 0x8933;
const SIOCGIFFLAGS = 0x8913;
/** struct ifreq: the name in 16 bytes, then what is asked. */
const INTERFACE_REQUEST_BYTES = 40;
const INTERFACE_NAME_BYTES = 16;
const IFF_UP = 0x1;
/** Room for one control message with four bytes, and to spare. */
const CONTROL_BYTES = 64;
/** struct cmsghdr on 64-bit Linux: size_t length, int level, int type. */
const CONTROL_HEADER_BYTES = 16;

export interface Received {
  /** Valid during the call only. */
  frame(frame: DataFrame, at: Mono): void;
  error(frame: ErrorFrame, at: Mono): void;
  /** The kernel dropped so many frames because they were not fetched in time. */
  dropped(count: number, at: Mono): void;
}

export class CanSocket {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #place: string;
  readonly #frame = Buffer.alloc(FRAME_BYTES);
  readonly #control = Buffer.alloc(CONTROL_BYTES);
  /** The kernel counts from the socket's beginning. */
  #droppedSoFar = 0;
  /** When the socket was last seen to. */
  #visitedAt: Mono | null = null;
  #waiting: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(libc: Libc, descriptor: number, place: string) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#place = place;
  }

  /** With the filters in place before the first frame. `null` filters nothing. */
  static open(
    libc: Libc,
    name: string,
    place: string,
    filters: readonly Filter[] | null,
  ): CanSocket {
    const descriptor = openRaw(libc, place);
    try {
      const index = interfaceIndex(libc, descriptor, name, place);
      const option = (level: number, key: number, value: Buffer) =>
        libc.setSocketOption(descriptor, level, key, value);
      if (filters !== null) {
        option(CAN.levelRaw, CAN.optionFilter, makeFilters(filters, isDirected));
      }
      option(CAN.levelRaw, CAN.optionErrorFilter, int32(ERROR_CLASSES));
      option(SOL_SOCKET, SO_RCVBUF, int32(RECEIVE_BUFFER_BYTES));
      option(SOL_SOCKET, SO_RXQ_OVFL, int32(1));
      libc.bind(descriptor, makeAddress(index));
    } catch (error) {
      libc.close(descriptor);
      throw socketFault(place, error);
    }
    return new CanSocket(libc, descriptor, place);
  }

  /** Waits for frames, at most `WAIT_MS`, and hands over what is there. Rejects with a Fault. */
  async receive(clock: Clock, to: Received): Promise<void> {
    try {
      const wait = this.#libc.poll([{ descriptor: this.#descriptor, events: POLL.in }], WAIT_MS);
      this.#waiting = wait;
      const [events] = await wait;
      if (events === undefined || events === 0 || this.#isClosed) return;
      const at = clock.mono();
      if (at - (this.#visitedAt ?? at) > LATE_MS_MAX) this.#discard(at, to);
      for (let count = 0; count < FRAMES_PER_WAKE_MAX; count++) {
        if (this.#take(at, to)) continue;
        // An error that is told without a reason would be told again at once, for ever.
        if (count === 0 && (events & POLL.in) === 0) throw goneFault(this.#place, events);
        return;
      }
    } catch (error) {
      throw socketFault(this.#place, error);
    } finally {
      this.#visitedAt = clock.mono();
    }
  }

  #discard(at: Mono, to: Received): void {
    let late = 0;
    const counting: Received = {
      frame: () => {
        late += 1;
      },
      error: (frame) => to.error(frame, at),
      dropped: (count) => to.dropped(count, at),
    };
    for (let count = 0; count < LATE_FRAMES_MAX && this.#take(at, counting); count++);
    if (late > 0) to.dropped(late, at);
  }

  /** False where there was no room: the bus is full, or nobody acknowledges. */
  send(identifier: number, data: Uint8Array): boolean {
    try {
      return this.#libc.write(this.#descriptor, makeFrame(identifier, data)) !== null;
    } catch (error) {
      if (error instanceof SystemError && error.code === "ENOBUFS") return false;
      throw socketFault(this.#place, error);
    }
  }

  /** No descriptor is closed while somebody waits on it. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#waiting.then(
      () => {},
      () => {},
    );
    this.#libc.close(this.#descriptor);
  }

  #take(at: Mono, to: Received): boolean {
    const got = this.#libc.receiveMessage(
      this.#descriptor,
      this.#frame,
      this.#control,
      MSG_DONTWAIT,
    );
    if (got === null) return false;
    if (got.controlBytes > 0) this.#countDropped(got.controlBytes, at, to);
    const frame = got.bytes === FRAME_BYTES ? parseFrame(this.#frame) : null;
    if (frame === null) return true;
    if ("identifier" in frame) to.frame(frame, at);
    else to.error(frame, at);
    return true;
  }

  #countDropped(controlBytes: number, at: Mono, to: Received): void {
    const control = this.#control;
    for (let from = 0; from + CONTROL_HEADER_BYTES <= controlBytes; ) {
      const length = Number(control.readBigUInt64LE(from));
      if (length < CONTROL_HEADER_BYTES) return;
      const isCount =
        control.readInt32LE(from + 8) === SOL_SOCKET &&
        control.readInt32LE(from + 12) === SO_RXQ_OVFL;
      if (isCount) {
        const total = control.readUInt32LE(from + CONTROL_HEADER_BYTES);
        const more = (total - this.#droppedSoFar) >>> 0;
        this.#droppedSoFar = total;
        if (more > 0) to.dropped(more, at);
      }
      from += Math.ceil(length / 8) * 8;
    }
  }
}

function openRaw(libc: Libc, place: string): number {
  try {
    return libc.socket(CAN.family, SOCK_RAW | SOCK_NONBLOCK, CAN.protocolRaw);
  } catch (error) {
    throw socketFault(place, error);
  }
}

/** What the kernel calls the interface by; a fault where it is absent or down. */
function interfaceIndex(libc: Libc, descriptor: number, name: string, place: string): number {
  const request = Buffer.alloc(INTERFACE_REQUEST_BYTES);
  request.write(name, "latin1");
  libc.ioctl(descriptor, SIOCGIFINDEX, request);
  const index = request.readInt32LE(INTERFACE_NAME_BYTES);
  request.fill(0).write(name, "latin1");
  libc.ioctl(descriptor, SIOCGIFFLAGS, request);
  if ((request.readInt16LE(INTERFACE_NAME_BYTES) & IFF_UP) === 0) throw downFault(place);
  return index;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function goneFault(place: string, events: number): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} is in error and says no more than that (events ${events}).`,
    "Look at the kernel's log: `dmesg`.",
  );
}

function downFault(place: string, cause?: unknown): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `${place} is down.`,
    "Bring it up with its bit rate: `ip link set can0 up type can bitrate 250000`.",
    { cause },
  );
}

/** What a refused call means on a CAN socket. */
function socketFault(place: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof SystemError)) throw error;
  switch (error.code) {
    case "EAFNOSUPPORT":
    case "EPROTONOSUPPORT":
      return new Fault(
        "BUS_UNREACHABLE",
        `${place}: this kernel has no CAN (${error.message}).`,
        "Load the modules: `modprobe can_raw`; else a kernel with CONFIG_CAN and CONFIG_CAN_RAW.",
        { cause: error },
      );
    case "ENETDOWN":
      return downFault(place, error);
    case "ENODEV":
    case "ENXIO":
      return new Fault(
        "BUS_UNREACHABLE",
        `${place} is not there.`,
        "Is the adapter plugged in, or its overlay loaded? `ip link` lists the interfaces.",
        { cause: error },
      );
    default:
      return new Fault(
        "BUS_CLOSED",
        `${place}: ${error.message}.`,
        "Look at the kernel's log: `dmesg`.",
        { cause: error },
      );
  }
}
