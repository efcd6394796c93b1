import { describe, expect, onTestFinished, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { type Log, silentLog } from "../../runtime/signal/log.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { codeOf } from "../shared/test-rig.ts";
import { asked, FarEnd, farEnd, fault, oneDevice, openBus } from "./test-rig.ts";

describe("a device that is asked", () => {
  test("gives its points, and its frames are on the wire", async () => {
    const { far, tcp } = await farEnd((_, peer) => peer.say("ST,12.5,kg\r"));
    const { device, sink, wire } = oneDevice(tcp, asked, [
      { field: 1 },
      { field: 0, map: { ST: 1, US: 0 } },
      { field: 7 },
    ]);
    await device.read!();
    expect(far.heard).toBe("R\r");
    expect(sink.got.map(({ value }) => value)).toEqual([12.5, 1, "not-configured"]);
    expect(sink.got[2]!.fault).toEqual(
      fault("BUS_WRONG_ANSWER", /point2 has no value: field 7 is not in "ST,12\.5,kg"/),
    );
    expect(wire.frames.map(({ way, frame }) => [way, Buffer.from(frame).toString()])).toEqual([
      ["sent", "R\r"],
      ["received", "ST,12.5,kg"],
    ]);
  });

  test("that is silent times out", async () => {
    const { tcp } = await farEnd();
    const { device } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(fault("BUS_TIMEOUT", /within 100 ms/));
  });

  test("that talks nonsense is shown with what it said", async () => {
    const { tcp } = await farEnd((_, peer) => peer.say("\x81\xff\x00"));
    const { device, wire } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(
      fault("BUS_WRONG_ANSWER", /sent "\\x81\\xff\\x00", which is no answer/),
    );
    expect(wire.frames.at(-1)).toEqual({
      way: "received",
      frame: Uint8Array.of(0x81, 0xff, 0),
    });
  });

  test("with a wrong checksum has no value", async () => {
    const { tcp } = await farEnd((_, peer) => peer.say("12.5\x00\r"));
    const settings = { ...asked, checksum: { kind: "xor" } };
    const { device, sink } = oneDevice(tcp, settings, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(fault("BUS_CHECKSUM", /whose checksum/));
    expect(sink.got).toEqual([]);
  });

  test("that floods is refused within its bound", async () => {
    const { tcp } = await farEnd((_, peer) => peer.say("x".repeat(100_000)));
    const { device } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(
      fault("BUS_WRONG_ANSWER", /without an end in 256 bytes/),
    );
  });

  test("waits for the frame that is its own", async () => {
    const { tcp } = await farEnd((_, peer) => peer.say("B,1\rA,2\r"));
    const { device, sink } = oneDevice(tcp, { ...asked, when: "^A," }, [{ field: 1 }]);
    await device.read!();
    expect(sink.values()).toEqual([2]);
  });

  test("behind an adapter that echoes is heard after the echo", async () => {
    const { tcp } = await farEnd((request, peer) => peer.say(`${request}7\r`));
    const { device, sink } = oneDevice(tcp, asked, [{ field: 0 }], { echo: true });
    await device.read!();
    expect(sink.values()).toEqual([7]);
  });

  test("without the echo that was declared is refused", async () => {
    const { tcp } = await farEnd((_, peer) => peer.say("7\r"));
    const { device } = oneDevice(tcp, asked, [{ field: 0 }], { echo: true });
    await expect(device.read!()).rejects.toEqual(fault("BUS_WRONG_ANSWER", /did not come back/));
  });

  test("a late answer is never the next one's", async () => {
    let count = 0;
    const { tcp } = await farEnd(async (request, peer) => {
      const number = ++count;
      // The first answer comes after its request was given up, and after `latenessMax`.
      if (number === 1) await sleep(hostTimers, 160);
      peer.say(`${request[0]}${number}\r`);
    });
    const settings = { request: "A", framing: { line: "\\r" }, timeout: "100ms" };
    const { bus, sinks } = openBus({ tcp, latenessMax: "300ms" }, [
      { settings, points: [{ match: "\\w(\\d)" }] },
      { settings: { ...settings, request: "B" }, points: [{ match: "\\w(\\d)" }] },
    ]);
    onTestFinished(() => bus.close());
    const reads = [bus.devices[0]!.read!(), bus.devices[1]!.read!()];
    expect(await codeOf(reads[0]!)).toBe("BUS_TIMEOUT");
    await reads[1];
    expect(sinks.map((sink) => sink.values())).toEqual([[], [2]]);
  });

  test("what comes between two requests is no answer to the second", async () => {
    let times = 0;
    const { tcp } = await farEnd((_, peer) => {
      times += 1;
      if (times > 1) return void hostTimers.after(60, () => peer.say("2\r"));
      // More than the one line that was taken for the answer.
      peer.say("1\r");
      hostTimers.after(20, () => peer.say("98"));
      hostTimers.after(60, () => peer.say("99\r"));
    });
    const { device, sink } = oneDevice(tcp, asked, [{ field: 0 }], { latenessMax: "100ms" });
    await device.read!();
    await sleep(hostTimers, 40);
    await device.read!();
    expect(sink.values()).toEqual([1, 2]);
  });

  test("the line learns that answers come later than declared", async () => {
    const learned = Promise.withResolvers<string>();
    const log: Log = { ...silentLog, warn: learned.resolve };
    const { tcp } = await farEnd(async (_, peer) => {
      await sleep(hostTimers, 150);
      peer.say("1\r");
    });
    const { device } = oneDevice(tcp, asked, [{ field: 0 }], {}, log);
    expect(await codeOf(device.read!())).toBe("BUS_TIMEOUT");
    expect(await learned.promise).toMatch(/later than latenessMax/);
  });

  test("takes turns with the others of its bus", async () => {
    const { far, tcp } = await farEnd((request, peer) => peer.say(`${request}\r`));
    const device = (request: string) => ({
      settings: { ...asked, request },
      points: [{ match: "\\d" }],
    });
    const { bus, sinks } = openBus({ tcp }, [device("1"), device("2"), device("3")]);
    onTestFinished(() => bus.close());
    await Promise.all(bus.devices.map((each) => each.read!()));
    expect(sinks.map((sink) => sink.latest())).toEqual([1, 2, 3]);
    expect([far.heard, far.connections]).toEqual(["123", 1]);
  });

  test("is asked again over another connection when the line was cut", async () => {
    let isCut = true;
    const { tcp } = await farEnd((_, peer) => (isCut ? peer.hangUp() : peer.say("1\r")));
    const { device, sink } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(fault("BUS_CLOSED", /lost its line/));
    isCut = false;
    await device.read!();
    expect(sink.values()).toEqual([1]);
  });

  test("behind a server that forgot the connection is asked over another", async () => {
    const { far, tcp } = await farEnd((_, peer) => {
      if (peer.connections > 1) peer.say("4\r");
    });
    const { device, sink } = oneDevice(tcp, asked, [{ field: 0 }]);
    const codes: string[] = [];
    for (let read = 1; read <= 4; read++) codes.push(await codeOf(device.read!()));
    expect(codes).toEqual(["BUS_TIMEOUT", "BUS_TIMEOUT", "BUS_TIMEOUT", "no fault: null"]);
    expect([far.connections, sink.values()]).toEqual([2, [4]]);
  });

  test("on a server that is not there is unreachable, and read once it is", async () => {
    const { far, tcp } = await farEnd();
    await far.close();
    const { device, sink } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.read!()).rejects.toEqual(fault("BUS_UNREACHABLE", /ECONNREFUSED/));
    const later = new FarEnd((_, peer) => peer.say("5\r"));
    await later.open(Number(tcp.split(":")[1]));
    onTestFinished(() => later.close());
    await device.read!();
    expect(sink.values()).toEqual([5]);
  });
});

describe("a write", () => {
  /** A controller with one set point, which it says and takes. */
  const controller = (limit = 100) => {
    let setPoint = 20;
    return farEnd((request, peer) => {
      const wanted = /^SP(.*)\r$/.exec(request);
      if (wanted === null) peer.say(`${setPoint}\r`);
      else if (Number(wanted[1]) > limit) peer.say("ERR\r");
      else {
        setPoint = Number(wanted[1]);
        peer.say("OK\r");
      }
    });
  };
  const point = { field: 0, write: "SP{value:1}\\r", answer: "^OK$" };

  test("is acknowledged and read back", async () => {
    const { far, tcp } = await controller();
    const { device } = oneDevice(tcp, asked, [point]);
    await device.write(0, 21.54);
    expect(far.heard).toBe("SP21.5\rR\r");
  });

  test("that the device refuses is refused", async () => {
    const { tcp } = await controller();
    const { device } = oneDevice(tcp, asked, [point]);
    await expect(device.write(0, 200)).rejects.toEqual(
      fault("WRITE_REFUSED", /was answered with "ERR"/),
    );
  });

  test("that did not stay is refused, though nobody declared an answer", async () => {
    const { tcp } = await farEnd((request, peer) => peer.say(request === "R\r" ? "3\r" : "OK\r"));
    const { device } = oneDevice(tcp, asked, [{ field: 0, write: "SP{value}\\r" }]);
    await expect(device.write(0, 5)).rejects.toEqual(
      fault("WRITE_REFUSED", /set to 5 but reads back 3/),
    );
    await device.write(0, 3);
  });

  test("without a template is refused", async () => {
    const { tcp } = await farEnd();
    const { device } = oneDevice(tcp, asked, [{ field: 0 }]);
    await expect(device.write(0, 1)).rejects.toEqual(fault("WRITE_REFUSED", /can only be read/));
  });
});
