// Starting our own processes, and the few words that they and their parent exchange.

import { fork } from "node:child_process";
import type { ManagedProcess, Restart } from "../../runtime/supervise/supervisor.ts";

export type FromChild =
  /** The meter has posted its first millisecond, or the gateway serves. */
  | { readonly t: "ready"; readonly detail: Readonly<Record<string, unknown>> }
  /** So many restarts of those that the meter was told of are on its disk. */
  | { readonly t: "recorded"; readonly count: number }
  /** An endpoint that cannot be had now; it is tried again. */
  | { readonly t: "unavailable"; readonly endpoint: string }
  /** What went wrong, said before the end. */
  | {
      readonly t: "failing";
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    };

/** To the meter: restarts that it has to put on record. */
export interface ToChild {
  readonly t: "restarts";
  readonly restarts: readonly Restart[];
}

/** What `onEnd` hears of a process that ended as it should. */
export const CLEAN_END = "ended with status 0";

export interface ChildProcess extends ManagedProcess {
  tell(message: ToChild): void;
}

/** Starts this program again with other arguments. Its output goes where ours goes. */
export function startOwnProcess(
  args: readonly string[],
  onMessage: (message: FromChild) => void,
  nodeOptions: readonly string[] = [],
): ChildProcess {
  let said = "";
  const child = fork(process.argv[1]!, args, {
    execArgv: [...nodeOptions],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.on("message", (message: FromChild) => {
    if (message.t === "failing") said = `: ${message.message}`;
    onMessage(message);
  });
  return {
    pid: child.pid ?? 0,
    onEnd(listener) {
      const wasStarted = child.pid !== undefined;
      child.on("error", (error) => {
        // Of a process that runs this only says that it could not be reached; its end comes apart,
        // and one end told twice would be answered with two new processes.
        if (!wasStarted) listener(`could not be started: ${error.message}`);
      });
      child.once("exit", (code, signal) =>
        listener((signal ? `ended by ${signal}` : `ended with status ${code}`) + said),
      );
    },
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
    tell: (message) => {
      if (child.connected) child.send(message);
    },
  };
}

/** Says something to the parent. Resolves when it has gone out; false where nobody hears it. */
export function tellParent(message: FromChild): Promise<boolean> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, (error: Error | null) => resolve(error === null));
    else resolve(false);
  });
}

export function onParentMessage(listener: (message: ToChild) => void): void {
  process.on("message", listener);
}

/** Aborted by SIGTERM or SIGINT, or when the parent is gone: an orphan must not count twice. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (process.send) process.once("disconnect", stop);
  return controller.signal;
}

/** Lets go of the parent: the channel to it would keep this process alive for ever. */
export function leaveParent(): void {
  if (process.connected) process.disconnect();
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
