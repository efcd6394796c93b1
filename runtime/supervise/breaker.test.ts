import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BREAKER_LIMITS, Breaker } from "./breaker.ts";

/** Fails at every chance until the time is over; gives the lengths of the rests. */
function restsWhileFailing(breaker: Breaker, fromMs: number, rests: number): number[] {
  const lengths: number[] = [];
  let now = fromMs;
  while (lengths.length < rests) {
    expect(breaker.allows(now)).toBe(true);
    breaker.failed(now);
    if (breaker.state !== "open") continue;
    lengths.push(breaker.retryAt - now);
    expect(breaker.allows(breaker.retryAt - 1)).toBe(false);
    now = breaker.retryAt;
  }
  return lengths;
}

describe("a breaker", () => {
  test("opens at the third failure in a row; rests double from 1 s up to 5 minutes", () => {
    const seconds = restsWhileFailing(new Breaker(), 0, 11).map((restMs) => restMs / 1_000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  test("stays closed while a success comes in between", () => {
    const breaker = new Breaker();
    for (let now = 0; now < 100; now++) {
      if (now % 3 === 2) breaker.succeeded();
      else breaker.failed(now);
      expect(breaker.state).toBe("closed");
    }
  });

  test("lets one probe through after a rest, and its success closes it", () => {
    const breaker = new Breaker();
    restsWhileFailing(breaker, 0, 1);
    expect(breaker.allows(1_000)).toBe(true);
    expect(breaker.state).toBe("half-open");
    expect(breaker.allows(1_000)).toBe(false);
    breaker.succeeded();
    expect(breaker.state).toBe("closed");
    expect(breaker.allows(1_000)).toBe(true);
  });

  test("forgets the last rest only after ten successes in a row", () => {
    const breaker = new Breaker();
    restsWhileFailing(breaker, 0, 4);
    breaker.allows(breaker.retryAt);
    breaker.succeeded(9);
    expect(restsWhileFailing(breaker, 100_000, 1)).toEqual([16_000]);
    breaker.allows(breaker.retryAt);
    breaker.succeeded(10);
    expect(restsWhileFailing(breaker, 200_000, 1)).toEqual([1_000]);
  });

  test("never keeps a device away for longer than its limit, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(400_000))), (history) => {
        const breaker = new Breaker();
        let now = 0;
        for (const [isGood, waitMs] of history) {
          now += waitMs;
          if (!breaker.allows(now)) {
            expect(breaker.retryAt - now).toBeLessThanOrEqual(BREAKER_LIMITS.restMaxMs);
            continue;
          }
          if (isGood) breaker.succeeded();
          else breaker.failed(now);
        }
        expect(breaker.allows(now + BREAKER_LIMITS.restMaxMs)).toBe(true);
      }),
    );
  });
});
