// A program of this folder in a process of its own, for tests that kill it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ChildProgram extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves when its output holds `text`; rejects when it ends before. */
  said(text: string | RegExp): Promise<void>;
  /** SIGKILL; resolves when the process is gone and all it printed is here. */
  kill(): Promise<void>;
}

export function startProgram(name: string, ...args: readonly string[]): ChildProgram {
  const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const holds = (text: string | RegExp) =>
    typeof text === "string" ? output.includes(text) : text.test(output);
  const kill = async () => {
    child.kill("SIGKILL");
    await closed;
  };
  return {
    process: child,
    output: () => output,
    async said(text) {
      while (!holds(text)) {
        const ended = await Promise.race([
          once(child.stdout, "data").then(() => false),
          closed.then(() => true),
        ]);
        if (ended && !holds(text)) throw new Error(`${name} ended; it said: ${output}`);
      }
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
