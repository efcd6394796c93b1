// For tests: a kernel with GPIO chips, as far as system calls show it. It reads and writes the
// structures of <linux/gpio.h> at offsets of its own, so that both ends cannot share an error, and
// has the rules that matter: one holder for a line, a queue that drops its oldest edge and numbers
// every one.

import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { type Libc, POLL, type PollWait, SystemError } from "../shared/libc.ts";
import { type DeviceUnderTest, makeBus, type OpenedBus } from "../shared/test-rig.ts";
import { CharacterDeviceBackend } from "./character-device.ts";
import { makeGpioDriver } from "./gpio.ts";

const ERRNO = { EBUSY: 16, ENODEV: 19, EINVAL: 22, ENOTTY: 25 } as const;

export interface FakeLine {
  name: string;
  /** Of another program; empty where the line is free. */
  consumer: string;
  /** The voltage: high is 1, whatever a request calls active. */
  high: boolean;
  direction: "in" | "out";
  /** Something outside holds the voltage: what is written does not show. */
  isStuck: boolean;
  isBusy: boolean;
  /** Every voltage that the line was given as an output, from its request on. */
  driven: boolean[];
  held: HeldByUs | null;
}

/** What our request said of the line, and what waits in its queue. */
interface HeldByUs {
  readonly descriptor: number;
  flags: number;
  debounceUs: number | null;
  readonly queueMax: number;
  readonly queue: Buffer[];
  sequence: number;
}

export interface FakeChip {
  readonly name: string;
  label: string;
  readonly lines: FakeLine[];
  isGone: boolean;
}

const FLAG = { activeLow: 2, input: 4, output: 8, rising: 16, falling: 32 } as const;

class FakeKernel {
  readonly chips: FakeChip[] = [];
  readonly clock: FakeClock;
  readonly files = new Map<number, FakeChip | { chip: FakeChip; line: FakeLine }>();
  #next = 10;
  #wakes: (() => void)[] = [];
  /** A thread stands in `poll` with these: their numbers must not become another file's. */
  readonly #polled = new Set<number>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  addChip(label: string, names: readonly string[]): FakeChip {
    const lines = names.map((name) => newLine(name));
    const chip = { name: `gpiochip${this.chips.length}`, label, lines, isGone: false };
    this.chips.push(chip);
    return chip;
  }

  line(name: string): FakeLine {
    return this.chips.flatMap((chip) => chip.lines).find((line) => line.name === name)!;
  }

  /** The voltage changes from outside, at the clock's time plus a fraction of a millisecond. */
  change(line: FakeLine, high: boolean, { afterMs = 0, isQuiet = false } = {}): void {
    if (line.high === high) return;
    line.high = high;
    const { held } = line;
    if (held === null) return;
    const active = high !== ((held.flags & FLAG.activeLow) !== 0);
    const wanted = active ? FLAG.rising : FLAG.falling;
    if ((held.flags & wanted) === 0) return;
    held.sequence = (held.sequence + 1) >>> 0;
    const event = Buffer.alloc(48);
    const nanoseconds = BigInt(Math.round((this.clock.mono() + afterMs) * 1e6));
    event.writeBigUInt64LE(nanoseconds, 0);
    event.writeUInt32LE(active ? 1 : 2, 8);
    event.writeUInt32LE(held.sequence, 20);
    if (held.queue.length >= held.queueMax) held.queue.shift();
    held.queue.push(event);
    if (!isQuiet) this.wake();
  }

  pulse(line: FakeLine, { afterMs = 0, isQuiet = false } = {}): void {
    this.change(line, true, { afterMs, isQuiet });
    this.change(line, false, { afterMs, isQuiet });
  }

  unplug(chip: FakeChip): void {
    chip.isGone = true;
    this.wake();
  }

  wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }

  readonly libc: Libc = {
    open: (path) => {
      const chip = this.chips.find(({ name }) => name === basename(path));
      if (chip === undefined || chip.isGone) throw new SystemError("open", ERRNO.ENODEV);
      return this.#file(chip);
    },
    close: (descriptor) => {
      if (this.#polled.has(descriptor)) throw new Error("closed while it was waited for");
      const file = this.files.get(descriptor);
      if (file !== undefined && "line" in file) file.line.held = null;
      this.files.delete(descriptor);
    },
    ioctl: (descriptor, request, argument) => {
      const file = this.files.get(descriptor)!;
      const chip = "line" in file ? file.chip : file;
      if (chip.isGone) throw new SystemError("ioctl", ERRNO.ENODEV);
      if ("line" in file) this.#lineCall(file.line, request, argument);
      else this.#chipCall(file, request, argument);
      return 0;
    },
    ready: (waits) => waits.map((wait) => this.#eventsOf(wait)),
    poll: async (waits, timeoutMs) => {
      for (const { descriptor } of waits) this.#polled.add(descriptor);
      if (!waits.some((wait) => this.#eventsOf(wait) !== 0)) {
        await new Promise<void>((resolve) => {
          const timer = this.clock.after(timeoutMs, resolve);
          this.#wakes.push(() => {
            timer.cancel();
            resolve();
          });
        });
      }
      this.#polled.clear();
      return waits.map((wait) => this.#eventsOf(wait));
    },
    read: (descriptor, into) => {
      const file = this.files.get(descriptor)!;
      if (!("line" in file)) throw new SystemError("read", ERRNO.EINVAL);
      if (file.chip.isGone) throw new SystemError("read", ERRNO.ENODEV);
      const events = file.line.held!.queue.splice(0, into.length / 48);
      return Buffer.concat(events).copy(into);
    },
    write: unused,
    socket: unused,
    bind: unused,
    setSocketOption: unused,
    receive: unused,
    receiveMessage: unused,
  };

  #file(file: FakeChip | { chip: FakeChip; line: FakeLine }): number {
    const descriptor = this.#next++;
    this.files.set(descriptor, file);
    return descriptor;
  }

  #eventsOf({ descriptor, events }: PollWait): number {
    const file = this.files.get(descriptor);
    if (file === undefined || !("line" in file)) return POLL.invalid;
    if (file.chip.isGone) return POLL.hangUp | POLL.error;
    return file.line.held!.queue.length > 0 ? POLL.in & events : 0;
  }

  #chipCall(chip: FakeChip, request: number, argument: Buffer): void {
    if (request === 0x8044b401) {
      argument.write(`${chip.name}\0`, 0);
      argument.write(`${chip.label}\0`, 32);
      argument.writeUInt32LE(chip.lines.length, 64);
    } else if (request === 0xc100b405) {
      const line = chip.lines[argument.readUInt32LE(64)]!;
      argument.write(`${line.name}\0`, 0);
      const isUsed = line.held !== null || line.isBusy;
      argument.write(`${line.held !== null ? "telltale" : line.consumer}\0`, 32);
      const direction = line.direction === "out" ? FLAG.output : FLAG.input;
      argument.writeBigUInt64LE(BigInt((isUsed ? 1 : 0) | direction), 72);
    } else if (request === 0xc250b407) {
      this.#request(chip, argument);
    } else throw new SystemError("ioctl", ERRNO.ENOTTY);
  }

  #request(chip: FakeChip, argument: Buffer): void {
    const line = chip.lines[argument.readUInt32LE(0)];
    if (line === undefined || argument.readUInt32LE(560) !== 1) {
      throw new SystemError("ioctl", ERRNO.EINVAL);
    }
    if (line.held !== null || line.isBusy) throw new SystemError("ioctl", ERRNO.EBUSY);
    const descriptor = this.#file({ chip, line });
    const queueMax = argument.readUInt32LE(564) || 16;
    line.held = { descriptor, flags: 0, debounceUs: null, queueMax, queue: [], sequence: 0 };
    line.driven = [];
    configure(line, argument.subarray(288, 560));
    argument.writeInt32LE(descriptor, 588);
  }

  #lineCall(line: FakeLine, request: number, argument: Buffer): void {
    const isLow = (line.held!.flags & FLAG.activeLow) !== 0;
    if (request === 0xc110b40d) configure(line, argument);
    else if (request === 0xc010b40e) {
      argument.writeBigUInt64LE(line.high !== isLow ? 1n : 0n, 0);
    } else if (request === 0xc010b40f) {
      if (line.direction !== "out") throw new SystemError("ioctl", ERRNO.EINVAL);
      drive(line, (argument.readBigUInt64LE(0) === 1n) !== isLow);
    } else throw new SystemError("ioctl", ERRNO.ENOTTY);
  }
}

function configure(line: FakeLine, config: Buffer): void {
  const held = line.held!;
  held.flags = Number(config.readBigUInt64LE(0));
  for (let index = 0; index < config.readUInt32LE(8); index++) {
    const attribute = config.subarray(32 + index * 24);
    if (attribute.readBigUInt64LE(16) !== 1n) throw new SystemError("ioctl", ERRNO.EINVAL);
    const id = attribute.readUInt32LE(0);
    if (id === 3) held.debounceUs = attribute.readUInt32LE(8);
    if (id !== 2) continue;
    line.direction = "out";
    const isLow = (held.flags & FLAG.activeLow) !== 0;
    drive(line, (attribute.readBigUInt64LE(8) === 1n) !== isLow);
  }
  if ((held.flags & FLAG.input) !== 0) line.direction = "in";
}

function drive(line: FakeLine, high: boolean): void {
  line.driven.push(high);
  if (!line.isStuck) line.high = high;
}

function newLine(name: string): FakeLine {
  return {
    name,
    consumer: "",
    high: false,
    direction: "in",
    isStuck: false,
    isBusy: false,
    driven: [],
    held: null,
  };
}

function unused(): never {
  throw new Error("GPIO has no use for this call");
}

/** A Pi 4 with two chips, and buses of the real driver on it. */
export class Board implements AsyncDisposable {
  readonly clock = new FakeClock({ mono: 1_000 });
  readonly kernel = new FakeKernel(this.clock);
  readonly devices: ScratchDirectory = scratchDirectory();
  readonly driver = makeGpioDriver(() => {
    const backend = new CharacterDeviceBackend(this.devices.path, async () => this.kernel.libc);
    return () => backend;
  });
  readonly #opened: OpenedBus[] = [];

  constructor() {
    const names = Array.from({ length: 28 }, (_, offset) => `GPIO${offset}`);
    this.plug("pinctrl-bcm2711", names);
    this.plug("raspberrypi-exp-gpio", ["BT_ON", "WL_ON"]);
  }

  plug(label: string, names: readonly string[]): FakeChip {
    const chip = this.kernel.addChip(label, names);
    writeFileSync(this.devices.at(chip.name), "");
    return chip;
  }

  open(...devices: readonly DeviceUnderTest[]): OpenedBus {
    const opened = makeBus(this.driver, { clock: this.clock, timers: this.clock, devices });
    this.#opened.push(opened);
    return opened;
  }

  /** One device with these points, started. */
  async start(points: DeviceUnderTest["points"], settings = {}): Promise<OpenedBus> {
    const opened = this.open({ settings, points });
    await opened.bus.devices[0]!.start!();
    return opened;
  }

  async close({ bus }: OpenedBus): Promise<void> {
    const closing = bus.close();
    // The wait for edges ends by its own time.
    await this.clock.advanceAsync(100, 100);
    await closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await this.close(opened);
    this.devices[Symbol.dispose]();
  }
}
