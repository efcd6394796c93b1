import { expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import type { DeviceSummary } from "../../runtime/supervise/poller.ts";
import { drivers } from "../drivers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { BusWatch } from "./bus-watch.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { plant: { driver: simulated }, other: { driver: simulated } }
devices: { pump: { bus: plant, every: 1s }, fan: { bus: other, every: 1s } }
signals:
  heat: { device: pump, wave: { constant: 1 } }
  speed: { device: fan, wave: { constant: 1 } }
`;

test("a bus that cannot keep its schedule raises an alarm of its own, and clears it", () => {
  const parsed = parseMachineFile(FILE, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const counts = { pump: [0, 0], fan: [0, 0] };
  const summaries = () =>
    Object.entries(counts).map(
      ([name, [reads, skippedReads]]) =>
        ({ name, state: "up", reads, skippedReads }) as DeviceSummary,
    );
  const said: string[] = [];
  const watch = new BusWatch({
    buses: parsed.machine.buses,
    summaries,
    onAlarm: ({ id, text }, state) => said.push(`${state} ${id}: ${text}`),
    log: { ...silentLog, warn: (text) => said.push(text) },
  });
  const look = (pumpReads: number) => {
    counts.pump = [counts.pump[0]! + pumpReads, counts.pump[1]! + 10 - pumpReads];
    counts.fan = [counts.fan[0]! + 10, 0];
    watch.look();
  };
  for (let time = 0; time < 6; time++) look(7);
  const text =
    "Bus plant needs 1.4 s for what is asked of it every 1 s (device pump): ask less often, or " +
    "split the bus.";
  expect(said).toEqual([text, `active bus.plant.schedule: ${text}`]);
  for (let time = 0; time < 6; time++) look(10);
  expect(said.slice(2)).toEqual([expect.stringMatching(/^cleared bus\.plant\.schedule/)]);
});
