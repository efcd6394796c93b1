// The meter in this process: the drivers, intake, usage and journal that a controller runs, without
// child processes and without a network. What it cannot show is what a crash costs.

import { drivers } from "../../firmware/drivers.ts";
import { controllerClock } from "../../firmware/host/controller-clock.ts";
import { spawnThread } from "../../firmware/host/threads.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { parseMachineFile } from "../../firmware/machine-file/parse-machine-file.ts";
import { Meter } from "../../firmware/meter/meter.ts";
import { MeterSource } from "../../firmware/meter/meter-source.ts";
import { Metering } from "../../firmware/meter/metering.ts";
import { idleParts, ledgerInMemory } from "../../firmware/meter/test-rig.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { walk } from "../../runtime/testing/journal-rig.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { machineFile, observing } from "../observe.ts";
import type { Instance, MachineParts } from "../place.ts";

/** Nobody listens there: the gateway that would is another process. */
const NO_PORT = 9;

export async function startInProcess(parts: MachineParts): Promise<Instance> {
  const parsed = parseMachineFile(machineFile(parts, NO_PORT), "machine.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { machine } = parsed;
  const scratch = scratchDirectory();
  const clock = controllerClock();
  const journal = new Journal({
    path: scratch.at("journal.sqlite"),
    epoch: "rig",
    signals: machine.signals.map(({ name }) => name),
    ...machine.journal,
    clock,
    timers: hostTimers,
    log: silentLog,
    spawn: spawnThread,
    onCommitted: () => undefined,
    onFailure(error) {
      throw error;
    },
  });
  await journal.open();
  const save = () => undefined;
  const ledger = ledgerInMemory(clock, hostTimers);
  const { keeper } = ledger;
  const metering = new Metering({ machine, clock, recorder: journal, keeper, past: null, save });
  const meter = new Meter({
    machine,
    metering,
    ...idleParts(metering, ledger, clock),
    journal,
    controller: "rig",
    configuration: { file: "machine.yaml", inForce: "given", sha256: null, problems: [] },
    clock,
    timers: hostTimers,
    log: silentLog,
    spawn: spawnThread,
  });
  metering.recover(ledger.genesis);
  meter.open();
  const source = new MeterSource(meter, journal, {});
  const state = async () => JSON.parse(await source.get("state", {})) as MeterState;
  const noProcess = () => Promise.reject(new Error("the meter of this place has no process"));
  let records: readonly JournalRecord[] | null = null;
  return {
    ...observing(state),
    async records() {
      if (records !== null) return records;
      await journal.flush();
      return (await walk(journal)).records;
    },
    streamUrl: null,
    killMeter: noProcess,
    hangMeter: noProcess,
    async stop() {
      if (records !== null) return;
      await meter.close();
      await journal.flush();
      records = (await walk(journal)).records;
      await journal.close();
      scratch[Symbol.dispose]();
    },
  };
}
