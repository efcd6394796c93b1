// The process of a bus, seen from the meter: started, spoken to, and ended with its meter.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programUrl } from "./worker.ts";

/**
 * Heap of such a process, in MiB: the largest driver, the OPC UA client, needs about half of it.
 */
const HEAP_MB = 160;
const YOUNG_GENERATION_MB = 2;

/** One end of the channel between a meter and the process of a bus. */
export interface BusChannel<Out, In> {
  /** Of the other side; 0 where it could not be started. */
  readonly pid: number;
  /** Never throws; what the other side can no longer hear is dropped, and its end is told. */
  send(message: Out, sent?: () => void): void;
  onMessage(listener: (message: In) => void): void;
  /** Called once, with a word on how the other side ended. */
  onEnd(listener: (how: string) => void): void;
  kill(): void;
  /** Leaves the other side alone, as the death of this one would. */
  disconnect(): void;
}

/** Standard output goes nowhere (drivers' packages greet there); standard error is the log's. */
export function startBusProcess<Out, In>(): BusChannel<Out, In> {
  const child = fork(fileURLToPath(programUrl("bus-process")), [], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${YOUNG_GENERATION_MB}`],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = Promise.withResolvers<string>();
  const wasStarted = child.pid !== undefined;
  child.on("error", (error) => {
    // Of a process that runs this only says that it could not be reached; its end comes apart.
    if (!wasStarted) ended.resolve(`could not be started: ${error.message}`);
  });
  child.once("exit", (code, signal) =>
    ended.resolve(signal ? `was ended by ${signal}` : `ended with status ${code}`),
  );
  return {
    pid: child.pid ?? 0,
    send(message, sent) {
      if (child.connected) child.send(message as object, () => sent?.());
    },
    onMessage: (listener) => void child.on("message", (message) => listener(message as In)),
    onEnd: (listener) => void ended.promise.then(listener),
    kill: () => void child.kill("SIGKILL"),
    disconnect: () => child.disconnect(),
  };
}

/**
 * What a terminal and a service manager send to the whole group: to end (a watchdog of systemd says
 * SIGABRT), or to stand still, in which outputs would stay as they are.
 */
const GROUP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGTSTP"] as const;

/**
 * The other end. Signals reach the whole group; this process waits for its meter instead, because
 * closing a bus is an order of things that the meter decides. Where they end the meter, or make it
 * stand still, this process closes its bus for that.
 */
export function meterChannel<Out, In>(): BusChannel<Out, In> {
  for (const signal of GROUP_SIGNALS) process.on(signal, () => {});
  return {
    pid: process.ppid,
    send(message, sent) {
      if (process.connected) process.send!(message, () => sent?.());
    },
    onMessage: (listener) => void process.on("message", (message) => listener(message as In)),
    onEnd: (listener) => void process.once("disconnect", () => listener("the meter is gone")),
    kill: () => process.exit(1),
    disconnect: () => process.disconnect(),
  };
}
