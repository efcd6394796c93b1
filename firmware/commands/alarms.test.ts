// Alarms from the command line against a meter that runs, is killed, and goes on: the door, the
// rights, the record, and what survives.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StreamClient } from "../../protocols/stream/client.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { random } from "../host/identity.ts";
import { socketPath } from "../host/paths.ts";
import { hostTimers } from "../host/timers.ts";
import { registerAlarms } from "./alarms.ts";
import { registerStatus } from "./status.ts";
import { runCommand } from "./test-rig.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** A meter starts within a second or two; on a busy machine it takes longer. */
const UP_WITHIN_MS = 30_000;
const scratch = scratchDirectory();
let meter: ChildProcess;

const MACHINE = `telltale: 1
machine: { maker: a, model: b, serialNumber: c }
buses: { s: { driver: simulated } }
devices: { d: { bus: s, every: 50ms } }
signals:
  heat: { device: d, wave: { constant: 120 }, unit: Cel }
  cold: { device: d, wave: { constant: 1 } }
usage:
  WORKING: { signal: heat, above: 50 }
  faultAlarms: [failure]
journal: { commitEvery: 100ms }
alarms:
  hot:
    when: { signal: heat, above: 100 }
    ne107: failure
    severity: 800
    latch: true
    text: The air is too hot.
  quiet: { when: { signal: cold, above: 100 }, text: Never. }
`;

async function startMeter(): Promise<void> {
  const args = [MAIN, "meter", scratch.at("machine.yaml"), "--data", scratch.at("data")];
  meter = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  meter.stderr!.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for (let waited = 0; waited < UP_WITHIN_MS; waited += 100) {
    if (meter.exitCode !== null) throw new Error(`the meter ended: ${said}`);
    const { status, out } = await alarms("--json");
    if (status === 0 && out.includes('"hot"')) return;
    await sleep(100);
  }
  throw new Error(`the meter raises no alarm: ${said}`);
}

async function killMeter(): Promise<void> {
  const exit = once(meter, "exit");
  meter.kill("SIGKILL");
  await exit;
}

const alarms = (...args: readonly string[]) =>
  runCommand([registerAlarms], ["alarms", ...args, "--data", scratch.at("data")]);

async function standing(): Promise<MeterState["alarms"]> {
  return JSON.parse((await alarms("--json")).out);
}

beforeAll(async () => {
  writeFileSync(scratch.at("machine.yaml"), MACHINE);
  await startMeter();
}, 2 * UP_WITHIN_MS);

afterAll(async () => {
  if (meter.exitCode === null) await killMeter();
  scratch[Symbol.dispose]();
});

test("an alarm is listed with its state, its onset, its evidence and its words", async () => {
  const { status, out } = await alarms();
  expect(status).toBe(0);
  expect(out).toMatch(/^hot {2}unacknowledged\n {2}The air is too hot\.\n {2}urgent 800, failure/);
  expect(out).toMatch(/since .* ago\), at 0\.0 working hours/);
  expect(out).toMatch(/heat +120 Cel {2}\(limit 100\)/);
  expect(await standing()).toMatchObject([
    { id: "hot", state: "active", latch: true, evidence: { features: [{ feature: "heat" }] } },
  ]);
});

test("the status shows it in short, and who says FAULT", async () => {
  const { out } = await runCommand([registerStatus], ["status", "--data", scratch.at("data")]);
  expect(out).toContain("FAULT for");
  expect(out).toContain("ALARM hot (urgent 800, failure), unacknowledged: The air is too hot.");
});

test(
  "what is acknowledged and shelved is so after a crash, with who, why and until when",
  async () => {
    const by = ["--by", "Eva Berg"];
    const acknowledged = await alarms("acknowledge", "hot", ...by, "--comment", "filter ordered");
    expect(acknowledged).toMatchObject({ status: 0, out: "hot is acknowledged-active\n" });
    const shelved = await alarms("shelve", "hot", "--for", "8h", ...by, "--because", "new probe");
    expect(shelved).toMatchObject({ status: 0, out: "hot is acknowledged-active, shelved\n" });
    const idle = await alarms(
      "shelve",
      "quiet",
      "--for",
      "2d",
      ...by,
      "--because",
      "nobody needs it",
    );
    expect(idle).toMatchObject({ status: 0, out: "quiet is normal, shelved\n" });
    const before = await standing();
    await killMeter();
    await startMeter();
    const after = await standing();
    // Of one that is normal the registers are those of the moment it was asked.
    const { registers, ...quiet } = before[1]!;
    expect(after).toEqual([before[0], { ...quiet, registers: after[1]!.registers }]);
    expect(after[0]).toMatchObject({
      standing: "acknowledged-active",
      acknowledged: { by: "Eva Berg", comment: "filter ordered" },
      shelf: { by: "Eva Berg", because: "new probe", forMs: 8 * 3_600_000 },
    });
    expect((await alarms()).out).toContain("shelved by Eva Berg for another 7 h: new probe");
    const status = () => runCommand([registerStatus], ["status", "--data", scratch.at("data")]);
    // Shelved is not over: once the signals are known again, the machine still cannot work.
    await expect
      .poll(async () => (await status()).out, { timeout: UP_WITHIN_MS })
      .toContain("said by alarm:hot");
  },
  3 * UP_WITHIN_MS,
);

test("it can be taken from the shelf, once", async () => {
  const args = ["unshelve", "quiet", "--by", "Eva Berg"] as const;
  expect(await alarms(...args)).toMatchObject({ status: 0, out: "quiet is normal\n" });
  const again = await alarms(...args);
  expect(again).toMatchObject({ status: 1, out: "" });
  expect(again.error).toBe("refused: quiet is not shelved (not-shelved)\n");
});

test.each([
  [["acknowledge", "nothing", "--by", "E"], 1, 'there is no alarm "nothing" now'],
  [["acknowledge", "quiet", "--by", "E"], 1, "quiet is normal"],
  [["acknowledge", "hot"], 2, "--by"],
  [["acknowledge", "hot", "--by", " "], 2, "one line"],
  [["shelve", "hot", "--by", "E", "--because", "x", "--for", "8d"], 2, "1min to 7d"],
  [["shelve", "hot", "--by", "E", "--because", "x", "--for", "soon"], 2, "1min to 7d"],
  [["shelve", "hot", "--by", "E", "--for", "8h"], 2, "--because"],
] as const)("%j ends with %d", async (args, status, words) => {
  const outcome = await alarms(...args);
  expect(outcome.status).toBe(status);
  expect(outcome.out).toBe("");
  if (status === 1 || !words.startsWith("--")) expect(outcome.error).toContain(words);
});

test("what was done stands on record: the order first, then what it did", async () => {
  const records: { kind: string; name?: string; detail?: object; event?: string }[] = [];
  const done = Promise.withResolvers<void>();
  const client = new StreamClient({
    url: "ws://localhost/stream",
    socketPath: socketPath(scratch.at("data")),
    timers: hostTimers,
    random,
    onUp: () => undefined,
    onDown: (reason) => done.reject(new Error(reason)),
  });
  client.readLog("all", {
    from: "oldest",
    filter: { kinds: ["command", "alarm"] },
    onRecords: (page) => {
      records.push(...(page as unknown as typeof records));
      if (records.some(({ event }) => event === "unshelved")) done.resolve();
    },
  });
  client.open();
  await done.promise;
  client.close();
  const told = records.map(({ kind, name, event }) => `${kind} ${name ?? event}`);
  expect(told.slice(0, 7)).toEqual([
    "alarm raised",
    "command alarm-acknowledge",
    "alarm acknowledged",
    "command alarm-shelve",
    "alarm shelved",
    "command alarm-shelve",
    "alarm shelved",
  ]);
  const detail = { alarm: "hot", by: "Eva Berg", comment: "filter ordered", result: "taken" };
  expect(records[1]).toMatchObject({ detail });
});
