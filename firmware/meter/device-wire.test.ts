import { expect, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { DeviceWire, mayTrace, TRACE_LEASE_MS, TRACED_DEVICES_MAX } from "./device-wire.ts";

function wired() {
  const clock = new FakeClock();
  return { clock, wire: new DeviceWire(clock, clock) };
}

test("frames are counted always and kept only while somebody looks", () => {
  const { wire } = wired();
  wire.sent(Uint8Array.of(1, 2));
  wire.received("abc");
  expect(wire.counts).toEqual({ requests: 1, answers: 1 });
  const begin = wire.trace(null);
  expect(begin).toEqual({ frames: [], next: 1, missed: 0 });
  const buffer = Uint8Array.of(0x01, 0xff);
  wire.sent(buffer);
  buffer[0] = 9;
  wire.received("OK\r\n");
  wire.fault(new Fault("BUS_CHECKSUM", "the sum is wrong", "look at the baud rate"));
  const { frames, next } = wire.trace(begin.next);
  expect(frames).toMatchObject([
    { seq: 1, way: "sent", length: 2, hex: "01ff" },
    { seq: 2, way: "received", length: 4, text: "OK\r\n" },
    { seq: 3, way: "fault", text: "BUS_CHECKSUM: the sum is wrong" },
  ]);
  expect(wire.trace(next).frames).toEqual([]);
  expect(wire.counts).toEqual({ requests: 2, answers: 2 });
});

test("a trace ends when nobody asks any more, and what it kept is gone", async () => {
  const { wire, clock } = wired();
  const { next } = wire.trace(null);
  wire.sent("kept");
  await clock.advanceAsync(TRACE_LEASE_MS - 1_000, 1_000);
  expect(wire.trace(next).frames).toHaveLength(1);
  await clock.advanceAsync(TRACE_LEASE_MS - 1_000, 1_000);
  expect(wire.isTraced).toBe(true);
  await clock.advanceAsync(1_000, 1_000);
  expect(wire.isTraced).toBe(false);
  wire.sent("not kept");
  expect(wire.trace(next).frames).toEqual([]);
});

test("a reader that asks too seldom is told how many frames it missed", () => {
  const { wire } = wired();
  const { next } = wire.trace(null);
  for (let count = 0; count < 2_500; count++) wire.received(`frame ${count}`);
  const page = wire.trace(next);
  expect(page.missed).toBe(1_500);
  expect(page.frames[0]).toMatchObject({ seq: 1_501, text: "frame 1500" });
  expect(page.frames.length).toBeLessThan(1_000);
  let shown = page.frames.length;
  for (let from = page.next; ; ) {
    const more = wire.trace(from);
    if (more.frames.length === 0) break;
    expect(more.missed).toBe(0);
    shown += more.frames.length;
    from = more.next;
  }
  expect(shown).toBe(1_000);
});

test("a long frame is shown in part, with its whole length", () => {
  const { wire } = wired();
  const { next } = wire.trace(null);
  wire.received(new Uint8Array(10_000).fill(0xab));
  const [frame] = wire.trace(next).frames;
  expect(frame).toMatchObject({ length: 10_000 });
  expect(frame?.hex).toBe("ab".repeat(512));
});

test("a number from another life of the meter is taken for now", () => {
  const { wire } = wired();
  wire.trace(null);
  wire.sent("a");
  expect(wire.trace(1_000_000)).toEqual({ frames: [], next: 2, missed: 0 });
});

test("so many devices are traced at a time and no more, until a trace has ended", () => {
  const wires = Array.from({ length: TRACED_DEVICES_MAX + 1 }, () => wired().wire);
  const more = wires.pop()!;
  const all = [...wires, more];
  for (const wire of wires) {
    expect(mayTrace(wire, all)).toBe(true);
    wire.trace(null);
  }
  expect(mayTrace(wires[0]!, all)).toBe(true);
  expect(mayTrace(more, all)).toBe(false);
  wires[0]!.close();
  expect(mayTrace(more, all)).toBe(true);
});

test("of a long text the beginning is kept, with its letters and its whole length", () => {
  const { wire } = wired();
  wire.trace(null);
  wire.received("ä".repeat(2_000));
  expect(wire.trace(1).frames).toMatchObject([{ length: 2_000, text: "ä".repeat(512) }]);
});
