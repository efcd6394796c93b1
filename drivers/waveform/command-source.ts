// A program whose standard output is the source. It runs in a process group of its own, so that a
// pipeline in a shell ends as a whole.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { ByteSource } from "./byte-source.ts";

/**
 * A program that has been asked to end is killed after this long. With the wait for its end it
 * stays below the second that a stop has for all buses.
 */
const KILL_AFTER_MS = 600;
/** The time from the kill until its end is known, at most. */
const REAP_WAIT_MS = 300;
/** One that has closed its output may take this long to say with which status. */
const STATUS_WAIT_MS = 500;
/** What it says on standard error, for each start; the rest is read and thrown away. */
const LOG_LINES_MAX = 100;
const LOG_LINE_CHARACTERS_MAX = 400;

/** `signal` sends to a whole process group; tests give another one. */
export function openCommand(
  command: readonly string[],
  timers: Timers,
  log: Log,
  signal: (group: number, name: NodeJS.Signals) => void = (group, name) =>
    void process.kill(-group, name),
): ByteSource {
  const signalGroup = (name: NodeJS.Signals) => sendSignal(child, name, signal, log);
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { stdout, stderr } = child;
  child.once("error", (error) => stdout?.destroy(error));
  // Without a descriptor for its pipes nothing was started, and there are none.
  if (stdout === undefined) throw noDescriptor(command[0]!);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      hasEnded = true;
      resolve();
    });
  });
  logLines(stderr, command[0]!, log);
  return {
    stream: stdout,
    async reasonOfEnd() {
      await within(ended, STATUS_WAIT_MS, timers);
      if (child.exitCode !== null) return `${command[0]} ended with status ${child.exitCode}`;
      if (child.signalCode !== null) return `${command[0]} was ended by ${child.signalCode}`;
      return `${command[0]} closed its output`;
    },
    async close() {
      // Read on: a program that waits for its reader would not end by itself.
      stdout.removeAllListeners("data");
      stdout.resume();
      if (hasEnded) return;
      signalGroup("SIGTERM");
      await within(ended, KILL_AFTER_MS, timers);
      // Also where it has ended: others of its pipeline may not have.
      signalGroup("SIGKILL");
      // Whoever has left the group may hold the pipes; nobody waits for that.
      stdout.destroy();
      stderr.destroy();
      await within(ended, REAP_WAIT_MS, timers);
    },
  };
}

function noDescriptor(program: string): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `${program} cannot be started: this process or the system has no file descriptor left.`,
    "Raise the limit of open files, or see who keeps so many open.",
  );
}

function within(done: Promise<void>, waitMs: number, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const timer = timers.after(waitMs, resolve);
    void done.then(() => {
      timer.cancel();
      resolve();
    });
  });
}

/** Never throws: nobody waits for a source that is closed because its run has ended. */
function sendSignal(
  { pid, spawnfile }: ChildProcess,
  name: NodeJS.Signals,
  signal: (group: number, name: NodeJS.Signals) => void,
  log: Log,
): void {
  if (pid === undefined) return;
  try {
    signal(pid, name);
  } catch (error) {
    // Nobody of the group is left, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
    // EPERM: a program that runs as another user, such as one behind sudo.
    log.warn(`${spawnfile} cannot be ended; it may go on when its output is closed`, {
      pid,
      signal: name,
      reason: reasonOf(error),
    });
  }
}

/** Passes on what the program says, line by line and bounded in both directions. */
function logLines(stream: Readable, name: string, log: Log): void {
  let line = "";
  let lines = 0;
  const say = () => {
    if (line !== "" && lines <= LOG_LINES_MAX) {
      log.warn(lines < LOG_LINES_MAX ? `${name}: ${line}` : `${name} says more than is logged`);
      lines++;
    }
    line = "";
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const [first, ...others] = text.split("\n");
    line = (line + first!).slice(0, LOG_LINE_CHARACTERS_MAX);
    for (const other of others) {
      say();
      line = other.slice(0, LOG_LINE_CHARACTERS_MAX);
    }
  });
  stream.once("end", say);
}
