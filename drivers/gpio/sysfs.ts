// GPIO through /sys/class/gpio and `onoff`, for kernels without the character device's version 2.
// It knows neither names, bias nor numbers of edges, and tells two edges that are close together
// as one: levels and outputs work with it, pulses do not.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Gpio } from "onoff";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Chip, GpioBackend, HeldLine, Level, LineListener, LineRequest } from "./backend.ts";
import { Debouncer } from "./debouncer.ts";
import { chipGone, inUse } from "./faults.ts";
import { forbiddenRemedy } from "./permission.ts";

export const SYSFS_DIRECTORY = "/sys/class/gpio";

export interface SysfsParts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Where chips are looked for; `onoff` itself knows the real one alone. */
  readonly directory?: string;
}

/** A chip, and the number of its first line: 0, 399, 504, 512, 970, as the kernel likes. */
interface NumberedChip {
  readonly name: string;
  readonly label: string;
  readonly base: number;
  readonly lineCount: number;
}

export class SysfsBackend implements GpioBackend {
  readonly name = "sysfs";
  readonly #parts: SysfsParts;
  readonly #directory: string;

  constructor(parts: SysfsParts) {
    this.#parts = parts;
    this.#directory = parts.directory ?? SYSFS_DIRECTORY;
  }

  async chips(): Promise<readonly Chip[]> {
    return this.#numberedChips().map(({ name, label, base, lineCount }) => ({
      name,
      label,
      lines: Array.from({ length: lineCount }, (_, offset) => {
        const isUsed = existsSync(join(this.#directory, `gpio${base + offset}`));
        const consumer = isUsed ? "sysfs" : "";
        return { offset, name: "", consumer, isUsed, direction: null };
      }),
    }));
  }

  async request(request: LineRequest, listener: LineListener): Promise<HeldLine> {
    refuseUnknown(request);
    const number = this.numberOf(request.chip, request.offset, request.title);
    const { Gpio } = await import("onoff").catch((error: unknown) => {
      throw cannotLoad(error);
    });
    const { mode, activeLow, title } = request;
    // What is exported is somebody's, or was left by a program that was killed.
    if (mode.kind === "as-is") throw inUse(title, "");
    try {
      if (mode.kind === "output") {
        // The direction's word is the voltage, whatever `active_low` says.
        const isHigh = (mode.start === 1) !== activeLow;
        const gpio = new Gpio(number, isHigh ? "high" : "low", "none", { activeLow });
        checkTaken(gpio, request);
        return new SysfsLine(gpio, title, null);
      }
      const gpio = new Gpio(number, "in", "both", { activeLow });
      checkTaken(gpio, request);
      return watch(gpio, request, mode.debounceMs, listener, this.#parts);
    } catch (error) {
      throw refusal(title, error, join(this.#directory, "export"));
    }
  }

  /** The number by which this kernel knows the line. */
  numberOf(chip: Chip, offset: number, title: string): number {
    const found = this.#numberedChips().find(
      ({ name, label }) => name === chip.name && label === chip.label,
    );
    if (found !== undefined) return found.base + offset;
    throw chipGone(title);
  }

  hasChips(): boolean {
    return this.#names().length > 0;
  }

  #names(): readonly string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).filter((name) => /^gpiochip\d+$/.test(name));
  }

  #numberedChips(): readonly NumberedChip[] {
    const names = this.#names();
    if (names.length > 0) return names.map((name) => this.#numberedChip(name));
    throw new Fault(
      "BUS_UNREACHABLE",
      `There is no GPIO chip: ${this.#directory} has none.`,
      "Does this kernel have GPIO in sysfs? Set `backend: character-device`.",
    );
  }

  #numberedChip(name: string): NumberedChip {
    const read = (file: string) => readFileSync(join(this.#directory, name, file), "utf8").trim();
    return {
      name,
      label: read("label"),
      base: Number(read("base")),
      lineCount: Number(read("ngpio")),
    };
  }
}

class SysfsLine implements HeldLine {
  readonly #gpio: Gpio;
  readonly #title: string;
  readonly #debouncer: Debouncer | null;
  #isOver = false;

  constructor(gpio: Gpio, title: string, debouncer: Debouncer | null) {
    this.#gpio = gpio;
    this.#title = title;
    this.#debouncer = debouncer;
  }

  /** Nothing waits: sysfs has no queue. */
  drain(): void {}

  level(): Level {
    // Read in any case: a chip that is gone tells no edges, and its last level is no level.
    const level = this.#call(() => this.#gpio.readSync());
    this.#debouncer?.looked(level);
    return this.#debouncer?.level ?? level;
  }

  interrupts(): null {
    return null;
  }

  set(level: Level): void {
    this.#call(() => this.#gpio.writeSync(level));
  }

  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#debouncer?.close();
    this.#gpio.unexport();
  }

  #call<Result>(call: () => Result): Result {
    try {
      if (!this.#isOver) return call();
    } catch (error) {
      throw refusal(this.#title, error, SYSFS_DIRECTORY);
    }
    throw new Fault("BUS_CLOSED", `Line ${this.#title} is released.`, "Start the bus again.");
  }
}

/**
 * Where a line was exported before, `onoff` goes on without a word when it may not change it: its
 * level would be somebody else's, perhaps upside down.
 */
function checkTaken(gpio: Gpio, { mode, activeLow, title }: LineRequest): void {
  const direction = mode.kind === "output" ? "out" : "in";
  if (gpio.direction() === direction && gpio.activeLow() === activeLow) return;
  gpio.unexport();
  throw inUse(title, "");
}

function watch(
  gpio: Gpio,
  { title }: LineRequest,
  debounceMs: number,
  listener: LineListener,
  { clock, timers }: SysfsParts,
): HeldLine {
  const tell = (level: Level) => listener.edge(level, clock.mono(), null);
  const debouncer =
    debounceMs > 0
      ? new Debouncer({ timers, debounceMs, initial: gpio.readSync(), settled: tell })
      : null;
  gpio.watch((error, level) => {
    if (error) listener.lost(refusal(title, error, SYSFS_DIRECTORY));
    else if (debouncer === null) tell(level);
    else debouncer.seen(level);
  });
  return new SysfsLine(gpio, title, debouncer);
}

function refuseUnknown({ title, mode, bias }: LineRequest): void {
  const refuse = (what: string, why: string): never => {
    throw new Fault(
      "SETTING_INVALID",
      `Line ${title}: ${what} cannot be done through sysfs, ${why}.`,
      "Set `backend: character-device`; the kernel needs to be 5.10 or later.",
    );
  };
  if (mode.kind === "input" && mode.edges === "rising") {
    refuse(
      "counting pulses",
      "because it tells edges that are close together as one (of 20 edges 5 ms apart, 15 came)",
    );
  }
  if (bias !== "as-is") refuse(`\`bias: ${bias}\``, "which knows no resistors");
  if (mode.kind !== "output") return;
  if (mode.start === "keep") refuse("`start: keep`", "which sets a level with the direction");
  if (mode.drive !== "push-pull") refuse(`\`drive: ${mode.drive}\``, "which knows push-pull alone");
}

function refusal(title: string, error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const place = `Line ${title}: ${error.message}.`;
  if (error.code === "EBUSY") return inUse(title, "");
  if (error.code === "EACCES") return new Fault("BUS_FORBIDDEN", place, forbiddenRemedy(path));
  const remedy = "Is the chip connected? One without an interrupt line cannot tell edges.";
  return new Fault("BUS_UNREACHABLE", place, remedy, { cause: error });
}

function cannotLoad(error: unknown): Fault {
  return new Fault(
    "SETTING_INVALID",
    `The package onoff, which sysfs needs, cannot be loaded: ${String(error)}.`,
    "Set `backend: character-device`; or install the package, which needs a compiler.",
    { cause: error },
  );
}
