// Where a command's words go. Results go to standard output, so that they can be piped; whatever is
// said about them goes to standard error.

export interface Terminal {
  out(line: string): void;
  error(line: string): void;
}

export const terminal: Terminal = {
  out(line) {
    process.stdout.write(`${line}\n`);
  },
  error(line) {
    process.stderr.write(`${line}\n`);
  },
};

/** What the shell is told: 0 done, 1 failed, 2 bad input or usage. */
export const EXIT = { done: 0, failed: 1, badInput: 2 } as const;
