// The system calls that Node has none for, for drivers whose devices are asked with `ioctl` or a
// raw socket: GPIO lines, CAN. The one place that loads `koffi`, and puts our words on it.
//
// Structures travel as Buffers in the kernel's own layout; only x64 and arm64 are served, both
// little-endian and with 64-bit pointers. A driver that uses this runs in a process of its own.

import { getSystemErrorMap } from "node:util";
import { Fault } from "../../runtime/signal/fault.ts";

/** A call that the kernel refused, with the name of its errno, such as `EBUSY`. */
export class SystemError extends Error {
  readonly code: string;
  readonly call: string;

  constructor(call: string, errno: number) {
    const [code, meaning] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, "unknown error"];
    super(`${call}: ${meaning} (${code})`);
    this.name = "SystemError";
    this.code = code;
    this.call = call;
  }
}

/** What can be waited for, and what else `poll` may say: bits of `pollfd` in <poll.h>. */
export const POLL = { in: 0x1, priority: 0x2, out: 0x4, error: 0x8, hangUp: 0x10, invalid: 0x20 };

export interface PollWait {
  readonly descriptor: number;
  readonly events: number;
}

/** What one `recvmsg` brought. */
export interface Received {
  readonly bytes: number;
  /** How much of the buffer for control messages was filled. */
  readonly controlBytes: number;
  readonly flags: number;
}

/** Every call throws a `SystemError` where the kernel says no. */
export interface Libc {
  /** `O_CLOEXEC` is added: no program that is started later inherits a device. */
  open(path: string, flags: number): number;
  close(descriptor: number): void;
  /** How many bytes came; 0 at the end; null where nothing is there now (`O_NONBLOCK`). */
  read(descriptor: number, into: Buffer): number | null;
  /** How many bytes went; null where there is no room now (`O_NONBLOCK`). */
  write(descriptor: number, from: Buffer): number | null;
  ioctl(descriptor: number, request: number, argument: Buffer): number;
  /** What is ready at once: the events of each wait, in their order; 0 where nothing is. */
  ready(waits: readonly PollWait[]): readonly number[];
  /**
   * As `ready`, after at most `timeoutMs`. It occupies a thread of the pool meanwhile, and no
   * descriptor may be closed before it has resolved: its number could be another's by then.
   */
  poll(waits: readonly PollWait[], timeoutMs: number): Promise<readonly number[]>;
  /** `SOCK_CLOEXEC` is added. */
  socket(domain: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Buffer): void;
  setSocketOption(descriptor: number, level: number, option: number, value: Buffer): void;
  /** How many bytes came; null where nothing is there now. */
  receive(descriptor: number, into: Buffer, flags: number): number | null;
  /** With the control messages of `recvmsg`: instants, and what the kernel dropped. */
  receiveMessage(descriptor: number, into: Buffer, control: Buffer, flags: number): Received | null;
}

let loading: Promise<Libc> | null = null;

/** The calls, loaded at the first use and once in a process. */
export function loadLibc(): Promise<Libc> {
  loading ??= load();
  return loading;
}

const O_CLOEXEC = 0o2000000;
const SOCK_CLOEXEC = O_CLOEXEC;

/** struct pollfd: int fd, short events, short revents. */
const POLL_BYTES = 8;
/** struct msghdr on 64-bit Linux, and struct iovec behind it. */
const MESSAGE_BYTES = 56;
const VECTOR_BYTES = 16;

async function load(): Promise<Libc> {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    throw cannotLoad(`it is made for Linux on x64 and arm64, not ${process.platform}`);
  }
  const { default: koffi } = await import("koffi").catch((error: unknown) => {
    throw cannotLoad(String(error), error);
  });
  // Node itself is linked to the libc that is meant, whatever its file is called.
  const library = koffi.load(null);
  const open = library.func("int open(const char *path, int flags, ...)");
  const close = library.func("int close(int fd)");
  const read = library.func("int64_t read(int fd, void *data, size_t size)");
  const write = library.func("int64_t write(int fd, void *data, size_t size)");
  const ioctl = library.func("int ioctl(int fd, unsigned long request, ...)");
  const poll = library.func("int poll(void *fds, unsigned long count, int timeout)");
  const socket = library.func("int socket(int domain, int type, int protocol)");
  const bind = library.func("int bind(int fd, void *address, unsigned int size)");
  const setsockopt = library.func(
    "int setsockopt(int fd, int level, int name, void *, unsigned int)",
  );
  const recv = library.func("int64_t recv(int fd, void *data, size_t size, int flags)");
  const recvmsg = library.func("int64_t recvmsg(int fd, void *message, int flags)");

  const checked = (call: string, result: number): number => {
    if (result < 0) throw new SystemError(call, koffi.errno());
    return result;
  };
  const unlessEmpty = (call: string, result: number): number | null => {
    if (result >= 0) return result;
    const { EAGAIN, EINTR } = koffi.os.errno;
    const errno = koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return null;
    throw new SystemError(call, errno);
  };
  const eventsOf = (table: Buffer, result: number): readonly number[] => {
    // A signal ended the wait: nothing is ready, and the caller comes again.
    if (result < 0 && koffi.errno() !== koffi.os.errno["EINTR"]) checked("poll", result);
    return Array.from({ length: table.length / POLL_BYTES }, (_, index) =>
      table.readUInt16LE(index * POLL_BYTES + 6),
    );
  };

  return {
    open: (path, flags) => checked(`open ${path}`, open(path, flags | O_CLOEXEC)),
    close: (descriptor) => void checked("close", close(descriptor)),
    read: (descriptor, into) => unlessEmpty("read", read(descriptor, into, into.length)),
    write: (descriptor, from) => unlessEmpty("write", write(descriptor, from, from.length)),
    // Behind the dots each argument has its type before it.
    ioctl: (descriptor, request, argument) =>
      checked("ioctl", ioctl(descriptor, request, "void *", argument)),
    ready: (waits) => {
      const table = pollTable(waits);
      return eventsOf(table, poll(table, waits.length, 0));
    },
    poll: (waits, timeoutMs) => {
      const table = pollTable(waits);
      return new Promise((resolve, reject) => {
        poll.async(table, waits.length, timeoutMs, (error: Error | null, result: number) => {
          try {
            if (error) throw error;
            resolve(eventsOf(table, result));
          } catch (refused) {
            reject(refused);
          }
        });
      });
    },
    socket: (domain, type, protocol) =>
      checked("socket", socket(domain, type | SOCK_CLOEXEC, protocol)),
    bind: (descriptor, address) => void checked("bind", bind(descriptor, address, address.length)),
    setSocketOption: (descriptor, level, option, value) =>
      void checked("setsockopt", setsockopt(descriptor, level, option, value, value.length)),
    receive: (descriptor, into, flags) =>
      unlessEmpty("recv", recv(descriptor, into, into.length, flags)),
    receiveMessage: (descriptor, into, control, flags) => {
      const message = Buffer.alloc(MESSAGE_BYTES + VECTOR_BYTES);
      message.writeBigUInt64LE(koffi.address(message) + BigInt(MESSAGE_BYTES), 16);
      message.writeBigUInt64LE(1n, 24);
      message.writeBigUInt64LE(koffi.address(control), 32);
      message.writeBigUInt64LE(BigInt(control.length), 40);
      message.writeBigUInt64LE(koffi.address(into), MESSAGE_BYTES);
      message.writeBigUInt64LE(BigInt(into.length), MESSAGE_BYTES + 8);
      const bytes = unlessEmpty("recvmsg", recvmsg(descriptor, message, flags));
      if (bytes === null) return null;
      const controlBytes = Number(message.readBigUInt64LE(40));
      return { bytes, controlBytes, flags: message.readInt32LE(48) };
    },
  };
}

function pollTable(waits: readonly PollWait[]): Buffer {
  const table = Buffer.alloc(waits.length * POLL_BYTES);
  for (const [index, { descriptor, events }] of waits.entries()) {
    table.writeInt32LE(descriptor, index * POLL_BYTES);
    table.writeInt16LE(events, index * POLL_BYTES + 4);
  }
  return table;
}

function cannotLoad(why: string, cause?: unknown): Fault {
  return new Fault(
    "SETTING_INVALID",
    `The package koffi, which makes system calls, cannot be loaded: ${why}.`,
    "Install Telltale again on a 64-bit system, or take the bus out of the machine file.",
    { cause },
  );
}

/** Codes of the kernel that a person can do something about, and what is done. */
const KNOWN: Readonly<Record<string, readonly ["FORBIDDEN" | "BUSY" | "UNREACHABLE", string]>> = {
  EACCES: ["FORBIDDEN", "Add the user that Telltale runs as to the group that owns it."],
  EPERM: ["FORBIDDEN", "The operation is reserved: run it as a user that has the right."],
  EBUSY: ["BUSY", "End the program that uses it, or use another one."],
  ENOENT: ["UNREACHABLE", "Is the device connected and its kernel driver loaded?"],
  ENODEV: ["UNREACHABLE", "Is the device connected and its kernel driver loaded?"],
  ENXIO: ["UNREACHABLE", "Is the device connected and its kernel driver loaded?"],
};

/** A refused call as a fault that begins with the place; a person's remedy may be given. */
export function systemFault(place: string, error: unknown, remedy?: string): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof SystemError)) throw error;
  const [kind, usual] = KNOWN[error.code] ?? ["CLOSED", "Look at the kernel's log: `dmesg`."];
  return new Fault(`BUS_${kind}`, `${place}: ${error.message}.`, remedy ?? usual, { cause: error });
}
