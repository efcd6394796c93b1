// A bearing begins to fail on a running controller: from the accelerometer's samples over the
// network to the alarm, its evidence, the waveform on the disk, and the same verdict from the file.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CompressorState } from "../firmware/examples/demo/compressor.ts";
import { SeededRandom } from "../firmware/examples/demo/seeded-random.ts";
import { Vibration } from "../firmware/examples/demo/vibration.ts";
import {
  BLOCK_SAMPLES,
  RATE_HZ,
  WaveformServer,
} from "../firmware/examples/demo/waveform-server.ts";
import type { StandingAlarm } from "../runtime/diagnosis/alarm-book.ts";
import type { WaveformRecord } from "../runtime/journal/record.ts";
import { Controller, type Run, until } from "./instance.ts";

const SHAFT_HZ = 49.5;
const BEARING = "n=8,d=22.225,D=95,angle=0";
const ALARM = "bearing.bearing-outer.driveEnd";
/** Some conclusions of ten seconds, and the time until their waveform is on the disk. */
const ALARM_MS_MAX = 120_000;
const HEALTHY_MS = 45_000;

const running: CompressorState = {
  timeMs: 0,
  phase: "running",
  loaded: true,
  supplyVoltageV: 400,
  motorCurrentA: 62,
  networkPressureBar: 7,
  oilPressureBar: 3,
  dischargeTemperatureCel: 80,
  shaftHz: SHAFT_HZ,
  loadShare: 1,
  bearingWear: 0,
  faultWord: 0,
  hours: 0,
} as unknown as CompressorState;

const controller = new Controller();
const accelerometer = new WaveformServer();
const vibration = new Vibration(new SeededRandom(20_261_123));
const block = new Float32Array(BLOCK_SAMPLES);
let wear = 0;
let run: Run;
let sending: NodeJS.Timeout;

beforeAll(async () => {
  const port = await accelerometer.open(0);
  let sent = 0;
  const startedAt = performance.now();
  sending = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * RATE_HZ;
    for (; sent + BLOCK_SAMPLES <= due; sent += BLOCK_SAMPLES) {
      vibration.fill(block, RATE_HZ, { ...running, bearingWear: wear });
      accelerometer.send(block);
    }
  }, 20);
  controller.write(`telltale: 1
machine: { maker: Nordwind, model: SK 37, serialNumber: "0417" }
buses: { vibration: { driver: waveform } }
devices: { accelerometer: { bus: vibration, source: { tcp: "127.0.0.1:${port}" } } }
waveforms:
  bearing:
    device: accelerometer
    rate: ${RATE_HZ}
    unit: "[g]"
    scale: 0.0009765625
    keep: 30s
    diagnose:
      rpm: ${SHAFT_HZ * 60}
      severity: group2-rigid
      bearings: { driveEnd: "${BEARING}" }
usage: { WORKING: { signal: bearingRms, above: 0.05 } }
findings: { bearing-outer: { persist: 0s } }
journal: { commitEvery: 100ms }
endpoints: { http: { port: 0 } }
`);
  run = controller.run();
});

afterAll(async () => {
  clearInterval(sending);
  await controller[Symbol.asyncDispose]();
  await accelerometer.close();
});

async function alarms(): Promise<readonly StandingAlarm[]> {
  return (await controller.state()).alarms as readonly StandingAlarm[];
}

test("a healthy machine is diagnosed, and nothing is said about it", async () => {
  await new Promise((resolve) => setTimeout(resolve, HEALTHY_MS));
  const { diagnosis, usage } = await controller.state();
  expect(usage.state).toBe("WORKING");
  expect(diagnosis).toMatchObject([{ waveform: "bearing", operatingState: "WORKING" }]);
  expect(["none", "cannot-tell"]).toContain(diagnosis[0]!.bearings[0]!.verdict);
  expect((await alarms()).map(({ id }) => id)).toEqual([]);
});

test("a flaw in the outer race becomes one alarm with evidence and registers", async () => {
  wear = 1;
  const raised = await until(
    async () => (await alarms()).find(({ id }) => id === ALARM),
    "the alarm",
    ALARM_MS_MAX,
  );
  expect(raised).toMatchObject({ state: "active", ne107: "maintenance-required", latch: true });
  expect(raised.registers.working).toBeGreaterThan(HEALTHY_MS / 2);
  expect(raised.evidence!.lines.length).toBeGreaterThan(0);
  for (const { db, thresholdDb } of raised.evidence!.lines.slice(0, 1)) {
    expect(db).toBeGreaterThan(thresholdDb);
  }
  expect(raised.text).toMatch(/outer race/i);
});

test("the waveform is kept, holds the window of the evidence, and says the same", async () => {
  const list = await until(async () => {
    const { out } = await controller.command("waveform", "--json", "--data", controller.data);
    const kept = JSON.parse(out) as readonly WaveformRecord[];
    return kept.find(({ alarms }) => alarms.includes(ALARM));
  }, "the waveform of the alarm");
  const file = controller.scratch.at("bearing.f32");
  const fetched = await controller.command(
    "waveform",
    list.sha256.slice(0, 10),
    "--out",
    file,
    "--data",
    controller.data,
  );
  expect(fetched.status).toBe(0);
  const bytes = readFileSync(file);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(list.sha256);
  const raised = (await alarms()).find(({ id }) => id === ALARM)!;
  const { sha256 } = raised.evidence!.window!;
  const window = list.windows.find((one) => one.sha256 === sha256)!;
  const part = bytes.subarray(window.offset * 4, (window.offset + window.samples) * 4);
  expect(createHash("sha256").update(part).digest("hex")).toBe(sha256);
  const report = await controller.command(
    ...["diagnose", file, "--rate", String(RATE_HZ), "--rpm", String(SHAFT_HZ * 60)],
    ...["--bearing", BEARING, "--json"],
  );
  expect(JSON.parse(report.out)).toMatchObject({ verdict: "outer" });
});

test("the alarm and what was learned outlive a kill", async () => {
  const meter = await run.child("meter");
  process.kill(meter, "SIGKILL");
  await run.child("meter", meter);
  const again = await until(
    async () => (await alarms().catch(() => [])).find(({ id }) => id === ALARM),
    "the alarm of the earlier life",
  );
  expect(again).toMatchObject({ state: "active", standing: "unacknowledged-active" });
  const { status, error } = await controller.command(
    ...["alarms", "acknowledge", ALARM, "--by", "mechanic", "--data", controller.data],
  );
  expect(error).toBe("");
  expect(status).toBe(0);
  // The thread of the new life is at work, so that it can be asked what it learned.
  await until(
    async () => (await controller.state()).diagnosis.length > 0,
    "the first conclusion of the new life",
  );
  expect((await run.stop()).status).toBe(0);
  expect(existsSync(join(controller.data, "learned.json"))).toBe(true);
});
