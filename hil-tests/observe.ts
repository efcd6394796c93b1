// What every instance can do once it can tell its state: wait until the state is as wanted.

import type { MeterState } from "../protocols/stream/frames.ts";
import { until } from "./instance.ts";
import type { Instance, MachineParts } from "./place.ts";

/** What a scenario waits for comes within this; a slow guest says more. */
const WITHIN_MS = 20_000;

export function observing(
  state: () => Promise<MeterState>,
): Pick<Instance, "state" | "untilState" | "untilValue"> {
  let last: MeterState | null = null;
  const look = async () => {
    last = await state();
    return last;
  };
  return {
    state,
    untilState: (isWanted, what, withinMs = WITHIN_MS) =>
      telling(
        () => last?.devices,
        until(async () => (isWanted(await look()) ? last : null), what, withinMs),
      ),
    async untilValue(signal, isWanted, withinMs = WITHIN_MS) {
      const valueIn = (from: MeterState | null) => from?.values[signal] ?? null;
      const wanted = async () => {
        const value = valueIn(await look());
        return value !== null && isWanted(value) && value;
      };
      return await telling(
        () => ({ value: valueIn(last), devices: last?.devices }),
        until(wanted, `the wanted value of ${signal}`, withinMs),
      );
    },
  };
}

/** A scenario that waits in vain says what it saw instead. */
async function telling<Value>(seen: () => unknown, attempt: Promise<Value>): Promise<Value> {
  try {
    return await attempt;
  } catch (cause) {
    throw new Error(`${String(cause)}; seen last: ${JSON.stringify(seen())}`, { cause });
  }
}

/** The whole machine file. Text in JSON is YAML too, and nothing has to be quoted by hand. */
export function machineFile(parts: MachineParts, httpPort: number): string {
  return JSON.stringify(
    {
      telltale: 1,
      machine: { maker: "Example", model: "Rig", serialNumber: "1", location: "Test bench" },
      ...parts,
      journal: { commitEvery: "100ms" },
      endpoints: { http: { host: "127.0.0.1", port: httpPort } },
    },
    null,
    2,
  );
}
