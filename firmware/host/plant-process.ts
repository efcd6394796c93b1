// Starts the demo's plant beside us, and again when it dies. It ends when its standard input
// closes, so it cannot outlive us.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import {
  type ManagedProcess,
  type Restart,
  Supervisor,
} from "../../runtime/supervise/supervisor.ts";
import { hostTimers } from "./timers.ts";

/** Of what the plant says of itself, for the sentence about its end. */
const SAID_CHARACTERS_MAX = 2_000;

/**
 * Resolves when the plant listens; it is then kept going until `stop`.
 * @throws Fault PORT_IN_USE where it cannot start even once.
 */
export async function runPlant(options: {
  readonly script: string;
  /** Asked at each start: the plant's hour register goes on from where it was. */
  readonly args: () => readonly string[];
  readonly clock: Clock;
  readonly onRestart: (restart: Restart) => void;
}): Promise<{ stop(): Promise<void> }> {
  const { script, args, clock, onRestart } = options;
  const first = startPlant(script, args());
  if (!(await first.listening)) {
    throw new Fault(
      "PORT_IN_USE",
      `the demo's plant could not start: ${first.said()}`,
      "end the program that has the port; it may be another demo. The plant's ports are fixed",
    );
  }
  let waiting: ManagedProcess | null = first.process;
  const supervisor = new Supervisor({
    name: "plant",
    start: () => {
      const started = waiting ?? startPlant(script, args()).process;
      waiting = null;
      return started;
    },
    clock,
    timers: hostTimers,
    onRestart,
  });
  supervisor.start();
  return supervisor;
}

interface StartedPlant {
  readonly process: ManagedProcess;
  /** False where it ends instead. */
  readonly listening: Promise<boolean>;
  /** Its last words, in one sentence. */
  said(): string;
}

function startPlant(script: string, args: readonly string[]): StartedPlant {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    // A terminal's Ctrl-C is for us alone: the plant stands for hardware, which outlasts its
    // reader.
    detached: true,
  });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-SAID_CHARACTERS_MAX);
  });
  // What follows the semicolon names an option of the plant's own, which its caller cannot give.
  const said = () =>
    text
      .trim()
      .replace(/^plant: /, "")
      .replace(/;.*$/s, "");
  // A pipe to a process that has just died breaks; the end is told below.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    child.once("close", (status, signal) => {
      const words = said();
      resolve((signal ?? `status ${status}`) + (words === "" ? "" : `: ${words}`));
    });
  });
  const up = once(createInterface(child.stdout), "line").then(() => true);
  return {
    process: {
      pid: child.pid ?? 0,
      onEnd: (listener) => void ended.then(listener),
      stop: () => void child.stdin.end(),
      kill: () => void child.kill("SIGKILL"),
    },
    listening: Promise.race([up, ended.then(() => false)]),
    said,
  };
}
