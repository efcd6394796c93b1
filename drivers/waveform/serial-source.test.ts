import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { requires, requiresPython } from "../../runtime/testing/requires.ts";
import { PtyLine } from "../shared/pty-rig.ts";
import { Rig } from "./test-rig.ts";

const platform = {
  clock: new HostClock({ boot: "boot-1", synchronised: () => false }),
  timers: hostTimers,
};

/** An independent analog front end: 16-bit samples that count up, with two channels. */
const FRONT_END = `
import serial, struct, sys, time
port = serial.Serial(sys.argv[1], 115200)
value = 0
while True:
    port.write(b"".join(struct.pack("<hh", (value + n) % 30000, -1) for n in range(50)))
    value += 50
    time.sleep(0.01)
`;

test("samples come from a serial port, which is unplugged and comes back", async (context) => {
  const line = new PtyLine(requires(context, "socat"));
  onTestFinished(() => line.dispose());
  const python = requiresPython(context, "serial");
  const source = { serial: { port: line.port, baudRate: 115_200 } };
  const rig = new Rig(platform, { source, channels: 2, timeout: "10s" }, [0, 1]);
  onTestFinished(rig.close);
  await expect(rig.start()).rejects.toMatchObject({
    code: "BUS_UNREACHABLE",
    message: expect.stringMatching(/^Device accelerometer \(serial [^)]*\): there is no /),
  });
  for (let round = 1; round <= 2; round++) {
    await line.plug();
    // Both begin with a whole frame: the program starts after the port is open.
    const started = rig.start();
    const peer = spawn(python, ["-c", FRONT_END, line.far], { stdio: "ignore" });
    onTestFinished(() => void peer.kill());
    await started;
    const before = rig.samples[0]!.length;
    await rig.until(() => rig.samples[0]!.length >= before + 500);
    peer.kill();
    await line.unplug();
    await rig.until(() => rig.faults.length === round);
    expect(rig.faults.at(-1)).toMatchObject({ code: "BUS_CLOSED" });
  }
  const [first, ...others] = rig.samples[0]!.slice(0, 500);
  expect(others).toEqual(others.map((_, index) => first! + index + 1));
  expect(new Set(rig.samples[1])).toEqual(new Set([-1]));
  // Each point has a gap between the two runs.
  expect(rig.gaps).toEqual([0, 1]);
});

/** One that marks its frames, counts in both channels and loses a byte now and then. */
const LOSSY = `
import serial, struct, sys, time
port = serial.Serial(sys.argv[1], 115200)
value = 0
while True:
    piece = b"".join(b"\\xaa\\x55" + struct.pack("<hh", value + n, value + n) for n in range(100))
    value = (value + 100) % 30000
    at = 7 * value % len(piece)
    port.write(piece[:at] + piece[at + 1:] if value % 1000 == 0 else piece)
    time.sleep(0.005)
`;

test("with a marker, no sample is wrong though bytes are lost", async (context) => {
  const line = new PtyLine(requires(context, "socat"));
  onTestFinished(() => line.dispose());
  await line.plug();
  const python = requiresPython(context, "serial");
  const source = { serial: { port: line.port, baudRate: 115_200 } };
  const rig = new Rig(platform, { source, channels: 2, sync: "AA 55", timeout: "10s" }, [0, 1]);
  onTestFinished(rig.close);
  const started = rig.start();
  const peer = spawn(python, ["-c", LOSSY, line.far], { stdio: "ignore" });
  onTestFinished(() => void peer.kill());
  await started;
  await rig.until(() => rig.samples[1]!.length >= 5_000);
  const [one, other] = rig.samples as [number[], number[]];
  expect(one.slice(0, other.length)).toEqual(other);
  const jumps = one.filter(
    (value, index) => index > 0 && (value - one[index - 1]! + 30_000) % 30_000 !== 1,
  );
  // Each lost byte costs a frame or two, and each hole has its gap in both channels.
  expect(jumps.length).toBeGreaterThan(2);
  expect(rig.gaps.length).toBeGreaterThanOrEqual(2 * jumps.length);
});
