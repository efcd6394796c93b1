// A peer in a process of its own that says who it is in its first line, and then answers each line
// with a line. Ending its standard input ends it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { goFirst } from "../pty/priority.ts";

/** Python takes a second to start, on a busy machine several. */
const ANSWER_MS_MAX = 15_000;
const END_MS_MAX = 3_000;

export class LineProcess implements AsyncDisposable {
  /** The first line: the peer's name and version. */
  greeting = "";
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  #error = "";

  private constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.#waiting.shift()?.(line);
    });
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.#error += text.toString();
    });
    // Its end is told by whoever waits for an answer.
    this.#child.stdin!.on("error", () => undefined);
  }

  static async start(program: string, args: readonly string[]): Promise<LineProcess> {
    const process = new LineProcess(program, args);
    process.greeting = await process.#answer();
    goFirst(process.#child.pid!);
    return process;
  }

  ask(line: string): Promise<string> {
    this.#child.stdin!.write(`${line}\n`);
    return this.#answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), END_MS_MAX);
    this.#child.stdin!.end();
    await ended;
    clearTimeout(force);
  }

  async #answer(): Promise<string> {
    const answer = Promise.withResolvers<string>();
    const fail = (why: string) =>
      answer.reject(new Error(`${this.#child.spawnfile} ${why}: ${this.#error}`));
    const ended = (code: number | null) => fail(`ended with status ${code}`);
    const failed = (error: Error) => fail(error.message);
    const timer = setTimeout(() => fail("does not answer"), ANSWER_MS_MAX);
    this.#child.once("exit", ended).once("error", failed);
    this.#waiting.push(answer.resolve);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#child.off("exit", ended).off("error", failed);
    }
  }
}
