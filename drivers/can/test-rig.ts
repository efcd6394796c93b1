// What the tests of this driver share: a kernel that is made up at the system calls, with one CAN
// interface whose bytes are those of the real one, and frames as a machine sends them.

import type { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { type Libc, POLL, type PollWait, SystemError } from "../shared/libc.ts";
import { makeFrame } from "./frame.ts";
import { makeIdentifier } from "./identifier.ts";

const ERRNO: Readonly<Record<string, number>> = {
  ENXIO: 6,
  ENODEV: 19,
  EAFNOSUPPORT: 97,
  ENETDOWN: 100,
  ENOBUFS: 105,
};
const SIOCGIFINDEX = 0x8933;
const INDEX = 7;
const UP = 1;
const SOL_SOCKET = 1;
const SO_RXQ_OVFL = 40;

function kernelError(call: string, code: string): SystemError {
  return new SystemError(call, ERRNO[code]!);
}

interface Filter {
  readonly id: number;
  readonly mask: number;
}

/** A socket of the made-up kernel; the filters are applied as the real one does it. */
interface Socket {
  filters: Filter[] | null;
  errorMask: number;
  isBound: boolean;
  queue: Buffer[];
  error: string | null;
  dropped: number;
}

export class FakeCan {
  /** What the interface is: absent and down are answers of the kernel too. */
  state: "up" | "down" | "absent" | "no-can" = "up";
  readonly sent: string[] = [];
  /** The sending queue is full. */
  isFull = false;
  readonly #clock: FakeClock;
  readonly #sockets = new Map<number, Socket>();
  #wakes: (() => void)[] = [];
  #next = 3;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** A frame of another node arrives at every socket whose filters let it through. */
  arrives(frame: Buffer): void {
    const id = frame.readUInt32LE(0);
    for (const socket of this.#sockets.values()) {
      const isError = (id & 0x2000_0000) !== 0;
      const passes = isError
        ? (id & socket.errorMask) !== 0
        : (socket.filters ?? [{ id: 0, mask: 0 }]).some(
            (filter) => (id & filter.mask) >>> 0 === (filter.id & filter.mask) >>> 0,
          );
      if (socket.isBound && passes) socket.queue.push(frame);
    }
    this.#wake();
  }

  /** The kernel had no room for so many frames; it tells with the next one. */
  drops(count: number): void {
    for (const socket of this.#sockets.values()) socket.dropped += count;
  }

  /** The interface goes down, or is unplugged: each socket hears of it once. */
  fails(state: "down" | "absent"): void {
    this.state = state;
    for (const socket of this.#sockets.values()) {
      socket.error = state === "down" ? "ENETDOWN" : "ENODEV";
    }
    this.#wake();
  }

  readonly libc: Libc = {
    socket: () => {
      if (this.state === "no-can") throw kernelError("socket", "EAFNOSUPPORT");
      const descriptor = this.#next++;
      this.#sockets.set(descriptor, {
        ...{ filters: null, errorMask: 0, isBound: false, queue: [], error: null, dropped: 0 },
      });
      return descriptor;
    },
    ioctl: (_, request, argument) => {
      if (this.state === "absent" || argument.toString("latin1", 0, 5) !== "can0\0") {
        throw kernelError("ioctl", "ENODEV");
      }
      argument.writeInt32LE(request === SIOCGIFINDEX ? INDEX : this.state === "up" ? UP : 0, 16);
      return 0;
    },
    setSocketOption: (descriptor, level, option, value) => {
      const socket = this.#sockets.get(descriptor)!;
      if (level !== 101) return;
      if (option === 2) socket.errorMask = value.readUInt32LE(0);
      if (option !== 1) return;
      socket.filters = Array.from({ length: value.length / 8 }, (_, index) => ({
        id: value.readUInt32LE(index * 8),
        mask: value.readUInt32LE(index * 8 + 4),
      }));
    },
    bind: (descriptor, address) => {
      if (address.readUInt16LE(0) !== 29 || address.readInt32LE(4) !== INDEX) {
        throw kernelError("bind", "ENODEV");
      }
      this.#sockets.get(descriptor)!.isBound = true;
    },
    poll: async ([wait], timeoutMs) => {
      const ready = () => this.#ready(wait!);
      if (ready() === 0) {
        await new Promise<void>((resolve) => {
          this.#clock.after(timeoutMs, resolve);
          this.#wakes.push(resolve);
        });
      }
      return [ready()];
    },
    ready: (waits) => waits.map((wait) => this.#ready(wait)),
    receiveMessage: (descriptor, into, control) => {
      const socket = this.#sockets.get(descriptor)!;
      if (socket.error !== null) {
        const code = socket.error;
        socket.error = null;
        throw kernelError("recvmsg", code);
      }
      const frame = socket.queue.shift();
      if (frame === undefined) return null;
      frame.copy(into);
      control.writeBigUInt64LE(20n, 0);
      control.writeInt32LE(SOL_SOCKET, 8);
      control.writeInt32LE(SO_RXQ_OVFL, 12);
      control.writeUInt32LE(socket.dropped, 16);
      // The kernel tells it from the first loss on.
      return { bytes: frame.length, controlBytes: socket.dropped > 0 ? 24 : 0, flags: 0 };
    },
    write: (_, frame) => {
      if (this.isFull) throw kernelError("write", "ENOBUFS");
      const id = (frame.readUInt32LE(0) & 0x1fff_ffff).toString(16).padStart(8, "0");
      this.sent.push(`${id}#${frame.subarray(8, 8 + frame[4]!).toString("hex")}`);
      return frame.length;
    },
    close: (descriptor) => {
      if (!this.#sockets.delete(descriptor)) throw new Error("it was closed before");
    },
    open: () => unused(),
    read: () => unused(),
    receive: () => unused(),
  };

  #ready({ descriptor }: PollWait): number {
    const socket = this.#sockets.get(descriptor);
    if (socket === undefined) throw new Error("a closed descriptor is waited for");
    return (socket.error === null ? 0 : POLL.error) | (socket.queue.length > 0 ? POLL.in : 0);
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

function unused(): never {
  throw new Error("a CAN bus does not need this call");
}

export interface FrameParts {
  readonly source?: number;
  readonly destination?: number;
}

/** Eight bytes, filled up with "not available"; the text is hexadecimal. */
export function frame(group: number, hex: string, parts: FrameParts = {}): Buffer {
  const { source = 0, destination = 255 } = parts;
  const data = Buffer.alloc(8, 0xff);
  data.write(hex.replaceAll(" ", ""), "hex");
  return makeFrame(makeIdentifier({ priority: 6, group, source, destination }), data);
}

/** A message in the frames of a broadcast, the announcement first. */
export function broadcast(group: number, data: Uint8Array, source = 0): Buffer[] {
  const frames = Math.ceil(data.length / 7);
  const announcement = Buffer.alloc(8, 0xff);
  announcement[0] = 32;
  announcement.writeUInt16LE(data.length, 1);
  announcement[3] = frames;
  announcement.writeUIntLE(group, 5, 3);
  const parts = Array.from({ length: frames }, (_, index) => {
    const part = Buffer.alloc(8, 0xff);
    part[0] = index + 1;
    part.set(data.subarray(index * 7, index * 7 + 7), 1);
    return frame(0xeb00, part.toString("hex"), { source });
  });
  return [frame(0xec00, announcement.toString("hex"), { source }), ...parts];
}

/** A frame in which the CAN controller tells of itself: class, and the detail in byte 1. */
export function errorFrame(errorClass: number, detail = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE((0x2000_0000 | errorClass) >>> 0, 0);
  bytes[4] = 8;
  bytes[9] = detail;
  return bytes;
}
