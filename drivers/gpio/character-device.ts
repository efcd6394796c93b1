// GPIO through /dev/gpiochip*: the kernel stamps each edge with its monotonic clock and numbers
// it, so that an instant is the edge's own and a lost edge is seen. One request for each line:
// each has the longest queue that the kernel gives.

import { constants, readdirSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../../runtime/signal/fault.ts";
import {
  type Libc,
  loadLibc,
  POLL,
  type PollWait,
  SystemError,
  systemFault,
} from "../shared/libc.ts";
import type {
  Chip,
  GpioBackend,
  HeldLine,
  Level,
  Line,
  LineListener,
  LineRequest,
} from "./backend.ts";
import { EdgeWait, type Waiter } from "./edge-wait.ts";
import { chipChanged, chipGone, inUse, noChip } from "./faults.ts";
import { INTERRUPTS_FILE, interruptsOf } from "./interrupts.ts";
import { forbiddenRemedy } from "./permission.ts";
import {
  CHIP_INFO,
  type ChipInfo,
  decodeChipInfo,
  decodeEdges,
  decodeLevel,
  decodeLineInfo,
  EVENT_BUFFER_MAX,
  encodeLevel,
  encodeLineConfig,
  encodeLineInfo,
  encodeLineRequest,
  FLAG,
  LINE_EVENT,
  LINE_REQUEST,
  REQUEST,
} from "./uapi.ts";

/** What others see as the holder of our lines. */
const CONSUMER = "telltale";
const EDGES_PER_READ = 256;
/** Twice the queue: edges that come faster than they are read cannot hold the program here. */
const READS_PER_DRAIN_MAX = (2 * EVENT_BUFFER_MAX) / EDGES_PER_READ;

export const DEVICE_DIRECTORY = "/dev";

/** `gpiochip0`, `gpiochip1`, … in the order of their numbers. */
export function chipNames(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => /^gpiochip\d+$/.test(name))
    .sort((one, other) => Number(one.slice(8)) - Number(other.slice(8)));
}

export class CharacterDeviceBackend implements GpioBackend {
  readonly name = "character-device";
  readonly #directory: string;
  readonly #load: () => Promise<Libc>;
  readonly #interruptsFile: string;
  #wait: EdgeWait | null = null;

  constructor(
    directory = DEVICE_DIRECTORY,
    load = loadLibc,
    interruptsFile: string = INTERRUPTS_FILE,
  ) {
    this.#directory = directory;
    this.#load = load;
    this.#interruptsFile = interruptsFile;
  }

  async chips(): Promise<readonly Chip[]> {
    const names = chipNames(this.#directory);
    if (names.length === 0) throw noChip(this.#directory);
    const libc = await this.#load();
    const chips = new Map<string, Chip>();
    for (const name of names) {
      const chip = this.#lookAt(libc, name);
      // A second name may lead to one chip: the Pi 5 keeps its old number as a link.
      if (chip !== null) chips.set(chip.name, chip);
    }
    return [...chips.values()];
  }

  async request(request: LineRequest, listener: LineListener): Promise<HeldLine> {
    const libc = await this.#load();
    const { chip, title } = request;
    const descriptor = this.#withChip(libc, chip.name, (chipDescriptor, { label }) => {
      if (label !== chip.label) throw chipChanged(title, chip, label);
      return takeLine(libc, chipDescriptor, request);
    });
    this.#wait ??= new EdgeWait(libc);
    // Levels are told at once. Pulses wait in the kernel until somebody drains them: to be woken by
    // each would cost as much as everything else together.
    const events = request.mode.kind === "input" && request.mode.edges === "both" ? POLL.in : 0;
    const line = new CharacterDeviceLine(
      libc,
      this.#wait,
      { descriptor, events },
      title,
      listener,
      this.#interruptCounter(request),
    );
    this.#wait.add(line);
    return line;
  }

  /** Of pulses as they come; a debounced line also interrupts for what is no pulse. */
  #interruptCounter(request: LineRequest): () => number | null {
    const holder = consumerOf(request);
    if (holder === CONSUMER) return () => null;
    const before = interruptsOf(holder, this.#interruptsFile);
    return () => {
      const now = interruptsOf(holder, this.#interruptsFile);
      return now === null || before === null ? null : now - before;
    };
  }

  /** Null where the chip went away meanwhile. */
  #lookAt(libc: Libc, name: string): Chip | null {
    try {
      return this.#withChip(libc, name, (descriptor, info) => ({
        name: info.name,
        label: info.label,
        lines: Array.from({ length: info.lines }, (_, offset) => lineOf(libc, descriptor, offset)),
      }));
    } catch (error) {
      if (error instanceof Fault && error.code === "BUS_UNREACHABLE") return null;
      throw error;
    }
  }

  #withChip<Result>(
    libc: Libc,
    name: string,
    use: (descriptor: number, info: ChipInfo) => Result,
  ): Result {
    const path = join(this.#directory, name);
    try {
      const descriptor = libc.open(path, constants.O_RDWR);
      try {
        const info = Buffer.alloc(CHIP_INFO.bytes);
        libc.ioctl(descriptor, REQUEST.chipInfo, info);
        return use(descriptor, decodeChipInfo(info));
      } finally {
        libc.close(descriptor);
      }
    } catch (error) {
      throw systemFault(`GPIO chip ${name}`, error, remedyFor(error, path));
    }
  }
}

class CharacterDeviceLine implements HeldLine, Waiter {
  readonly descriptor: number;
  readonly events: number;
  readonly #libc: Libc;
  readonly #wait: EdgeWait;
  readonly #title: string;
  readonly #listener: LineListener;
  readonly #events = Buffer.alloc(EDGES_PER_READ * LINE_EVENT.bytes);
  readonly #edge: LineListener["edge"];
  readonly interrupts: () => number | null;
  /** Nothing is said of a line that is lost or is being released. */
  #isOver = false;
  #released: Promise<void> | null = null;

  constructor(
    libc: Libc,
    wait: EdgeWait,
    { descriptor, events }: PollWait,
    title: string,
    listener: LineListener,
    interrupts: () => number | null,
  ) {
    this.#libc = libc;
    this.#wait = wait;
    this.interrupts = interrupts;
    this.descriptor = descriptor;
    this.events = events;
    this.#title = title;
    this.#listener = listener;
    this.#edge = (level, atMs, sequence) => listener.edge(level, atMs, sequence);
  }

  ready(events: number): void {
    if ((events & POLL.in) !== 0) this.drain();
    if ((events & ~POLL.in) !== 0) this.failed(chipGone(this.#title));
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.lost(
      error instanceof SystemError ? systemFault(`Line ${this.#title}`, error) : error,
    );
  }

  drain(): void {
    const wait = [{ descriptor: this.descriptor, events: POLL.in }];
    try {
      for (let reads = 0; reads < READS_PER_DRAIN_MAX && !this.#isOver; reads++) {
        if ((this.#libc.ready(wait)[0]! & POLL.in) === 0) return;
        const length = this.#libc.read(this.descriptor, this.#events) ?? 0;
        decodeEdges(this.#events, length, this.#edge);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.failed(error);
    }
  }

  level(): Level {
    return this.#call(() => levelOf(this.#libc, this.descriptor));
  }

  set(level: Level): void {
    this.#call(() => this.#libc.ioctl(this.descriptor, REQUEST.setValues, encodeLevel(level)));
  }

  release(): Promise<void> {
    this.#isOver = true;
    this.#released ??= this.#wait.remove(this).then(() => this.#libc.close(this.descriptor));
    return this.#released;
  }

  #call<Result>(call: () => Result): Result {
    // Its number may be another file's by now.
    if (this.#released !== null) throw chipGone(this.#title);
    try {
      return call();
    } catch (error) {
      throw systemFault(`Line ${this.#title}`, error);
    }
  }
}

/** Gives the descriptor of the line, which is ours until that is closed. */
function takeLine(libc: Libc, chip: number, request: LineRequest): number {
  const { offset, title, mode } = request;
  const take = (config: Parameters<typeof encodeLineConfig>[0]): number => {
    const bytes = encodeLineRequest(offset, consumerOf(request), config);
    try {
      libc.ioctl(chip, REQUEST.line, bytes);
    } catch (error) {
      throw refusedLine(libc, chip, offset, title, error);
    }
    return bytes.readInt32LE(LINE_REQUEST.descriptor);
  };
  if (mode.kind === "as-is") return take({ flags: request.activeLow ? FLAG.activeLow : 0 });
  const common = (request.activeLow ? FLAG.activeLow : 0) | BIAS_FLAGS[request.bias];
  if (mode.kind === "input") {
    const edges = mode.edges === "both" ? FLAG.risingEdge | FLAG.fallingEdge : FLAG.risingEdge;
    const debounceUs = mode.debounceMs > 0 ? mode.debounceMs * 1_000 : undefined;
    return take({ flags: common | FLAG.input | edges, debounceUs });
  }
  const flags = common | FLAG.output | DRIVE_FLAGS[mode.drive];
  if (mode.start !== "keep") return take({ flags, level: mode.start });
  // Taken as it is, its level is the one to go on with: the pin sees no edge.
  const descriptor = take({ flags: common & FLAG.activeLow });
  try {
    const level = levelOf(libc, descriptor);
    libc.ioctl(descriptor, REQUEST.setConfig, encodeLineConfig({ flags, level }));
    return descriptor;
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

/** A line of pulses is found by it among the kernel's interrupts; at most 31 characters count. */
function consumerOf({ chip, offset, mode }: LineRequest): string {
  const hasPulses = mode.kind === "input" && mode.edges === "rising" && mode.debounceMs === 0;
  return hasPulses ? `${CONSUMER} ${chip.name} ${offset}` : CONSUMER;
}

const BIAS_FLAGS: Readonly<Record<LineRequest["bias"], number>> = {
  "as-is": 0,
  "pull-up": FLAG.pullUp,
  "pull-down": FLAG.pullDown,
  disabled: FLAG.biasDisabled,
};

const DRIVE_FLAGS = {
  "push-pull": 0,
  "open-drain": FLAG.openDrain,
  "open-source": FLAG.openSource,
} as const;

function levelOf(libc: Libc, descriptor: number): Level {
  const values = encodeLevel();
  libc.ioctl(descriptor, REQUEST.getValues, values);
  return decodeLevel(values);
}

function lineOf(libc: Libc, chip: number, offset: number): Line {
  const bytes = encodeLineInfo(offset);
  libc.ioctl(chip, REQUEST.lineInfo, bytes);
  const { name, consumer, flags } = decodeLineInfo(bytes);
  const isUsed = (flags & FLAG.used) !== 0;
  const direction = (flags & FLAG.output) === 0 ? "input" : "output";
  return { offset, name, consumer, isUsed, direction };
}

function refusedLine(
  libc: Libc,
  chip: number,
  offset: number,
  title: string,
  error: unknown,
): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.code === "EBUSY") return inUse(title, lineOf(libc, chip, offset).consumer);
  if (error.code !== "ENODEV" && error.code !== "ENXIO") return error;
  return systemFault(
    `Line ${title}`,
    error,
    "Is the chip connected? One without an interrupt line cannot tell edges: use another line.",
  );
}

function remedyFor(error: unknown, path: string): string | undefined {
  if (!(error instanceof SystemError)) return undefined;
  if (error.code === "EACCES") return forbiddenRemedy(path);
  if (error.code !== "EINVAL") return undefined;
  return "A kernel before 5.10 does not know these requests: set `backend: sysfs`.";
}
