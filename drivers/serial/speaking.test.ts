import { describe, expect, onTestFinished, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { codeOf } from "../shared/test-rig.ts";
import { asked, farEnd, fault, oneDevice, openBus } from "./test-rig.ts";

describe("a device that speaks unasked", () => {
  const speaking = { framing: { line: "\\n" }, silence: "150ms" };

  test("starts with its first whole line; half of one is none", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ field: 0 }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("2.5\n112.5\n");
    await started;
    await sink.until(() => sink.got.length === 1);
    expect(sink.values()).toEqual([112.5]);
  });

  test("shares its line with others: each takes what is its own", async () => {
    const { far, tcp } = await farEnd();
    const { bus, sinks } = openBus({ tcp }, [
      { settings: { when: "^A", silence: "1s" }, points: [{ field: 1 }] },
      { settings: { when: "^B", silence: "1s" }, points: [{ field: 1 }] },
    ]);
    onTestFinished(() => bus.close());
    const started = Promise.all(bus.devices.map((device) => device.start!()));
    await far.until(() => far.connections === 1);
    const timer = hostTimers.every(10, () => far.say("A,1\nB,2\n"));
    onTestFinished(() => timer.cancel());
    await started;
    await Promise.all(sinks.map((sink) => sink.until(() => sink.got.length >= 2)));
    expect(sinks.map((sink) => new Set(sink.values()))).toEqual([new Set([1]), new Set([2])]);
  });

  test("is lost when it falls silent, with what it said last", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ field: 0 }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("\n1\n");
    await started;
    await sink.until(() => sink.losses.length === 1);
    expect(sink.losses[0]).toEqual(fault("BUS_TIMEOUT", /has sent nothing for 150 ms/));
    // It is opened again, and heard when it speaks again.
    const again = device.start!();
    await far.until(() => far.connections === 2);
    far.say("\n2\n");
    await again;
    expect(sink.values()).toEqual([1, 2]);
  });

  test("that says nothing it should is not started, and the reason is not silence", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ field: 0 }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("\x80\x81\x82\x83");
    await expect(started).rejects.toEqual(
      fault("BUS_WRONG_ANSWER", /has sent 4 bytes and no whole frame/),
    );
    expect(sink.losses).toEqual([]);
  });

  test("a damaged sentence spoils the points that it would have brought", async () => {
    const { far, tcp } = await farEnd();
    const settings = { checksum: { kind: "nmea" }, silence: "1s" };
    const { device, sink } = oneDevice(tcp, settings, [
      { field: 1, when: "^\\$GPHDT" },
      { field: 1, when: "^\\$GPROT" },
    ]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("$GPHDT,12.5,T*03\r\n");
    await started;
    far.say("$GPHDT,99.5,T*01\r\n");
    await sink.until(() => sink.got.length >= 2);
    expect(sink.got.map(({ point, value }) => [point, value])).toEqual([
      [0, 12.5],
      [0, "checksum"],
    ]);
  });

  test("floods: what is too much is dropped, said once, and memory does not grow", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ field: 0 }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("1\n".repeat(3_000));
    await started;
    await sink.until(() => sink.latest() === "overrun");
    expect(sink.got.length).toBe(1_001);
    expect(sink.got.at(-1)!.fault).toEqual(fault("SOURCE_OVERRUN", /more than 1000 frames/));
  });

  test("with an expression that never ends is lost, and the meter goes on", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ match: "^(a+)+$" }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say(`\n${"a".repeat(60)}b\n`);
    await started;
    await sink.until(() => sink.losses.length === 1);
    expect(sink.losses[0]).toEqual(fault("BUS_WRONG_ANSWER", /took more than 50 ms/));
  });

  test("is heard on while it is written to, and its answer is found among its lines", async () => {
    const { far, tcp } = await farEnd((_, peer) => {
      // The rest of the line that is under way, and a line in two pieces around the answer.
      peer.say("2.5\nOK\n3");
      hostTimers.after(30, () => peer.say("4\n"));
    });
    const point = {
      match: "^\\d+(?:\\.\\d)?$",
      when: "^\\d",
      write: "Z{value}\\r",
      answer: "^OK$",
    };
    const { device, sink } = oneDevice(tcp, { ...speaking, silence: "1s" }, [point]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("\n7\n11");
    await started;
    await device.write(0, 1);
    await sink.until(() => sink.got.length === 3);
    expect(sink.values()).toEqual([7, 112.5, 34]);
  });

  test("does not get its line joined from two connections", async () => {
    const { far, tcp } = await farEnd();
    const { bus, sinks } = openBus({ tcp, latenessMax: "0ms" }, [
      { settings: { ...speaking, silence: "2s", pause: "10s" }, points: [{ field: 0 }] },
      { settings: { ...asked, when: "^never", timeout: "20ms" }, points: [{ field: 0 }] },
    ]);
    onTestFinished(() => bus.close());
    const [heard, silent] = bus.devices;
    const started = heard!.start!();
    await far.until(() => far.connections === 1);
    far.say("\n1\n11");
    await started;
    // The server seems to have forgotten the connection: another one is made.
    for (let times = 0; times < 3; times++) await codeOf(silent!.read!());
    const again = codeOf(silent!.read!());
    await far.until(() => far.connections === 2);
    far.say("2.5\n3\n");
    await again;
    expect(sinks[0]!.losses).toEqual([fault("BUS_CLOSED", /another connection/)]);
    expect(sinks[0]!.values()).toEqual([1]);
  });

  test("whose expressions are slow together is lost, and the meter goes on", async () => {
    const { far, tcp } = await farEnd();
    const { device, sink } = oneDevice(tcp, speaking, [{ match: "^(a+)+$|^(b)" }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    // Each takes a few milliseconds, well within its own limit.
    far.say(`\n${`${"a".repeat(18)}c\n`.repeat(900)}`);
    await started;
    await sink.until(() => sink.losses.length === 1);
    expect(sink.losses[0]).toEqual(fault("SOURCE_OVERRUN", /took 250 ms within a second/));
    expect(sink.got.length).toBeLessThan(900);
  });

  test("nothing is said after the bus was closed", async () => {
    const { far, tcp } = await farEnd();
    const { bus, device, sink } = oneDevice(tcp, speaking, [{ field: 0 }]);
    const started = device.start!();
    await far.until(() => far.connections === 1);
    far.say("\n1\n");
    await started;
    await bus.close();
    await bus.close();
    expect(sink.losses).toEqual([]);
    expect(await codeOf(device.start!())).toBe("BUS_CLOSED");
  });
});
