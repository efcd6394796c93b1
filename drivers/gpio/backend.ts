// What the driver needs of the kernel's GPIO, whichever interface it is reached through. Two
// back-ends stand behind this: the character device (character-device.ts) and sysfs (sysfs.ts).

export type Level = 0 | 1;

/** A line as the kernel knows it. Empty names are lines that the board's maker gave no name. */
export interface Line {
  readonly offset: number;
  readonly name: string;
  /** Who holds the line; empty where nobody does, or where it cannot be told. */
  readonly consumer: string;
  readonly isUsed: boolean;
  /** Null where it cannot be told without taking the line. */
  readonly direction: "input" | "output" | null;
}

export interface Chip {
  /** The kernel's own: `gpiochip0`. It may be another at the next start. */
  readonly name: string;
  /** The maker's: `pinctrl-bcm2711`. */
  readonly label: string;
  readonly lines: readonly Line[];
}

export const BIASES = ["as-is", "pull-up", "pull-down", "disabled"] as const;
export const DRIVES = ["push-pull", "open-drain", "open-source"] as const;

export interface LineRequest {
  readonly chip: Chip;
  readonly offset: number;
  /** What a person calls the line, for messages. */
  readonly title: string;
  readonly activeLow: boolean;
  readonly bias: (typeof BIASES)[number];
  /** `both` for levels, told at once; `rising` for pulses, told when the line is drained. */
  readonly mode: /** Neither made an input nor an output: its level is looked at. */
    | { readonly kind: "as-is" }
    | { readonly kind: "input"; readonly edges: "both" | "rising"; readonly debounceMs: number }
    | {
        readonly kind: "output";
        readonly drive: (typeof DRIVES)[number];
        /** The level from the first moment on; `keep` is the one that the pin has now. */
        readonly start: Level | "keep";
      };
}

/** What a line says unasked, until it is released. Nothing here waits or throws. */
export interface LineListener {
  /**
   * `atMs` is monotonic time in milliseconds with fractions. `sequence` counts the line's edges
   * modulo 2^32, those that were dropped included; null where the kernel does not count.
   */
  edge(level: Level, atMs: number, sequence: number | null): void;
  /** The line is gone, with its chip. It is said once. */
  lost(error: unknown): void;
}

/** What a line can be asked for. */
export interface LineState {
  /** The level now, as the line's own `activeLow` has it; throws where the chip is gone. */
  level(): Level;
  /**
   * How often the line has interrupted the kernel since it was taken; null where that cannot be
   * told, or is no number of pulses.
   */
  interrupts(): number | null;
}

export interface HeldLine extends LineState {
  /** Delivers the edges that wait in the kernel. */
  drain(): void;
  set(level: Level): void;
  /** Resolves when the line is free for others. Never rejects. */
  release(): Promise<void>;
}

/** Every method throws a `Fault`. */
export interface GpioBackend {
  readonly name: "character-device" | "sysfs";
  chips(): Promise<readonly Chip[]>;
  request(request: LineRequest, listener: LineListener): Promise<HeldLine>;
}
