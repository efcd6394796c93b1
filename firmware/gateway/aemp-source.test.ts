import { expect, test } from "vitest";
import { SERIES_MS_MAX } from "../../protocols/aemp/aemp.ts";
import { leafText } from "../../runtime/ledger/leaf.ts";
import { Life } from "../../runtime/testing/ledger-life.ts";
import { HOUR_MS } from "../../runtime/testing/ledger-parties.ts";
import { aempSource } from "./aemp-source.ts";
import { HTTP_LIMITS } from "./http-server.ts";

const START = Date.UTC(2026, 2, 2);

/** A life as its ledger answers. */
function lifeSource(life: Life) {
  const { leaves } = life.segment;
  const dates = leaves.map(({ utc }) => utc);
  const ledger = {
    leaves: async (from: number, limit: number) => leaves.slice(from, from + limit).map(leafText),
    indexAt: async (utc: number) => {
      const found = dates.findIndex((date) => date !== undefined && date >= utc);
      return found === -1 ? dates.length : found;
    },
  };
  return aempSource({ state: () => null, ledger });
}

const life = () =>
  new Life({ startUtc: START, cosignEveryMs: 0 })
    .boot()
    .run("WORKING", 3 * HOUR_MS)
    .run("IDLE", 3 * HOUR_MS)
    .run("OFF", HOUR_MS);

test("a series is the dated leaves of the ledger, each a reading that was made", async () => {
  const source = lifeSource(life());
  const range = { from: START, to: START + 7 * HOUR_MS, offset: 0, limit: 500 };
  const { total, readings } = await source.series(range);
  expect(readings).toHaveLength(total);
  expect(total).toBeGreaterThanOrEqual(28);
  const at = (hours: number) =>
    readings.findLast(({ utc }) => utc <= START + hours * HOUR_MS)!.registers;
  expect([at(1).working, at(3).working, at(7).working]).toEqual([
    HOUR_MS,
    3 * HOUR_MS,
    3 * HOUR_MS,
  ]);
  expect([at(3).idle, at(5).idle, at(7).idle]).toEqual([0, 2 * HOUR_MS, 3 * HOUR_MS]);
});

test("pages put together are the whole", async () => {
  const source = lifeSource(life());
  const range = { from: START + HOUR_MS, to: START + 5 * HOUR_MS };
  const whole = await source.series({ ...range, offset: 0, limit: 500 });
  const pages = [];
  for (let offset = 0; offset < whole.total; offset += 3) {
    pages.push(...(await source.series({ ...range, offset, limit: 3 })).readings);
  }
  expect(pages).toEqual(whole.readings);
  expect((await source.series({ ...range, offset: whole.total, limit: 3 })).readings).toEqual([]);
});

test("what no clock dated is not in it", async () => {
  const undated = new Life({ startUtc: START, cosignEveryMs: 0 })
    .boot()
    .run("WORKING", HOUR_MS)
    .cut({ clock: null })
    .run("WORKING", HOUR_MS);
  const source = lifeSource(undated);
  const range = { from: START, to: START + 9 * HOUR_MS, offset: 0, limit: 500 };
  const { total, readings } = await source.series(range);
  expect(readings.length).toBeLessThan(total);
  expect(readings.every(({ utc }) => utc <= START + HOUR_MS)).toBe(true);
});

test("a state that nobody can date has no reading, and a meter that never spoke no name", () => {
  const source = lifeSource(life());
  expect(source.identity()).toBeNull();
  expect(source.newest()).toBeNull();
});

test("whoever waits for a series is told before the server gives the connection up", () => {
  expect(SERIES_MS_MAX).toBeLessThan(HTTP_LIMITS.idleMs);
});
