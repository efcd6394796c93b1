// The diagnosis on the page, in a real browser: zone, verdicts, learning, and what it is silent of.

import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { MeterState } from "../stream/frames.ts";
import { closeBrowser, PageRig } from "./browser-fixture.ts";
import { liveValues, meterState, signalSummaries } from "./page-fixture.ts";

let rig: PageRig;

beforeEach(() => {
  rig = new PageRig();
});
afterEach(() => rig.close());
afterAll(closeBrowser);

type Channel = MeterState["diagnosis"][number];

const sound: Channel = {
  waveform: "bearing",
  operatingState: "WORKING",
  zone: "B",
  bearings: [
    {
      bearing: "driveEnd",
      verdict: "none",
      confidence: 0.82,
      reason: "No part of the bearing is heard above the noise.",
    },
  ],
  baseline: { phase: "learning", learned: 0.346, departs: false, remainingLife: null },
  problems: [],
};

function show(...diagnosis: Channel[]): void {
  rig.controller.state = { ...meterState(), diagnosis };
}

const lit = "#diagnosis-rows .zone[data-lit='true']";
const row = "#diagnosis-rows > li";

test("a sound machine: its zone, its bearing, and how much is learned", async (context) => {
  show(sound);
  const page = await rig.visit(context);
  await rig.becomes(`${row} .channel-head`, /bearing\s+judged in WORKING/);
  await rig.becomes(lit, /^B$/);
  await rig.becomes(`${row} .zone-words`, "zone B, fit for long operation");
  await rig.becomes(`${row} .bearing-rows`, /driveEnd: no fault found, 82 % sure/);
  await rig.becomes(`${row} .bearing-rows`, "No part of the bearing is heard");
  await rig.becomes(`${row} .baseline`, "Learning what is usual: 34 %");
  const bar = page.locator(`${row} progress`);
  expect(await bar.evaluate((one) => (one as unknown as { value: number }).value)).toBe(0.346);
  expect(await page.locator(`${row} .life`).isVisible()).toBe(false);
  expect(rig.complaints).toEqual([]);
});

test("a failing one: damage, a departure, and what is left as an interval", async (context) => {
  const hour = 3_600_000;
  const interval = {
    kind: "interval",
    fromMs: 30.5 * hour,
    toMs: 90.2 * hour,
    level: 0.8,
  } as const;
  show({
    ...sound,
    zone: "D",
    bearings: [{ ...sound.bearings[0]!, verdict: "outer", reason: "Shocks at 151.7 Hz." }],
    baseline: { phase: "watching", learned: 1, departs: true, remainingLife: interval },
  });
  const page = await rig.visit(context);
  await rig.becomes(lit, /^D$/);
  await rig.becomes(`${row} [data-level="fault"]`, /outer race, 82 % sure\s+Shocks at 151\.7 Hz\./);
  await rig.becomes(`${row} .baseline`, "Not what is usual here");
  await rig.becomes(`${row} .life`, "Remaining life: 30 to 91 h, in 80 % of cases");
  expect(await page.locator(`${row} progress`).isVisible()).toBe(false);
  const reason = "It does not grow steadily.";
  const unsure = { kind: "cannot-tell", reason } as const;
  show({ ...sound, baseline: { ...sound.baseline, phase: "watching", remainingLife: unsure } });
  await rig.becomes(`${row} .life`, `Remaining life: cannot tell. ${reason}`);
});

test("what keeps it silent stands there, and no zone is lit that is not known", async (context) => {
  const reason = "The recording is too short.";
  show(
    {
      ...sound,
      zone: null,
      bearings: [{ bearing: "fan", verdict: "cannot-tell", confidence: 0, reason }],
      baseline: { ...sound.baseline, phase: "run-in", learned: 1 },
      problems: ["The sensor shows mains hum.", "<b>The speed is not known.</b>"],
    },
    { ...sound, waveform: "gearbox", operatingState: "" },
  );
  const page = await rig.visit(context, { width: 390, height: 844 });
  await rig.becomes(`${row}:first-child .zone-words`, "Severity: not told");
  await rig.becomes(`${row}:first-child .bearing-rows`, /fan: cannot tell\s+The recording is too/);
  await rig.becomes(`${row}:first-child .baseline`, "Run-in: the level still settles");
  await rig.becomes(`${row}:first-child .problem-rows`, /mains hum\.\s+Silent\s+<b>The speed/);
  expect(await page.locator(`${row}:first-child .zone[data-lit="true"]`).count()).toBe(0);
  await rig.becomes(`${row}:last-child .channel-head`, /gearbox\s+not judged yet/);
  const overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  for (const width of [320, 900, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    expect([width, await page.evaluate(overhang)]).toEqual([width, 0]);
  }
  expect(rig.complaints).toEqual([]);
});

test("a machine without a diagnosis has no empty card for it", async (context) => {
  show();
  const page = await rig.visit(context);
  await rig.becomes("#state", "WORKING");
  expect(await page.locator("#diagnosis").isVisible()).toBe(false);
});

test("the many features of a waveform wait behind a button, and live on there", async (context) => {
  const kurtosis = signalSummaries().at(-1)!;
  const detail = { ...kurtosis, name: "bearingDriveEndBpfo", isDetail: true } as const;
  rig.controller.signals = [...signalSummaries(), detail];
  const values = { ...liveValues(), [detail.name]: liveValues()["bearingKurtosis"]! };
  rig.controller.state = { ...meterState(), values };
  const page = await rig.visit(context);
  const row = `[data-signal="${detail.name}"]`;
  await rig.becomes("#signals-more", "Show 1 more feature of waveforms");
  expect(await page.locator(row).count()).toBe(0);
  expect(await page.locator('[data-signal="bearingKurtosis"]').isVisible()).toBe(true);
  await page.locator("#signals-more").click();
  await rig.becomes(`${row} .figure`, "3.02");
  expect(await page.locator("#signals-more").getAttribute("aria-expanded")).toBe("true");
  await page.locator("#signals-more").click();
  await rig.becomes("#signals-more", "Show 1");
  expect(await page.locator(row).count()).toBe(0);
  expect(rig.complaints).toEqual([]);
});
