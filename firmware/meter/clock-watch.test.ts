// What the clocks of a controller can do to hours, and what the watch says of it.

import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { ClockWatch } from "./clock-watch.ts";

function watchWith(wall?: ConstructorParameters<typeof FakeClock>[0]) {
  const clock = new FakeClock({ mono: 50_000, ...wall });
  const said: string[] = [];
  let suspendedMs = 0;
  const watch = new ClockWatch({
    clock,
    sinceBoot: () => clock.mono() + suspendedMs,
    events: {
      gap: (cause, forMs, addedMs) => said.push(`${cause} ${forMs} ${addedMs}`),
      anchor: (source) => said.push(source),
    },
  });
  return {
    clock,
    said,
    look: (afterMs: number) => {
      clock.advance(afterMs);
      watch.look();
    },
    suspend: (forMs: number) => {
      suspendedMs += forMs;
    },
  };
}

test("ticks in time say nothing but that the clock can be believed", () => {
  const { look, said } = watchWith();
  for (let tick = 0; tick < 20; tick++) look(250);
  expect(said).toEqual(["ntp"]);
});

test("a tick that comes seconds late found the process stopped", () => {
  const { look, said } = watchWith();
  look(250);
  look(4_999);
  look(5_000);
  expect(said).toEqual(["ntp", "stopped 5000 0"]);
});

test("time since boot runs on in a suspend, the monotonic clock does not", () => {
  const { look, said, suspend } = watchWith();
  look(250);
  suspend(990);
  look(250);
  suspend(3_600_000);
  look(250);
  look(250);
  expect(said).toEqual(["ntp", "suspend 3600990 3600990"]);
});

test("a clock nobody vouches for is an anchor of another kind, and a better one follows", () => {
  const { clock, look, said } = watchWith({ wall: { utcAtZero: null, tq: "U", err: null } });
  look(250);
  clock.wall = { utcAtZero: 1, tq: "I", err: null };
  look(250);
  clock.wall = { utcAtZero: 1, tq: "S", err: 10 };
  look(250);
  look(250);
  expect(said).toEqual(["rtc", "ntp"]);
});
