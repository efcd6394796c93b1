// `telltale run`: the small parent of the meter and the gateway. It starts them, starts them again
// when they end, and keeps on disk why they ended.

import type { ConfigurationStatus } from "../../protocols/stream/frames.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { type Restart, Supervisor } from "../../runtime/supervise/supervisor.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { readJson, writeFileAtomic } from "../host/files.ts";
import { dataPaths } from "../host/paths.ts";
import {
  aborted,
  type ChildProcess,
  CLEAN_END,
  type FromChild,
  startOwnProcess,
} from "../host/processes.ts";
import { hostTimers } from "../host/timers.ts";

/** Restarts that are kept on disk; older ones stand in the journal. */
const RESTARTS_KEPT = 100;
/** Restarts that wait for a meter to put them on record. */
const RESTARTS_WAITING_MAX = 100;

/**
 * V8's young generation, in MiB. Its default lets garbage of short-lived frames grow to many times
 * the live heap. The memory reducer would collect everything at once about every ten seconds, and
 * a poll would wait for it; see docs/decisions/memory.md.
 */
export const METER_NODE_OPTIONS = ["--max-semi-space-size=1", "--no-memory-reducer", "--max-lazy"];
const GATEWAY_NODE_OPTIONS = ["--max-semi-space-size=2"];

export interface RunOptions {
  readonly file: string;
  readonly directory: string;
  /** Decided before: with `inForce: "none"` only the gateway is started. */
  readonly status: ConfigurationStatus;
  readonly log: Log;
  readonly stop: AbortSignal;
  /** What the processes say when they serve: for a person who waits. */
  readonly onReady?: (
    process: "meter" | "gateway",
    detail: Readonly<Record<string, unknown>>,
  ) => void;
  /** An endpoint that cannot be listened on now; it is tried again. */
  readonly onUnavailable?: (endpoint: string) => void;
}

/**
 * Runs until `stop` is aborted, then stops both cleanly. Rejects with a Fault where the meter says
 * at its first start that it can never work with this data directory.
 */
export async function runBoth(options: RunOptions): Promise<void> {
  const { file, directory, status, log, stop } = options;
  const clock = controllerClock();
  const waiting: Restart[] = [];
  let meterProcess: ChildProcess | null = null;
  /** Once at least, and now: a dead or starting meter must not swallow what it has to record. */
  let meterWasReady = false;
  let isMeterReady = false;
  /** Restarts that the meter was given and has not confirmed to be on its disk. */
  let handedOver = 0;
  /** What to do about the next end, as the process itself said. */
  const remedies = new Map<string, string>();
  const refused = Promise.withResolvers<never>();

  const childOf = (name: "meter" | "gateway", nodeOptions: readonly string[]): ChildProcess => {
    const args = [name, file, "--data", directory];
    const child = startOwnProcess(args, (message) => heard(name, message), nodeOptions);
    if (name === "meter") meterProcess = child;
    return child;
  };

  function handOver(): void {
    if (!isMeterReady || handedOver > 0 || waiting.length === 0) return;
    handedOver = waiting.length;
    meterProcess?.tell({ t: "restarts", restarts: [...waiting] });
  }

  function heard(name: "meter" | "gateway", message: FromChild): void {
    if (message.t === "unavailable") {
      options.onUnavailable?.(message.endpoint);
      return;
    }
    if (message.t === "failing") {
      remedies.set(name, `${message.remedy} [${message.code}]`);
      if (name === "meter" && !meterWasReady && message.code === "DATA_LOCKED") {
        refused.reject(new Fault("DATA_LOCKED", message.message, message.remedy));
      }
      return;
    }
    if (message.t === "recorded") {
      waiting.splice(0, message.count);
      handedOver = 0;
      handOver();
      return;
    }
    if (name === "meter") {
      meterWasReady = true;
      isMeterReady = true;
      handOver();
    }
    log.info("ready", { process: name, ...message.detail });
    options.onReady?.(name, message.detail);
  }

  function onRestart(restart: Restart): void {
    const { process, cause, waitMs } = restart;
    const remedy = remedies.get(process);
    remedies.delete(process);
    const fields = remedy === undefined ? {} : { remedy };
    log.warn(`the ${process} ${cause}; it is started again in ${waitMs / 1_000} s`, fields);
    try {
      keepRestart(directory, { ...restart, utc: clock.instantAt(clock.mono()).utc });
    } catch (error) {
      // A full disk must not end the parent, and with it both of its children.
      log.error("the restart could not be kept on the disk", { reason: reasonOf(error) });
    }
    if (waiting.length < RESTARTS_WAITING_MAX) waiting.push(restart);
    if (process === "meter") {
      isMeterReady = false;
      handedOver = 0;
    }
    handOver();
  }

  const supervise = (name: "meter" | "gateway", nodeOptions: readonly string[]) =>
    new Supervisor({
      name,
      start: () => childOf(name, nodeOptions),
      clock,
      timers: hostTimers,
      onRestart,
    });
  const gateway = supervise("gateway", GATEWAY_NODE_OPTIONS);
  const meter = supervise("meter", METER_NODE_OPTIONS);
  const running = status.inForce === "none" ? [gateway] : [meter, gateway];
  for (const supervisor of running) supervisor.start();
  try {
    await Promise.race([aborted(stop), refused.promise]);
  } finally {
    const causes = await Promise.all(running.map((supervisor) => supervisor.stop()));
    for (const cause of causes) {
      if (cause !== null && cause !== CLEAN_END) {
        log.error(`a process ${cause} while it was stopped; the next start says what was lost`);
      }
    }
  }
}

function keepRestart(directory: string, restart: Restart & { readonly utc: number | null }): void {
  const { restarts } = dataPaths(directory);
  const kept = readJson(restarts);
  const list = Array.isArray(kept) ? kept : [];
  writeFileAtomic(restarts, JSON.stringify([...list, restart].slice(-RESTARTS_KEPT), null, 2));
}
