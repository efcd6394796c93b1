// The product as real processes, `telltale run` on a machine file, watched over its own stream.

import { hostTimers } from "../../firmware/host/timers.ts";
import { RequestFailed, StreamClient } from "../../protocols/stream/client.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { Controller, freePort, streamUrl, until } from "../instance.ts";
import { machineFile, observing } from "../observe.ts";
import type { Instance, MachineParts } from "../place.ts";

/** The parent, the meter and the gateway start within two seconds, on a busy machine within ten. */
const START_MS_MAX = 30_000;

export async function startProcesses(parts: MachineParts): Promise<Instance> {
  const controller = new Controller();
  const port = await freePort();
  controller.write(machineFile(parts, port));
  const run = controller.run();
  const client = new StreamClient({
    url: streamUrl(port),
    timers: hostTimers,
    random: Math.random,
    retryMaxMs: 200,
    onUp: () => isUp.resolve(),
  });
  const isUp = Promise.withResolvers<void>();
  const ended = async (): Promise<never> => {
    await run.ended;
    throw new Error(`telltale run ended: ${run.error}`);
  };
  const timer = setTimeout(
    () => isUp.reject(new Error(`no stream within ${START_MS_MAX} ms: ${run.error}`)),
    START_MS_MAX,
  );
  client.open();
  try {
    await Promise.race([isUp.promise, ended()]);
  } catch (error) {
    client.close();
    await controller[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  let records: Awaited<ReturnType<Instance["records"]>> | null = null;
  return {
    ...observing(() => until(() => stateOf(client), "an answer of the meter")),
    records: async () => records ?? controller.records(),
    streamUrl: streamUrl(port),
    async killMeter() {
      process.kill(await run.child("meter"), "SIGKILL");
    },
    async hangMeter() {
      process.kill(await run.child("meter"), "SIGSTOP");
    },
    async stop() {
      if (records !== null) return;
      client.close();
      await run.stop();
      records = controller.records();
      await controller[Symbol.asyncDispose]();
    },
  };
}

/** Null while the meter is away: it is started again, and asked again. */
async function stateOf(client: StreamClient): Promise<MeterState | null> {
  try {
    return (await client.get("state")) as MeterState;
  } catch (error) {
    if (error instanceof RequestFailed && error.code === "unavailable") return null;
    throw error;
  }
}
