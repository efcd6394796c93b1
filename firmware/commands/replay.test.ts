import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { registerReplay } from "./replay.ts";
import { runCommand } from "./test-rig.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

const RATE = 6_000;
const MACHINE = scratch.at("machine.yaml");
writeFileSync(
  MACHINE,
  `telltale: 1
machine: { maker: Example, model: Pump, serialNumber: "1" }
buses: { shaker: { driver: waveform }, plant: { driver: modbus, host: 192.0.2.1 } }
devices:
  sensor: { bus: shaker, source: { tcp: "192.0.2.2:9000" } }
  drive: { bus: plant, unitId: 1, every: 1s }
signals:
  motorSpeed: { device: drive, register: { input: 0 }, unit: /min, scale: 0.1, range: [0, 3000] }
  motorCurrent: { device: drive, register: { input: 1 }, unit: A, scale: 0.1, range: [0, 100] }
waveforms:
  bearing:
    device: sensor
    channel: 0
    rate: ${RATE}
    unit: "[g]"
    scale: 0.001
    diagnose: { speed: motorSpeed, bearings: { driveEnd: "6205" }, severity: group2-rigid }
usage:
  WORKING: { signal: motorCurrent, above: 20 }
alarms:
  hot: { when: { signal: motorCurrent, above: 90 }, text: The motor draws too much. }
`,
);

const random = new SeededRandom(3);
const SECONDS = 25;
const SPEED_HZ = 29.7;
writeFileSync(
  scratch.at("outer.f32"),
  Float32Array.from({ length: SECONDS * RATE }, (_, index) => {
    const since = (index / RATE) % (1 / (3.585 * SPEED_HZ * 0.995));
    const shock = 2 * Math.exp(-900 * since) * Math.sin(2 * Math.PI * 1_900 * since);
    return 0.05 * random.normal() + shock;
  }),
);
/** Ten minutes of work, two of overload in it, then two of rest. */
const rows = Array.from({ length: 721 }, (_, second) => {
  const current = second >= 600 ? 1 : second >= 300 && second < 420 ? 95 : 50;
  return `${second},${current},x`;
});
writeFileSync(scratch.at("day.csv"), `time,motorCurrent,remark\n${rows.join("\n")}\n`);

async function replayed(...args: readonly string[]) {
  return await runCommand([registerReplay], ["replay", ...args, "--machine", MACHINE]);
}

interface Said {
  readonly kind: string;
  readonly atMs: number;
  readonly [key: string]: unknown;
}

async function heard(...args: readonly string[]): Promise<readonly Said[]> {
  const { out, status } = await replayed(...args, "--json");
  expect(status).toBe(0);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
}

describe("a table of signals", () => {
  test("is metered in its own time: hours to the second, alarms at their instants", async () => {
    const said = await heard(scratch.at("day.csv"));
    const alarms = said.filter(({ kind }) => kind === "alarm");
    expect(alarms.map(({ atMs, event }) => [atMs, event])).toEqual([
      [300_000, "raised"],
      [420_000, "cleared"],
    ]);
    const summary = said.at(-1) as unknown as { registers: Record<string, number> };
    expect(summary).toMatchObject({ alarmsRaised: 1, alarms: [], lengthMs: 720_000 });
    const { registers } = summary;
    // From the first sample to the first one that shows the rest; what came last is not decided.
    expect(registers["working"]).toBe(600_000);
    expect(registers["off"]).toBeGreaterThan(115_000);
  });

  test("names in words what it leaves out, and prints a line for each thing", async () => {
    const { out, error } = await replayed(scratch.at("day.csv"));
    expect(error).toMatch(/left out: remark/);
    expect(out).toMatch(/^0:05:00\.000 {2}ALARM {4}hot raised: The motor draws too much\.$/m);
    expect(out).toMatch(/^0:10:00\.000 {2}OFF/m);
  });
});

describe("a waveform", () => {
  const WAVE = [scratch.at("outer.f32"), "--hold", "motorSpeed=1782", "--hold", "motorCurrent=50"];

  test("goes through rings and thread: the fault is found, and twice the same", async () => {
    const first = await heard(...WAVE);
    const finding = first.find(({ kind }) => kind === "finding");
    expect(finding).toMatchObject({ id: "bearing.bearing-outer.driveEnd", fault: "bearing-outer" });
    expect(first.at(-1)).toMatchObject({
      kind: "summary",
      findings: 1,
      diagnosis: [{ waveform: "bearing", zone: "A", bearings: [{ verdict: "outer" }] }],
    });
    expect(await heard(...WAVE)).toEqual(first);
  });

  test("an alarm says what to do, as it would on the running meter", async () => {
    const impatient = scratch.at("impatient.yaml");
    const findings = "findings: { bearing-outer: { persist: 0s } }\n";
    writeFileSync(impatient, `${readFileSync(MACHINE, "utf8")}${findings}`);
    const args = ["replay", ...WAVE, "--repeat", "2", "--machine", impatient, "--json"];
    const { out } = await runCommand([registerReplay], args);
    const said = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const alarm = said.find(({ kind }) => kind === "alarm");
    expect(alarm).toMatchObject({ id: "bearing.bearing-outer.driveEnd" });
    expect(alarm!["advice"]).toMatchObject({
      do: [expect.stringMatching(/bearing/), expect.anything(), expect.anything()],
    });
    expect(alarm!["text"]).toMatch(/Plan to exchange the bearing/);
  });

  test("at rest says nothing of its bearing", async () => {
    const [file] = WAVE;
    const said = await heard(file!, "--hold", "motorSpeed=0", "--hold", "motorCurrent=50");
    expect(said.filter(({ kind }) => kind === "finding")).toEqual([]);
  });

  test("raises the alarm that a meter would, with what to do", async () => {
    const quick = scratch.at("quick.yaml");
    copyFileSync(MACHINE, quick);
    appendFileSync(quick, "findings: { bearing-outer: { persist: 0s } }\n");
    const args = ["replay", ...WAVE, "--repeat", "2", "--machine", quick, "--json"];
    const { out } = await runCommand([registerReplay], args);
    const said = out.trimEnd().split("\n");
    const alarms = said.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "alarm");
    expect(alarms[0]).toMatchObject({
      event: "raised",
      text: expect.stringContaining("Plan to exchange the bearing"),
      advice: { part: expect.stringContaining("bearing"), do: expect.arrayContaining([]) },
    });
  });

  test("again and again is longer", async () => {
    const said = await heard(...WAVE, "--repeat", "2");
    expect(said.at(-1)!["lengthMs"]).toBe(2 * SECONDS * 1_000);
  });
});

test("its data directory is a new one, is kept, and no second replay gets into it", async () => {
  const directory = scratch.at("kept");
  mkdirSync(directory);
  expect((await replayed(scratch.at("day.csv"), "--data", directory)).status).toBe(0);
  expect(existsSync(scratch.at("kept", "ledger.sqlite"))).toBe(true);
  const again = await replayed(scratch.at("day.csv"), "--data", directory);
  expect(again.status).toBe(2);
  expect(again.error).toMatch(/not empty/);
});

describe("is refused with status 2:", () => {
  const at = (name: string, text: string) => {
    writeFileSync(scratch.at(name), text);
    return scratch.at(name);
  };
  const cases = [
    { name: "no such file", args: ["none.csv"], says: /no such file/ },
    { name: "no signal", args: [at("a.csv", "time,x\n0,1\n")], says: /none of its columns/ },
    { name: "no time", args: [at("b.csv", "motorCurrent\n1\n")], says: /no column of times/ },
    {
      name: "time that goes back",
      args: [at("c.csv", "t,motorCurrent\n1,1\n0,1\n")],
      says: /line 3, column t/,
    },
    {
      name: "a bad cell",
      args: [at("d.csv", "t,motorCurrent\n0,1\n1,much\n")],
      says: /line 3, column motorCurrent: "much"/,
    },
    {
      name: "another rate",
      args: [scratch.at("outer.f32"), "--rate", "12000"],
      says: /12000 samples in a second, and bearing of the machine file 6000/,
    },
    {
      name: "an unknown waveform",
      args: [scratch.at("outer.f32"), "--waveform", "x"],
      says: /"x"/,
    },
    {
      name: "an unknown signal",
      args: [scratch.at("day.csv"), "--hold", "x=1"],
      says: /--hold x=1/,
    },
    { name: "a speed of 0", args: [scratch.at("day.csv"), "--speed", "0"], says: /--speed 0/ },
  ];
  test.each(cases)("$name", async ({ args, says }) => {
    const { status, error } = await replayed(...args);
    expect(status).toBe(2);
    expect(error).toMatch(says);
  });
});
