import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { AckWriter } from "./ack-writer.ts";
import { Unanswerable } from "./source.ts";
import { MemorySource } from "./test-rig.ts";

function writing() {
  const clock = new FakeClock();
  const source = new MemorySource(clock);
  source.acked["cloud"] = 10;
  const failures: unknown[] = [];
  const writer = new AckWriter("cloud", source, clock, (error) => failures.push(error));
  return { clock, source, writer, failures };
}

test("what was acknowledged before is not written again", async () => {
  const { clock, source, writer } = writing();
  writer.acknowledge(10);
  writer.acknowledge(3);
  await clock.advanceAsync(2_000);
  expect(source.ackWrites).toBe(0);
});

test("a thousand acknowledgements in a second are two writes, and the newest wins", async () => {
  const { clock, source, writer } = writing();
  for (let seq = 1; seq <= 1_000; seq++) {
    writer.acknowledge(10 + seq);
    await clock.advanceAsync(1);
  }
  await clock.advanceAsync(1_000);
  expect(source.acked["cloud"]).toBe(1_010);
  expect(source.ackWrites).toBeLessThanOrEqual(3);
  expect(clock.pendingCalls).toBe(0);
});

test("what waits is written when the reader goes", async () => {
  const { clock, source, writer } = writing();
  writer.acknowledge(11);
  writer.acknowledge(12);
  writer.close();
  await clock.advanceAsync(0);
  expect(source.acked["cloud"]).toBe(12);
  expect(clock.pendingCalls).toBe(0);
});

test("too many at once is tried again, another failure is told once", async () => {
  const { clock, source, writer, failures } = writing();
  source.failure = new Unanswerable("too-many", "busy");
  writer.acknowledge(11);
  await clock.advanceAsync(1_000);
  expect(failures).toEqual([]);
  source.failure = new Error("disk I/O error");
  await clock.advanceAsync(3_000, 1_000);
  writer.acknowledge(12);
  writer.close();
  await clock.advanceAsync(1_000);
  expect(failures).toEqual([source.failure]);
});
