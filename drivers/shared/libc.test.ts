// The system calls against this machine's own kernel, with a named pipe and a datagram socket.

import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { constants, fstatSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { requires } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { loadLibc, POLL, SystemError, systemFault } from "./libc.ts";

const libc = await loadLibc();

const AF_INET = 2;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const SOL_SOCKET = 1;
const SO_TIMESTAMP = 29;
const SO_REUSEADDR = 2;
const FIONREAD = 0x541b;
/** Longer than any wait here lasts; the test fails before. */
const LONG_MS = 10_000;

const opened: number[] = [];
afterEach(() => {
  for (const descriptor of opened.splice(0)) libc.close(descriptor);
});

/** A bound IPv4 socket on loopback, and the port that the kernel chose. */
function boundSocket(): { descriptor: number; port: number } {
  const descriptor = libc.socket(AF_INET, SOCK_DGRAM, 0);
  opened.push(descriptor);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.set([127, 0, 0, 1], 4);
  libc.bind(descriptor, address);
  const { ino } = fstatSync(descriptor);
  const rows = readFileSync("/proc/net/udp", "utf8").split("\n");
  const row = rows.map((line) => line.trim().split(/\s+/)).find((cells) => cells[9] === `${ino}`)!;
  return { descriptor, port: Number.parseInt(row[1]!.split(":")[1]!, 16) };
}

async function send(port: number, text: string): Promise<void> {
  const sender = createSocket("udp4");
  await new Promise((resolve) => sender.send(text, port, "127.0.0.1", resolve));
  sender.close();
}

function refusal(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return error instanceof SystemError ? error.code : error;
  }
}

describe("a named pipe", () => {
  test("gives null while it is empty, and what was written", (context) => {
    const mkfifo = requires(context, "mkfifo");
    using scratch = scratchDirectory();
    execFileSync(mkfifo, [scratch.at("pipe")]);
    const pipe = libc.open(scratch.at("pipe"), constants.O_RDWR | constants.O_NONBLOCK);
    opened.push(pipe);
    const into = Buffer.alloc(8);
    expect(libc.read(pipe, into)).toBeNull();
    expect(libc.ready([{ descriptor: pipe, events: POLL.in | POLL.out }])).toEqual([POLL.out]);
    expect(libc.write(pipe, Buffer.from("edge"))).toBe(4);
    const waiting = Buffer.alloc(4);
    expect(libc.ioctl(pipe, FIONREAD, waiting)).toBe(0);
    expect(waiting.readInt32LE()).toBe(4);
    expect(libc.read(pipe, into)).toBe(4);
    expect(into.toString("latin1", 0, 4)).toBe("edge");
  });

  test("has no room for ever", (context) => {
    const mkfifo = requires(context, "mkfifo");
    using scratch = scratchDirectory();
    execFileSync(mkfifo, [scratch.at("pipe")]);
    const pipe = libc.open(scratch.at("pipe"), constants.O_RDWR | constants.O_NONBLOCK);
    opened.push(pipe);
    const block = Buffer.alloc(65_536);
    const written = Array.from({ length: 64 }, () => libc.write(pipe, block));
    expect(written.at(-1)).toBeNull();
  });
});

describe("a datagram socket", () => {
  test("wakes who waits, with the events of each descriptor in its place", async () => {
    const one = boundSocket();
    const other = boundSocket();
    const waits = [one, other].map(({ descriptor }) => ({ descriptor, events: POLL.in }));
    const woken = libc.poll(waits, LONG_MS);
    await send(other.port, "frame");
    expect(await woken).toEqual([0, POLL.in]);
    const into = Buffer.alloc(16);
    expect(libc.receive(one.descriptor, into, MSG_DONTWAIT)).toBeNull();
    expect(libc.receive(other.descriptor, into, MSG_DONTWAIT)).toBe(5);
  });

  test("a wait ends without events when its time is over", async () => {
    const { descriptor } = boundSocket();
    expect(await libc.poll([{ descriptor, events: POLL.in }], 5)).toEqual([0]);
  });

  test("gives control messages, and says what did not fit", async () => {
    const { descriptor, port } = boundSocket();
    const on = Buffer.from([1, 0, 0, 0]);
    libc.setSocketOption(descriptor, SOL_SOCKET, SO_TIMESTAMP, on);
    const into = Buffer.alloc(4);
    const control = Buffer.alloc(64);
    expect(libc.receiveMessage(descriptor, into, control, MSG_DONTWAIT)).toBeNull();
    await send(port, "longer");
    const received = libc.receiveMessage(descriptor, into, control, 0)!;
    expect(received).toEqual({ bytes: 4, controlBytes: 32, flags: MSG_TRUNC });
    expect(into.toString("latin1")).toBe("long");
    // struct cmsghdr: length, level, type; then struct timeval, whose seconds are of this age.
    expect(control.readInt32LE(8)).toBe(SOL_SOCKET);
    expect(control.readInt32LE(12)).toBe(SO_TIMESTAMP);
    expect(Number(control.readBigInt64LE(16))).toBeGreaterThan(1.7e9);
  });
});

describe("a refusal", () => {
  const socket = () => boundSocket().descriptor;
  const cases = [
    { name: "a path that is not there", attempt: () => libc.open("/nowhere", 0), code: "ENOENT" },
    { name: "a number that nobody opened", attempt: () => libc.close(-1), code: "EBADF" },
    {
      name: "a request that the kind of file does not know",
      attempt: () => libc.ioctl(socket(), 0x8044b401, Buffer.alloc(68)),
      code: "ENOTTY",
    },
    {
      name: "an address of another family",
      attempt: () => libc.bind(socket(), Buffer.alloc(16, 255)),
      code: "EAFNOSUPPORT",
    },
    {
      name: "an option that is too short",
      attempt: () => libc.setSocketOption(socket(), SOL_SOCKET, SO_REUSEADDR, Buffer.alloc(1)),
      code: "EINVAL",
    },
    {
      name: "a write to nobody",
      attempt: () => libc.write(socket(), Buffer.alloc(1)),
      code: "EDESTADDRREQ",
    },
  ];
  test.each(cases)("of $name has its code", ({ attempt, code }) => {
    expect(refusal(attempt)).toBe(code);
  });

  test("a descriptor that is closed is told as such, not waited for", async () => {
    const wait = [{ descriptor: 1_000_000, events: POLL.in }];
    expect(libc.ready(wait)).toEqual([POLL.invalid]);
    expect(await libc.poll(wait, LONG_MS)).toEqual([POLL.invalid]);
  });

  test("becomes a fault that names the place and what to do", () => {
    const refused = new SystemError("open", 13);
    const fault = systemFault("Chip gpiochip0", refused, "Add the user to the group gpio.");
    expect(fault).toEqual(expect.any(Fault));
    expect(fault.code).toBe("BUS_FORBIDDEN");
    expect(fault.message).toBe("Chip gpiochip0: open: permission denied (EACCES).");
    expect(systemFault("Chip", new SystemError("ioctl", 16)).code).toBe("BUS_BUSY");
    expect(systemFault("Chip", new SystemError("ioctl", 19)).code).toBe("BUS_UNREACHABLE");
    expect(systemFault("Chip", new SystemError("ioctl", 5)).code).toBe("BUS_CLOSED");
    expect(() => systemFault("Chip", new TypeError("ours"))).toThrow("ours");
  });
});
