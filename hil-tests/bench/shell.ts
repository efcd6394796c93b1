// Commands on the controller of the bench over SSH, and on the tester beside it. The ssh program
// itself keeps hosts and keys: what works as `ssh HOST` on a terminal works here.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Outcome } from "../instance.ts";

/** A sleeping controller answers within this or is taken for absent. */
const CONNECT_SECONDS_MAX = 10;
const COMMAND_MS_MAX = 60_000;

/** A word for a shell at the other side. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export class Shell {
  readonly #host: string;
  readonly #options: readonly string[];

  /** `options` go before the host: `-p 2222`, `-i FILE`. */
  constructor(host: string, options: readonly string[] = []) {
    this.#host = host;
    this.#options = [
      ...["-o", "BatchMode=yes"],
      ...["-o", `ConnectTimeout=${CONNECT_SECONDS_MAX}`],
      // Without it, a controller that lost its power keeps its last connection for hours.
      ...["-o", "ServerAliveInterval=5"],
      ...options,
    ];
  }

  /** Runs a line of shell on the controller until it ends. */
  async run(line: string, input = ""): Promise<Outcome> {
    return await finished(spawn("ssh", [...this.#options, this.#host, line]), input);
  }

  /** As `run`, and gives what it said; an error with its words where it failed. */
  async ask(line: string, input = ""): Promise<string> {
    const { status, out, error } = await this.run(line, input);
    if (status !== 0) throw new Error(`${this.#host}: ${line}: status ${status}: ${error}`);
    return out;
  }

  /** A process that goes on: its end is the caller's. */
  start(line: string): ChildProcess {
    return spawn("ssh", [...this.#options, this.#host, line], {
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Makes a Unix socket of the controller reachable here, for as long as the process lives. */
  forward(localSocket: string, remoteSocket: string): ChildProcess {
    const tunnel = ["-N", "-o", "ExitOnForwardFailure=yes", "-L", `${localSocket}:${remoteSocket}`];
    return spawn("ssh", [...this.#options, ...tunnel, this.#host], { stdio: "ignore" });
  }
}

/** Runs a command of the tester: a relay, a line of its own GPIO, a switch of its USB hub. */
export async function onTester(command: readonly string[]): Promise<string> {
  const [program, ...args] = command;
  const { status, out, error } = await finished(spawn(program!, args), "");
  if (status !== 0) throw new Error(`${command.join(" ")}: status ${status}: ${error}`);
  return out;
}

async function finished(child: ChildProcess, input: string): Promise<Outcome> {
  const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_MS_MAX);
  let out = "";
  let error = "";
  child.stdout!.on("data", (text: Buffer) => {
    out += text.toString();
  });
  child.stderr!.on("data", (text: Buffer) => {
    error += text.toString();
  });
  // A command that ends before it has read everything says so by its status.
  child.stdin!.on("error", () => undefined);
  child.stdin!.end(input);
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return { status: status ?? -1, out, error };
  } finally {
    clearTimeout(timer);
  }
}
