// The product on the controller of the bench: `telltale run` over SSH, watched through its meter's
// own socket. The processes belong to the rig, in a directory of their own; an installed service is
// not touched.

import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { hostTimers } from "../../firmware/host/timers.ts";
import { RequestFailed, StreamClient } from "../../protocols/stream/client.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { until } from "../instance.ts";
import { machineFile, observing } from "../observe.ts";
import type { Instance, MachineParts } from "../place.ts";
import { quoted, type Shell } from "./shell.ts";

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
const SETTLE_MS = 500;
/** The page of this instance; only the controller itself reaches it. */
const HTTP_PORT = 18_420;

export async function startOnBench(
  shell: Shell,
  telltale: string,
  parts: MachineParts,
): Promise<Instance> {
  await using failed = new AsyncDisposableStack();
  const local = failed.use(scratchDirectory());
  const remote = (await shell.ask("mktemp -d /tmp/telltale-rig-XXXXXX")).trim();
  failed.defer(async () => void (await shell.run(`rm -rf ${quoted(remote)}`)));
  await shell.ask(`cat > ${remote}/machine.yaml`, machineFile(parts, HTTP_PORT));
  // The first line is the process id: `exec` keeps it.
  const run = `echo $$; RUNTIME_DIRECTORY=${remote}/run exec ${telltale} run machine.yaml --data data`;
  const product = shell.start(`cd ${remote} && mkdir run && ${run}`);
  const [first] = (await once(product.stdout!, "data")) as [Buffer];
  const pid = Number(first.toString().split("\n")[0]);
  let said = "";
  product.stderr!.on("data", (text: Buffer) => {
    said += text.toString();
  });
  failed.defer(async () => void (await shell.run(`kill -9 ${pid}`)));
  const socket = await until(
    async () => {
      if (product.exitCode !== null) throw new Error(`telltale run ended: ${said}`);
      const [found] = (await shell.ask(`find ${remote}/run -type s`)).split("\n");
      return found === "" ? null : found;
    },
    `the meter's socket; it said: ${said}`,
    START_MS_MAX,
  );
  const tunnel = shell.forward(local.at("meter"), socket);
  failed.defer(() => void tunnel.kill());
  const records: JournalRecord[] = [];
  const client = new StreamClient({
    url: "ws://localhost/stream",
    socketPath: local.at("meter"),
    timers: hostTimers,
    random: Math.random,
    retryMaxMs: 200,
  });
  client.readLog("all", { from: "oldest", onRecords: (page) => void records.push(...page) });
  client.open();
  failed.defer(() => client.close());
  const state = () => until(() => stateOf(client), "an answer of the meter", START_MS_MAX);
  await state();
  const meterPid = async () => (await shell.ask(`pgrep -P ${pid} -f ' meter '`)).trim();
  let isStopped = false;
  const cleanup = failed.move();
  return {
    ...observing(state),
    async records() {
      return records;
    },
    streamUrl: null,
    async killMeter() {
      await shell.ask(`kill -KILL ${await meterPid()}`);
    },
    async hangMeter() {
      await shell.ask(`kill -STOP ${await meterPid()}`);
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      // What is committed at this moment is still on its way here.
      await pause(SETTLE_MS);
      const ended = once(product, "exit");
      await shell.run(`kill -TERM ${pid}`);
      await Promise.race([ended, pause(STOP_MS_MAX, undefined, { ref: false })]);
      await cleanup.disposeAsync();
    },
  };
}

/** Null while the meter is away, or its socket not yet reachable from here. */
async function stateOf(client: StreamClient): Promise<MeterState | null> {
  try {
    return (await client.get("state")) as MeterState;
  } catch (error) {
    if (error instanceof RequestFailed && error.code === "unavailable") return null;
    throw error;
  }
}
