// What a scan tells of a bus: who speaks, in which groups, and what of it is known.

import { expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { Found } from "../driver.ts";
import { canDriverOn } from "./can.ts";
import { errorFrame, FakeCan, frame } from "./test-rig.ts";

function scan(can: FakeCan, clock: FakeClock, stop = new AbortController().signal) {
  const driver = canDriverOn(async () => can.libc);
  const found: Found[] = [];
  const context = {
    settings: driver.bus.parse({ interface: "can0" }),
    ...{ clock, timers: clock, log: silentLog, stop, progress() {} },
  };
  const done = (async () => {
    for await (const one of driver.scan!(context)) found.push(one);
    return found;
  })();
  return done;
}

test("each source address is told with its groups, and what is known with its value", async () => {
  const clock = new FakeClock();
  const can = new FakeCan(clock);
  const done = scan(can, clock);
  await clock.advanceAsync(0);
  for (let second = 0; second < 12; second++) {
    can.arrives(frame(61_444, "ff ff ff 40 1f"));
    can.arrives(frame(65_226, "10 ff 64 00 01 05", { source: 0 }));
    can.arrives(frame(65_280, "01", { source: 3 }));
    await clock.advanceAsync(1_000, 100);
  }
  await clock.advanceAsync(1_000, 100);
  const found = await done;
  expect(found.map(({ where }) => where)).toEqual([
    "source address 0",
    "source address 0, SPN 190",
    "source address 0, DM1",
    "source address 3",
  ]);
  expect(found[0]!.what).toContain("61444 1.0/s");
  expect(found[1]).toMatchObject({
    what: "Engine speed = 1000 /min",
    settings: { spn: 190 },
  });
  expect(found[2]!.what).toBe("trouble codes: SPN 100 FMI 1; lamps: red-stop");
  expect(can.sent).toEqual([]);
  expect(can.openSockets).toBe(0);
});

test.each([
  [false, "BUS_TIMEOUT"],
  [true, "BUS_WRONG_ANSWER"],
])("a bus without a frame, with errors %s, is a fault with advice", async (hasErrors, code) => {
  const clock = new FakeClock();
  const can = new FakeCan(clock);
  const done = scan(can, clock).catch((error: unknown) => error);
  await clock.advanceAsync(500, 100);
  if (hasErrors) can.arrives(errorFrame(0x04, 0x10));
  await clock.advanceAsync(13_000, 200);
  expect(await done).toMatchObject({ code });
});
