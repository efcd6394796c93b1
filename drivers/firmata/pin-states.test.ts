// A pin that is written while an older question about it is still under way.

import { expect, test } from "vitest";
import { silentWire } from "../../runtime/signal/wire.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { codeOf } from "../shared/test-rig.ts";
import { BoardLine } from "./board-line.ts";
import { PinStates } from "./pin-states.ts";

const RELAY = { pin: 7, mode: 1 };

function states() {
  const clock = new FakeClock();
  const nothing = () => {};
  const events = {
    version: nothing,
    firmware: nothing,
    pinState: nothing,
    i2cReply: nothing,
    i2cShort: nothing,
    text: nothing,
    nonsense: nothing,
  };
  const sent: Uint8Array[] = [];
  const line = new BoardLine(silentWire, events, (bytes) => sent.push(bytes));
  const told: string[] = [];
  const pins = new PinStates("Board", line, clock, {
    confirmed: (pin) => told.push(`${pin} confirmed`),
    changed: () => told.push("changed"),
  });
  return { clock, pins, sent, told };
}

test("the answer to an older question is not taken for its refusal", async () => {
  const { clock, pins, sent, told } = states();
  const written = pins.confirm(RELAY, () => 1, 1_000);
  pins.heard(7, 1, 0);
  pins.heard(7, 1, 1);
  await written;
  // What was asked once too often comes too, and fits.
  pins.heard(7, 1, 1);
  expect(sent.length).toBe(2);
  expect(told).toEqual(["7 confirmed", "7 confirmed"]);
  expect(clock.pendingCalls).toBe(0);
});

test("that never takes what is written is refused, and one without a word is silent", async () => {
  const { clock, pins } = states();
  const refused = codeOf(pins.confirm(RELAY, () => 1, 1_000));
  for (let answer = 0; answer < 3; answer++) pins.heard(7, 1, 0);
  expect(await refused).toBe("WRITE_REFUSED");
  const silent = codeOf(pins.confirm(RELAY, () => 1, 1_000));
  await clock.advanceAsync(1_000);
  expect(await silent).toBe("BUS_TIMEOUT");
});

test("in another mode or state than it was given has changed", async () => {
  const { pins, told } = states();
  const written = pins.confirm(RELAY, () => 1, 1_000);
  pins.heard(7, 1, 1);
  await written;
  pins.heard(7, 1, 0);
  pins.heard(7, 0, 1);
  expect(told).toEqual(["7 confirmed", "changed", "changed"]);
});
