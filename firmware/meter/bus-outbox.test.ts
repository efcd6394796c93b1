import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { BusChannel } from "../host/bus-processes.ts";
import type { Event, FromBus, ToBus } from "./bus-messages.ts";
import { BusOutbox } from "./bus-outbox.ts";

/** An outbox whose meter reads only when it is let. */
function outboxOf() {
  const clock = new FakeClock();
  const messages: FromBus[] = [];
  let read = () => {};
  const channel: BusChannel<FromBus, ToBus> = {
    pid: 1,
    send(message, sent) {
      messages.push(message);
      if (sent) read = sent;
    },
    onMessage() {},
    onEnd() {},
    kill() {},
    disconnect() {},
  };
  const events = () =>
    messages.flatMap((message): readonly Event[] => (message.t === "events" ? message.events : []));
  return {
    clock,
    messages,
    events,
    outbox: new BusOutbox(channel, clock, clock),
    read: () => read(),
  };
}

test("what one turn brings goes out together, and before the answer that follows it", () => {
  const { outbox, messages } = outboxOf();
  outbox.add(["sample", 0, 0, 1, 10]);
  outbox.add(["sample", 0, 1, 2, 10]);
  outbox.say({ t: "done", id: 7 });
  expect(messages).toEqual([
    {
      t: "events",
      events: [
        ["sample", 0, 0, 1, 10],
        ["sample", 0, 1, 2, 10],
      ],
    },
    { t: "done", id: 7 },
  ]);
});

test("a meter that does not read costs values and says which, never memory or a loss", () => {
  const { outbox, clock, events, read } = outboxOf();
  for (let index = 0; index < 50_000; index++) outbox.add(["sample", 0, index % 2, index, index]);
  outbox.add(["lost", 1, { code: "BUS_CLOSED", message: "away", remedy: "" }]);
  for (let turn = 0; turn < 100; turn++) {
    clock.advance(1);
    read();
  }
  const told = events();
  expect(told.filter(([kind]) => kind === "sample").length).toBe(20_000);
  expect(told.filter(([kind]) => kind === "lost").length).toBe(1);
  expect(told.filter(([kind, , , reason]) => kind === "bad" && reason === "overrun").length).toBe(
    2,
  );
});

test("samples of a waveform that find no room are a gap, and bounded by their number", () => {
  const { outbox, clock, events, read } = outboxOf();
  const block = new Float32Array(4_096);
  for (let index = 0; index < 1_000; index++) outbox.add(["block", 0, 1, block, index]);
  for (let turn = 0; turn < 10; turn++) {
    clock.advance(1);
    read();
  }
  const told = events();
  expect(told.filter(([kind]) => kind === "block").length).toBe(244);
  expect(told.filter(([kind]) => kind !== "block")).toEqual([["gap", 0, 1, null, 0]]);
  // What was taken has made room.
  outbox.add(["block", 0, 1, block, 2_000]);
  outbox.say({ t: "beat" });
  expect(events().at(-1)).toEqual(["block", 0, 1, block, 2_000]);
});

test("frames that nobody looks at are numbers, told with the next answer", () => {
  const { outbox, messages, events } = outboxOf();
  outbox.count(0, 1, 0);
  outbox.count(0, 1, 2);
  expect(messages).toEqual([]);
  outbox.say({ t: "beat" });
  expect(events()).toEqual([["counted", 0, 2, 2]]);
});
