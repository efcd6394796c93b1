import { afterEach, describe, expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { codeOf } from "../shared/test-rig.ts";
import { rtu } from "./framing.ts";
import {
  Bench,
  type DeviceUnderTest,
  type FrameRequest,
  registersPdu,
  serveFrames,
  TIMEOUT_MS,
} from "./test-rig.ts";

const bench = new Bench(new HostClock({ boot: "test", synchronised: () => true }), hostTimers);
afterEach(() => bench.close());

const pause = (delayMs: number) => sleep(hostTimers, delayMs);
const answer = (request: FrameRequest) => request.send(registersPdu(request, (at) => at));

function open(port: number, settings: object, ...devices: DeviceUnderTest[]) {
  const bus = { transport: "rtu-over-tcp", latenessMax: "20ms", port, ...settings };
  return bench.open(bus, devices);
}

const misbehaviours: readonly [string, string, RegExp, (request: FrameRequest) => unknown][] = [
  ["says nothing", "BUS_TIMEOUT", /did not answer within 300 ms\.$/, () => {}],
  [
    "breaks off",
    "BUS_TIMEOUT",
    /in full: 6 bytes came/,
    (asked) => asked.socket.write(rtu.encode(1, Uint8Array.of(4, 2, 0, 9)).subarray(0, 6)),
  ],
  [
    "is disturbed in its value",
    "BUS_CHECKSUM",
    /7 bytes that fail their check/,
    (asked) =>
      asked.socket.write(
        Uint8Array.from(
          rtu.encode(1, Uint8Array.of(4, 2, 0, 9)).map((byte, at) => (at === 4 ? byte ^ 1 : byte)),
        ),
      ),
  ],
  [
    "is disturbed in its head",
    "BUS_CHECKSUM",
    /7 bytes that fail their check/,
    (asked) =>
      asked.socket.write(
        Uint8Array.from(
          rtu
            .encode(1, Uint8Array.of(4, 2, 0, 9))
            .map((byte, at) => (at === 1 ? byte ^ 0x80 : byte)),
        ),
      ),
  ],
  [
    "has noise before its answer",
    "BUS_CHECKSUM",
    /8 bytes that fail/,
    (asked) =>
      asked.socket.write(Buffer.concat([Buffer.of(0), rtu.encode(1, Uint8Array.of(4, 2, 0, 9))])),
  ],
  [
    "answers as another unit",
    "BUS_WRONG_ANSWER",
    /unit 99 answered/,
    (asked) => asked.send([4, 2, 0, 9], 99),
  ],
  [
    "refuses as another unit",
    "BUS_WRONG_ANSWER",
    /unit 99 answered/,
    (asked) => asked.send([0x84, 2], 99),
  ],
  [
    "answers another function",
    "BUS_WRONG_ANSWER",
    /does not answer/,
    (asked) => asked.send([3, 2, 0, 9]),
  ],
  ["answers with less", "BUS_WRONG_ANSWER", /does not answer/, (asked) => asked.send([4, 1, 9])],
  [
    "answers with more",
    "BUS_WRONG_ANSWER",
    /does not answer/,
    (asked) => asked.send([4, 4, 0, 9, 0, 9]),
  ],
  [
    "sends our request back",
    "BUS_WRONG_ANSWER",
    /own request back/,
    (asked) => asked.socket.write(asked.frame),
  ],
  [
    "speaks text",
    "BUS_CHECKSUM",
    /fail their check/,
    (asked) => asked.socket.write("HTTP/1.1 400\r\n"),
  ],
  [
    "floods",
    "BUS_CHECKSUM",
    /fail their check/,
    (asked) => asked.socket.write(Buffer.alloc(100_000, 7)),
  ],
  ["hangs up", "BUS_CLOSED", /was lost/, (asked) => asked.socket.end()],
  ["resets the connection", "BUS_CLOSED", /was lost/, (asked) => asked.socket.resetAndDestroy()],
  ["refuses", "BUS_EXCEPTION", /Exception 2/, (asked) => asked.send([0x84, 2])],
];

describe("a device on a line without transaction ids", () => {
  test.each(misbehaviours)(
    "that %s gives %s, no value, and is read once it behaves",
    async (...row) => {
      const [, code, message, misbehave] = row;
      let isEvil = true;
      await using server = await serveFrames(rtu, (asked) =>
        isEvil ? misbehave(asked) : answer(asked),
      );
      const { read, sink } = open(server.port, {}, { registers: [{ input: 5 }] });
      const fault = await read().catch((error: unknown) => error);
      expect(fault).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(sink.latest().filter((value) => typeof value === "number")).toEqual([]);
      isEvil = false;
      await read();
      expect(sink.latest()).toEqual([5]);
    },
  );

  test("answers byte by byte", async () => {
    await using server = await serveFrames(rtu, async (request) => {
      const pdu = Uint8Array.from(registersPdu(request, (at) => at));
      for (const byte of rtu.encode(request.unitId, pdu)) {
        request.socket.write(Buffer.of(byte));
        await pause(1);
      }
    });
    const { read, sink } = open(server.port, {}, { registers: [{ input: 500 }, { input: 501 }] });
    await read();
    expect(sink.latest()).toEqual([500, 501]);
  });

  test("is read, and its answers are told to its wire", async () => {
    await using server = await serveFrames(rtu, answer);
    const { read, sink, wires } = open(server.port, {}, { registers: [{ input: 7 }] });
    await read();
    expect(sink.latest()).toEqual([7]);
    const frames = wires[0]!.frames.map(
      ({ way, frame }) => `${way} ${Buffer.from(frame).toString("hex")}`,
    );
    expect(frames).toEqual(["sent 010400070001800b", "received 0104020007f8f2"]);
  });
});

describe("an adapter that hears itself", () => {
  test.each([true, false])("is understood where it is declared: %s", async (isDeclared) => {
    await using server = await serveFrames(rtu, (asked) => {
      asked.socket.write(asked.frame);
      answer(asked);
    });
    const { read, sink } = open(server.port, { echo: isDeclared }, { registers: [{ input: 7 }] });
    const code = await codeOf(read());
    expect(code).toBe(isDeclared ? "no fault: null" : "BUS_WRONG_ANSWER");
    expect(sink.latest()).toEqual(isDeclared ? [7] : []);
  });

  test("and is declared in vain is named", async () => {
    await using server = await serveFrames(rtu, answer);
    const { read } = open(server.port, { echo: true }, { registers: [{ input: 7 }] });
    await expect(read()).rejects.toMatchObject({ remedy: expect.stringMatching(/Remove `echo/) });
  });
});

describe("an answer that comes late", () => {
  test("within the declared bound is waited for, and never taken for the next one", async () => {
    await using server = await serveFrames(rtu, async (asked) => {
      if (asked.address === 0) await pause(TIMEOUT_MS + 200);
      answer(asked);
    });
    const { bus, sinks } = open(
      server.port,
      { latenessMax: "400ms" },
      { registers: [{ holding: 0 }] },
      { registers: [{ holding: 60 }] },
    );
    const [slow, fast] = await Promise.all(bus.devices.map((device) => codeOf(device.read!())));
    expect([slow, fast]).toEqual(["BUS_TIMEOUT", "no fault: null"]);
    expect(sinks.map((sink) => sink.latest())).toEqual([[], [60]]);
  });

  test("beyond the bound is seen, and the bus stays quiet for longer from then on", async () => {
    const warnings: string[] = [];
    let isLate = true;
    await using server = await serveFrames(rtu, async (asked) => {
      if (isLate) await pause(TIMEOUT_MS + 900);
      isLate = false;
      answer(asked);
    });
    const log = { warn: (text: string) => warnings.push(text) };
    const { read, bus } = bench.open(
      { transport: "rtu-over-tcp", latenessMax: "10ms", port: server.port },
      [{ registers: [{ holding: 0 }] }, { registers: [{ input: 1 }] }],
      { log },
    );
    expect(await codeOf(read())).toBe("BUS_TIMEOUT");
    await expect.poll(() => warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/later than latenessMax/);
    expect(await codeOf(bus.devices[1]!.read!())).toBe("no fault: null");
  });
});

describe("unit 0", () => {
  test("is everybody: written without an answer, and never read", async () => {
    await using server = await serveFrames(rtu, () => {});
    const device = { settings: { unitId: 0 }, registers: [{ holding: 0 }] };
    const { read, write } = open(server.port, {}, device);
    await write(0, 7);
    expect(server.requests.map(({ pdu }) => pdu.toString("hex"))).toEqual(["0600000007"]);
    expect(await codeOf(read())).toBe("SETTING_INVALID");
  });
});
