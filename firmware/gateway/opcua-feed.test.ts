import { beforeEach, expect, test } from "vitest";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { OpcuaFeed } from "./opcua-feed.ts";

let clock: FakeClock;
let shown: string[];
let counts: number[];
let values: LiveValue[];
let heardAt: number | null;
let isUp: boolean;
let feed: OpcuaFeed;

beforeEach(() => {
  clock = new FakeClock();
  shown = [];
  counts = [1, 1];
  values = [1, 2].map((value) => ({ value, quality: "good", age: 0 }));
  heardAt = 0;
  isUp = true;
  const latest = {
    names: ["flow", "pressure"],
    updates: (index: number) => counts[index]!,
    live: (index: number) => values[index]!,
  };
  const server = {
    update: (changed: Readonly<Record<string, LiveValue>>) => {
      for (const [name, { value, quality }] of Object.entries(changed)) {
        shown.push(`${name} ${value} ${quality}`);
      }
    },
    updateLost: () => {
      shown.push("lost");
    },
  };
  const options = { server, latest: () => (isUp ? latest : null), heardAt: () => heardAt, clock };
  feed = new OpcuaFeed(options);
});

function looking(): string[] {
  shown = [];
  feed.look();
  return shown;
}

test("what has changed is handed on, once", () => {
  expect(looking()).toEqual(["flow 1 good", "pressure 2 good"]);
  expect(looking()).toEqual([]);
  counts[1]!++;
  values[1] = { value: null, quality: "bad", reason: "stale", age: 6_000 };
  expect(looking()).toEqual(["pressure null bad"]);
});

test("a meter that hangs is lost after 5 s, though its socket stands", () => {
  looking();
  clock.advance(5_000);
  expect(looking()).toEqual([]);
  clock.advance(1);
  expect(looking()).toEqual(["lost"]);
  heardAt = clock.mono();
  expect(looking()).toEqual(["flow 1 good", "pressure 2 good"]);
});

test("a meter that is gone or was never heard is lost", () => {
  isUp = false;
  expect(looking()).toEqual(["lost"]);
  isUp = true;
  heardAt = null;
  expect(looking()).toEqual(["lost"]);
});
