// What many lives of a board leave behind in one process, and that there is an end to them.

import { expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { requires } from "../../runtime/testing/requires.ts";
import { codeOf, makeBus } from "../shared/test-rig.ts";
import { firmataDriver } from "./firmata.ts";
import { FirmataPeer } from "./test-rig.ts";

const clock = new HostClock({ boot: "test", synchronised: () => false });
const LIVES_MAX = 100;

test("a process has a hundred lives of a board, then asks to be replaced", async (context) => {
  const peer = new FirmataPeer(requires(context, "socat"));
  await peer.plug();
  const { bus, sinks } = makeBus(firmataDriver, {
    clock,
    timers: hostTimers,
    settings: { port: peer.path },
    devices: [{ points: [{ analog: 0 }, { relay: { pin: 7 } }] }],
  });
  const [device] = bus.devices;
  for (let life = 1; life <= LIVES_MAX; life++) {
    await device!.start!();
    peer.restart();
    await sinks[0]!.until(() => sinks[0]!.losses.length === life);
  }
  expect(await codeOf(device!.start!())).toBe("DRIVER_ENDED");
  // Each was let go: a port that is still held would have refused the next.
  expect(sinks[0]!.losses.length).toBe(LIVES_MAX);
  await bus.close();
  await peer.dispose();
});
