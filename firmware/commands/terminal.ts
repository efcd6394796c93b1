// Where a command's words go. Results go to standard output, so that they can be piped; whatever is
// said about them goes to standard error.

export interface Terminal {
  out(line: string): void;
  /** The content of a file, every character as it is. */
  file(content: string): void;
  error(line: string): void;
  /** One line that is written over; null ends it. Elsewhere than on a terminal it is not shown. */
  progress(text: string | null): void;
}

/** All but line ends and tabs; what a terminal takes for a command begins with one of them. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/**
 * What a device says of itself is shown, and does not move the cursor of who looks. Written as JSON
 * writes it, so that JSON stays what it was.
 */
export function plain(text: string): string {
  return text.replace(CONTROLS, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** What a narrow terminal shows without breaking the line, which could not be written over. */
const PROGRESS_TEXT_MAX = 78;

export const terminal: Terminal = {
  out(line) {
    process.stdout.write(`${plain(line)}\n`);
  },
  file(content) {
    process.stdout.write(content);
  },
  error(line) {
    process.stderr.write(`${plain(line)}\n`);
  },
  progress(text) {
    if (!process.stderr.isTTY) return;
    process.stderr.write(
      `\r\u001b[K${text === null ? "" : plain(text).slice(0, PROGRESS_TEXT_MAX)}`,
    );
  },
};

const PROGRESS_COLUMNS = 40;

/** How far a long task is: one line that grows on a terminal, a line a quarter elsewhere. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #steps = process.stdout.isTTY ? 100 : 4;
  #shown = -1;

  constructor(to: Terminal) {
    this.#terminal = to;
  }

  /** @param share what is done, 0 to 1. */
  show(share: number): void {
    const step = Math.floor(Math.min(1, share) * this.#steps);
    if (step === this.#shown) return;
    this.#shown = step;
    const done = Math.round((step / this.#steps) * PROGRESS_COLUMNS);
    const bar = "#".repeat(done).padEnd(PROGRESS_COLUMNS, ".");
    const line = `  ${bar} ${Math.round((step * 100) / this.#steps)} %`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
    else this.#terminal.out(line);
  }

  end(): void {
    if (process.stdout.isTTY) this.#terminal.out("");
  }
}

/** What the shell is told: 0 done, 1 failed, 2 bad input or usage. */
export const EXIT = { done: 0, failed: 1, badInput: 2 } as const;
