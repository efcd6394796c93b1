// Alarms on the page, in a real browser: class, state, evidence, what to do, and the shelf.

import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { INNER_RACE } from "../../runtime/testing/findings.ts";
import type { MeterState } from "../stream/frames.ts";
import { closeBrowser, PageRig, SOON } from "./browser-fixture.ts";
import { meterState, registers } from "./page-fixture.ts";

let rig: PageRig;

beforeEach(() => {
  rig = new PageRig();
});
afterEach(() => rig.close());
afterAll(closeBrowser);

const since = (agoMs: number) => {
  const { time } = meterState();
  return { ...time, mono: time.mono - agoMs, utc: time.utc! - agoMs };
};
const inner: MeterState["alarms"][number] = {
  id: "bearing.bearing-inner.driveEnd",
  source: "bearing",
  ne107: "maintenance-required",
  severity: 600,
  priority: "high",
  state: "active",
  standing: "unacknowledged-active",
  latch: true,
  text: "Damage to the inner race of the drive-end bearing, at 218.0 working hours.",
  registers,
  since: since(60_000),
  finding: { fault: "bearing-inner", part: "driveEnd", confidence: 0.9, firstAt: since(660_000) },
  evidence: { ...INNER_RACE, omitted: 0 },
  advice: {
    cause: ["Old grease"],
    lookAt: ["Temperature"],
    do: ["Plan to exchange it"],
    part: "6205-2Z",
  },
};

test("an alarm shows what it stands on and what to do, and stays unfolded", async (context) => {
  rig.controller.state = { ...meterState(), alarms: [inner] };
  const page = await rig.visit(context);
  const alarm = "#alarm-rows li:first-child";
  await rig.becomes(`${alarm} .alarm-text`, "inner race of the drive-end bearing");
  await rig.becomes(`${alarm} .ne107`, /^M$/);
  await rig.becomes(
    `${alarm} .alarm-facts`,
    /since 19:19:11 .* unacknowledged · maintenance required/,
  );
  await rig.becomes(`${alarm} .alarm-facts`, /high priority · severity 600$/);
  await page.locator(`${alarm} summary`).click();
  await rig.becomes(
    `${alarm} .advice`,
    /Cause\s+Old grease\s+Look at\s+Temperature\s+Do\s+Plan to/,
  );
  await rig.becomes(`${alarm} .advice`, /Part\s+6205-2Z$/);
  await rig.becomes(`${alarm} table`, /BPFI \(envelope\)\s+161\.9\s+17\.2\s+5\.2 dB/);
  await rig.becomes(alarm, /When it was raised: at \d+\.\d working hours, WORKING\./);
  await rig.becomes(alarm, /12.000 samples of bearing at 12.000 Hz, SHA-256 abababababab…/);
  // Another answer of the controller must not fold it up under the reader's eyes.
  const acknowledged = { by: "Eva Berg", comment: "", at: since(0) };
  const standing = "acknowledged-active";
  rig.controller.state = { ...meterState(), alarms: [{ ...inner, standing, acknowledged }] };
  await rig.becomes(`${alarm} .alarm-facts`, "acknowledged · by Eva Berg");
  expect(await page.locator(`${alarm} details`).getAttribute("open")).not.toBeNull();
  await expect.poll(() => page.title(), SOON).toMatch(/^\(1\) /);
  expect(rig.complaints).toEqual([]);
});

test("a shelved one stands below and is not counted; one that is over waits", async (context) => {
  const shelf = { by: "Eva Berg", because: "new probe", from: since(0), forMs: 8 * 3_600_000 };
  const shelved = { ...inner, id: "a", source: "a", text: "Shelved one.", shelf, severity: 900 };
  const standing = "returned-unacknowledged";
  const over = {
    ...inner,
    id: "b",
    source: "b",
    text: "Over.",
    state: "cleared",
    standing,
  } as const;
  rig.controller.state = { ...meterState(), alarms: [shelved, over] };
  const page = await rig.visit(context);
  await rig.becomes("#alarm-rows li:first-child .alarm-text", "Over.");
  await rig.becomes("#alarm-rows li:first-child .alarm-facts", "over, unacknowledged");
  await rig.becomes("#alarm-rows li:last-child .alarm-text", "Shelved one.");
  await rig.becomes(
    "#alarm-rows li:last-child .alarm-facts",
    "shelved by Eva Berg for 8 h 0 min: new",
  );
  await expect.poll(() => rig.text("#state-alarms"), SOON).toBe("No alarm is active");
  await expect.poll(() => page.title(), SOON).toMatch(/^\(1\) WORKING/);
  const overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    expect([width, await page.evaluate(overhang)]).toEqual([width, 0]);
  }
});
