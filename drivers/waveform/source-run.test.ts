import { expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import type { ByteSource } from "./byte-source.ts";
import { SourceRun } from "./source-run.ts";

test("a source whose opening hangs does not hold the end of its bus", async () => {
  const opening = Promise.withResolvers<ByteSource>();
  let ends = 0;
  const run = new SourceRun({
    place: "x",
    open: () => opening.promise,
    decoder: { partialBytes: 0, take: () => 0 },
    rateWatch: null,
    timeoutMs: 60_000,
    clock: new HostClock({ boot: "boot-1", synchronised: () => false }),
    timers: hostTimers,
    onFirstBytes() {},
    onEnd: () => void ends++,
  });
  run.start();
  await run.leave();
  // It fails in the end, when nobody asks any more.
  opening.reject(new Error("ESTALE"));
  await run.close();
  expect(ends).toBe(0);
});
