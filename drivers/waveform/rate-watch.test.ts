import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { RateWatch } from "./rate-watch.ts";

describe("a source at 1,000 frames per second", () => {
  interface Run {
    /** Frames per second by our clock. */
    readonly rate?: number;
    readonly seconds?: number;
    /** How late a piece may arrive. */
    readonly lateMs?: number;
    /** From when on nothing arrives, for how long; it comes in one burst after it. */
    readonly stall?: { readonly atMs: number; readonly forMs: number };
    /** At this time so many frames are lost on their way. */
    readonly loss?: { readonly atMs: number; readonly frames: number };
  }

  /** Plays the run in pieces of 20 ms and gives what was said. */
  function play({ rate = 1_000, seconds = 120, lateMs = 30, stall, loss }: Run) {
    const random = new SeededRandom(5);
    const said: string[] = [];
    const watch = new RateWatch({
      rate: 1_000,
      onMissing: (frames, at) =>
        said.push(`${Math.round(frames / 10) * 10} missing in ${Math.floor(at / 10_000)}0 s`),
      onDrift: (found, isBeyond) => said.push(`${found.toFixed(0)} ${isBeyond}`),
    });
    let delivered = 0;
    let lastAt = 0;
    for (let atMs = 20; atMs <= seconds * 1_000; atMs += 20) {
      const due = Math.floor((atMs * rate) / 1_000);
      let frames = due - delivered;
      delivered = due;
      if (loss !== undefined && atMs === loss.atMs) frames -= loss.frames;
      let at = atMs + Math.floor(random.next() * lateMs);
      if (stall !== undefined && atMs >= stall.atMs && atMs < stall.atMs + stall.forMs) {
        at = stall.atMs + stall.forMs;
      }
      lastAt = Math.max(lastAt, at);
      watch.took(frames, lastAt);
    }
    return said;
  }

  const cases: readonly [string, Run, readonly string[]][] = [
    ["that keeps it, with late arrivals", {}, []],
    ["whose clock is wrong by 0.2 %", { rate: 1_002 }, []],
    ["that is 1 % slow", { rate: 990 }, ["990 true"]],
    ["that is 1 % fast", { rate: 1_010 }, ["1010 true"]],
    ["that stalls for 3 s and loses nothing", { stall: { atMs: 40_000, forMs: 3_000 } }, []],
    ["that stalls for 12 s and loses nothing", { stall: { atMs: 40_000, forMs: 12_000 } }, []],
    ["that loses 500 frames", { loss: { atMs: 42_000, frames: 500 } }, ["500 missing in 50 s"]],
    ["that loses 40 frames, which is within the bound", { loss: { atMs: 42_000, frames: 40 } }, []],
  ];
  test.each(cases)("%s", (_, run, expected) => {
    expect(play(run)).toEqual(expected);
  });
});
