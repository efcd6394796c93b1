// The page in a real browser, against a controller that says what the test wants it to say. Only
// the far end of the stream is played; the page, its server and its socket are the real ones.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, type TestContext, test } from "vitest";
import { INNER_RACE } from "../../runtime/testing/findings.ts";
import type { MeterState } from "../stream/frames.ts";
import { closeBrowser, PageRig, SOON } from "./browser-fixture.ts";
import {
  EPOCH,
  head,
  hello,
  liveValues,
  meterState,
  panelStatus,
  registers,
  signalSummaries,
} from "./page-fixture.ts";
import type { ScriptedController } from "./test-rig.ts";

const LAST = { value: 81.9, age: 63_000 };

let rig: PageRig;
let page: Page;
let controller: ScriptedController;
let complaints: readonly string[];

beforeEach(() => {
  rig = new PageRig();
  ({ controller, complaints } = rig);
});
afterEach(() => rig.close());
afterAll(closeBrowser);

async function visit(context: TestContext): Promise<void> {
  page = await rig.visit(context);
}

const text = (selector: string) => rig.text(selector);
const becomes = (selector: string, words: string | RegExp) => rig.becomes(selector, words);
const row = (signal: string) => `tr[data-signal="${signal}"]`;

describe("while all is well", () => {
  test("each witness is shown with its age, and its trouble", async (context) => {
    const witness = { name: "lessee", url: "http://127.0.0.1:8440" };
    const trouble = { kind: "ahead", message: "was an old disk put back?" };
    controller.status = {
      ...panelStatus(),
      witnesses: [
        { ...witness, lastCosignedAge: 180_000, size: 4_711, trouble: null },
        { ...witness, name: "bank", lastCosignedAge: null, size: null, trouble },
      ],
    };
    await visit(context);
    await becomes("#place-rows", /Witness lessee\s+cosigned 4.711 leaves 3 min ago/);
    await becomes("#place-rows", /Witness bank\s+has not cosigned.*; ahead: was an old disk/);
  });

  test("the page shows state, hours, signals with units, devices and places", async (context) => {
    await visit(context);
    await becomes("#connection", "Live");
    await expect.poll(() => text("#state"), SOON).toBe("WORKING");
    await expect.poll(() => text("#state-since"), SOON).toMatch(/^since 18:39:07 · 41 min/);
    await expect.poll(() => text("#machine-name"), SOON).toBe("Nordwind SK 37");
    await expect.poll(() => text("#machine-facts"), SOON).toContain(controller.state.controller);
    await expect
      .poll(() => text("#hours-rows tr:first-child"), SOON)
      .toMatch(/WORKING\s+218\.02 h\s+30\.4 %/);
    const exact = await page.locator("#hours-rows tr:first-child td").first().getAttribute("title");
    expect(exact?.replaceAll("\u202f", "")).toBe(`${registers.working} ms`);
    await becomes(row("dischargeTemperature"), /82\.4\s*°C/);
    await expect.poll(() => text(`${row("dischargeTemperature")} .quality`), SOON).toBe("good");
    await expect
      .poll(() => text("#device-rows li:first-child"), SOON)
      .toMatch(/compressor.*round trip 1\.6 ms/s);
    await expect.poll(() => text("#device-rows li:first-child"), SOON).toContain("4 errors");
    await becomes("#place-rows", "opc.tcp://127.0.0.1:4840");
    await expect.poll(() => page.title(), SOON).toBe("WORKING · Nordwind SK 37");
    expect(complaints).toEqual([]);
  });

  test("thirty days are drawn, and the simulated ones say so", async (context) => {
    await visit(context);
    await becomes("#days-legend", "simulated");
    expect(await page.locator("#days-chart svg > g").count()).toBe(30);
    expect(await page.locator("#days-chart svg").getAttribute("aria-label")).toContain("simulated");
    await page.getByText("As a table").click();
    await expect
      .poll(() => text("#days-table tbody tr:first-child"), SOON)
      .toMatch(/2026-11-23 \(today\).*metered/s);
    await expect
      .poll(() => text("#days-table tbody tr:last-child"), SOON)
      .toMatch(/2026-10-25.*simulated/s);
  });

  test("events are shown newest first and acknowledged", async (context) => {
    controller.records = [
      {
        ...head(7, 60_000),
        class: "event",
        kind: "boot",
        name: "boot",
        detail: { reason: "power" },
      },
      { ...head(9, 30_000), class: "event", kind: "device", name: "pump", detail: { state: "up" } },
    ];
    await visit(context);
    await becomes("#event-rows", /19:19:41\s+device\s+pump: up\s+19:19:11\s+boot\s+power/);
    const { newest, epoch } = controller.hello;
    await expect
      .poll(() => controller.heard)
      .toContainEqual({
        t: "ack",
        sub: "events",
        epoch,
        seq: newest,
      });
    const records = controller.records.slice(1);
    controller.say({ t: "records", sub: "events", from: 1, to: newest, late: false, records });
    controller.say({ t: "gap", sub: "events", from: 10, to: 90, reason: "quota", counts: {} });
    await becomes("#event-rows tr:first-child", "Records 10 to 90 are no longer held (quota)");
    expect(await page.locator("#event-rows tr").count()).toBe(3);
  });

  test("nothing is cut off, from a small phone to a wide screen", async (context) => {
    await visit(context);
    await becomes(row("motorCurrent"), "A");
    const overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    for (const width of [320, 390, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await page.evaluate(overhang)]).toEqual([width, 0]);
    }
  });
});

describe("a value that is not good is never shown as live", () => {
  const signal = "dischargeTemperature";
  const cases: { name: string; live: MeterState["values"][string]; shown: RegExp }[] = [
    {
      name: "a bad one: a dash, the reason, the last value and its age",
      live: { value: null, quality: "bad", reason: "timeout", age: 300, last: LAST },
      shown: /—\s+no answer in time\s*last 81\.9\s*°C, 6[3-5] s ago/,
    },
    {
      name: "one that was never measured",
      live: { value: null, quality: "bad", reason: "not-connected", age: null },
      shown: /—\s+not connected\s+—/,
    },
    {
      name: "one that is called good and is older than it may be",
      live: { value: 81.9, quality: "good", age: 63_000 },
      shown: /—\s+no sample for too long\s*last 81\.9\s*°C, 6[3-5] s ago/,
    },
    {
      name: "an uncertain one is marked as such",
      live: { value: 81.9, quality: "uncertain", reason: "settling", age: 300 },
      shown: /81\.9\s*°C\s+uncertain: settling/,
    },
  ];
  test.for(cases)("$name", async ({ live, shown }, context) => {
    controller.state = { ...meterState(), values: { ...liveValues(), [signal]: live } };
    await visit(context);
    await becomes(row(signal), shown);
    await becomes(row("motorCurrent"), /61\.4\s*A\s+good/);
  });
});

describe("when the connection is lost", () => {
  test("nothing looks live, and everything comes back where it stopped", async (context) => {
    await visit(context);
    await becomes(row("motorCurrent"), /61\.4\s*A\s+good/);
    controller.say({ t: "records", sub: "events", from: 1, to: 777, late: false, records: [] });

    controller.refuses = true;
    controller.dropAll();
    await becomes("#lost", /The connection is lost.*Since \d\d:\d\d:\d\d.*Next attempt in \d+ s/s);
    await becomes(row("motorCurrent"), /—\s+connection lost\s*last 61\.4\s*A/);
    await expect.poll(() => text("#connection"), SOON).toBe("Not live");
    await expect.poll(() => text("#state"), SOON).toBe("—");
    await expect.poll(() => text("#state-since"), SOON).toMatch(/^last known: WORKING, .* ago$/);
    await expect
      .poll(() => text("#worked-words"), SOON)
      .toMatch(/^worked in all, as of 19:20:11, .* ago$/);
    await expect
      .poll(() => text("#hours-sum"), SOON)
      .toMatch(/ h in all states · .*, as of 19:20:11, .* ago$/);
    await expect.poll(() => text("#device-rows li:first-child .device-state"), SOON).toBe("was up");
    await expect.poll(() => text("#place-rows"), SOON).toContain("opc.tcp://127.0.0.1:4840");
    const look = "getComputedStyle(document.querySelector('main > .state')).filter";
    expect(await page.evaluate(look)).toContain("grayscale");
    await expect.poll(() => page.title(), SOON).toMatch(/^not live/);

    controller.refuses = false;
    // Not a click by hand: it may have come back by itself by now, and the button be gone.
    await page.getByRole("button", { name: "Try now", includeHidden: true }).dispatchEvent("click");
    await becomes("#connection", "Live");
    await becomes(row("motorCurrent"), /61\.4\s*A\s+good/);
    const resumed = controller.subscriptions.filter(({ mode }) => mode === "log").at(-1);
    expect(resumed?.from).toEqual({ epoch: EPOCH, seq: 777 });
  });

  test("it comes back by itself", async (context) => {
    await visit(context);
    await becomes("#connection", "Live");
    controller.dropAll();
    await expect.poll(() => controller.subscriptions.length, { timeout: 5_000 }).toBe(4);
    await becomes("#connection", "Live");
  });

  test("an open socket without data is not live either", async (context) => {
    await visit(context);
    await becomes("#connection", "Live");
    controller.stateError = "the meter did not answer";
    await becomes("#lost", "Reason: the meter did not answer. Asking again every 2 s");
    await becomes("#lost", "The meter is silent; this page reaches its gateway.");
    await becomes(row("motorCurrent"), "no word from the meter");
    controller.stateError = null;
    await becomes("#connection", "Live");
    await expect.poll(() => text("#state"), SOON).toBe("WORKING");
    await expect.poll(() => text("#worked-words"), SOON).toBe("worked in all");
  });

  test("words that are no frame end the connection, not the page", async (context) => {
    await visit(context);
    await becomes("#connection", "Live");
    controller.sayText('{"t":"later","more":[]}');
    controller.sayText("{");
    await expect.poll(() => controller.subscriptions.length, { timeout: 5_000 }).toBe(4);
    await becomes("#connection", "Live");
    expect(complaints).toEqual([]);
  });
});

test("a meter that ends at each start is shown with what it said", async (context) => {
  const cause = "ended with status 1: neither register slot is whole";
  controller.status = { ...panelStatus(), meter: "down", lastEnd: { cause, utc: head(1, 0).utc } };
  controller.refuses = true;
  await visit(context);
  await becomes("#lost", `The meter ended at 19:20:11: ${cause}. It is started again.`);
  await expect.poll(() => text("#lost"), SOON).not.toContain("the stream does not open");
});

test("a disk that takes no record is told of above everything else", async (context) => {
  const { journal, time } = meterState();
  const since = { ...time, mono: time.mono - 60_000, utc: time.utc! - 60_000 };
  const refusal = { since, reason: "database or disk is full" };
  controller.state = { ...meterState(), journal: { ...journal, pendingRows: 3_531, refusal } };
  await visit(context);
  const notice = "#journal-notice";
  await becomes(notice, "The journal cannot be written since 19:19:11: 3\u202f531 records wait in");
  await becomes(notice, /in memory\. Hours go on\. Reason: database or disk is full\.$/);
  controller.state = meterState();
  const isShown = () => page.locator(notice).isVisible();
  await expect.poll(isShown, { timeout: 10_000 }).toBe(false);
  await becomes("#connection", "Live");
});

test("without a meter the page says what is wrong with the machine file", async (context) => {
  const problems = ['machine.yaml:14:11 signals.flow.unit: unknown unit "l/mn"'];
  const configuration = { file: "machine.yaml", inForce: "none", sha256: null, problems } as const;
  controller.status = { ...panelStatus(), meter: "none", lastDataAge: null, configuration };
  controller.refuses = true;
  await visit(context);
  await becomes("#lost", "No machine is metered");
  await becomes("#problems", /The machine file has a problem.*no hour is counted/s);
  await expect.poll(() => text("#problems-list"), SOON).toBe(problems[0]);
  await page.locator("#signals").waitFor({ state: "hidden" });
});

test("with the last good machine file in force the problems stand on top", async (context) => {
  const problems = ["machine.yaml:2:1 one", "machine.yaml:3:1 two"];
  const configuration = {
    file: "machine.yaml",
    inForce: "last-good",
    sha256: null,
    problems,
  } as const;
  controller.state = { ...meterState(), configuration };
  await visit(context);
  await becomes("#problems", /2 problems.*last good machine file stays in force.*two/s);
  await becomes("#connection", "Live");
});

test("hostile names stay names", async (context) => {
  const evil = `"><img src=x onerror="document.title='owned'"><script>owned=1</script>{{7*7}}`;
  const machine = { maker: evil, model: evil, serialNumber: evil, location: evil };
  const { devices, ...rest } = meterState();
  controller.hello = { ...hello(), machine, controller: evil };
  controller.signals = signalSummaries().map((signal) => ({
    ...signal,
    description: evil,
    unit: evil,
  }));
  const alarm = { id: evil, source: evil, ne107: "failure", severity: 900, text: evil } as const;
  const active = { ...alarm, state: "active", registers } as const;
  const evil4 = [evil, evil, evil, evil];
  const advice = { cause: evil4, lookAt: evil4, do: evil4, part: evil };
  const line = { ...INNER_RACE.lines[0]!, line: evil, spectrum: evil };
  const evidence = { ...INNER_RACE, operatingState: evil, lines: [line], omitted: 0 };
  controller.state = {
    ...rest,
    machine,
    devices: devices.map((device) => ({
      ...device,
      name: `${device.name}${evil}`,
      errors: { [evil]: 1 },
      lastError: { code: evil, message: evil, age: 5 },
    })),
    alarms: [{ ...active, since: rest.time, advice, evidence }],
    configuration: { file: evil, inForce: "last-good", sha256: null, problems: [evil] },
  };
  controller.records = [
    { ...head(3, 9_000), class: "alarm", kind: "alarm", ...active, state: "cleared" },
    { ...head(4, 8_000), class: "event", kind: "device", name: evil, detail: { [evil]: evil } },
  ];
  await visit(context);
  await becomes("#connection", "Live");
  await becomes("#event-rows", "<img src=x");
  for (const place of ["#machine-name", "#signal-rows", "#alarm-rows", "#device-rows"]) {
    await expect.poll(() => text(place), SOON).toContain("<script>owned=1</script>{{7*7}}");
  }
  expect(await page.locator("img, main script, main iframe").count()).toBe(0);
  expect(await page.evaluate("typeof owned")).toBe("undefined");
  await expect.poll(() => page.title(), SOON).not.toBe("owned");
  expect(complaints).toEqual([]);
});
