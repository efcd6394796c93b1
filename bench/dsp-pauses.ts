// How long garbage collection stops the meter's main thread while eight accelerometers of 25.6 kHz
// are read and diagnosed: the real meter process, fed over a socket at the rate of the samples.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { METER_NODE_OPTIONS } from "../firmware/run/run-process.ts";
import { goFirst } from "../hil-tests/pty/priority.ts";
import type { MeterState } from "../protocols/stream/frames.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { damagedBearing, RATE, SPEED_HZ } from "./dsp-signal.ts";
import type { Pause } from "./gc-observer-program.ts";
import { figure, type Measurement } from "./harness.ts";

const ROOT = join(import.meta.dirname, "..");
const PROGRAM = join(ROOT, "firmware", "main.ts");
const OBSERVER = join(import.meta.dirname, "gc-observer-program.ts");
const CHANNELS = 8;
/** Raw counts per m/s². */
const COUNTS = 1_000;
const FEED_EVERY_MS = 20;
/** While programs are compiled and first windows come. */
const SETTLING_MS = 15_000;
/** Four conclusions of each channel. */
const MEASURED_MS = 40_000;
const CONNECT_MS_MAX = 30_000;
const ASK_MS_MAX = 30_000;
const END_MS_MAX = 20_000;
const PAUSE_MS_MAX = 5;

function machineFile(port: number): string {
  const device = `source: { tcp: "127.0.0.1:${port}" }, channels: ${CHANNELS}, rate: ${RATE}`;
  const wave = `device: front, rate: ${RATE}, unit: "m/s2", scale: ${1 / COUNTS}`;
  const bearings = 'bearings: { end: "n=9,d=7.94,D=39.04,angle=0" }';
  const severity = "severity: { velocityRms: [1.4, 2.8, 4.5] }";
  const diagnose = `diagnose: { rpm: ${SPEED_HZ * 60}, ${severity}, ${bearings} }`;
  const waveforms = Array.from(
    { length: CHANNELS },
    (_, channel) => `  a${channel}: { ${wave}, channel: ${channel}, ${diagnose} }`,
  );
  return [
    "telltale: 1",
    "machine: { maker: bench, model: pauses, serialNumber: '1' }",
    "buses: { b: { driver: waveform } }",
    `devices: { front: { bus: b, ${device} } }`,
    "waveforms:",
    ...waveforms,
    "usage: { WORKING: { signal: a0Rms, above: 0.5, hysteresis: 0.1 } }",
    "",
  ].join("\n");
}

/** Frames of all channels, each some seconds behind its neighbour, over and over. */
function interleaved(): Buffer {
  const windows = damagedBearing(CHANNELS);
  const frames = new Int16Array(CHANNELS * CHANNELS * RATE);
  for (let second = 0; second < CHANNELS; second++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const window = windows[(second + channel) % CHANNELS]!;
      for (let index = 0; index < RATE; index++) {
        frames[(second * RATE + index) * CHANNELS + channel] = Math.round(COUNTS * window[index]!);
      }
    }
  }
  return Buffer.from(frames.buffer);
}

/** Sends what is due until it is stopped. */
function feed(socket: Socket, frames: Buffer): () => void {
  const bytesPerMs = (CHANNELS * RATE * Int16Array.BYTES_PER_ELEMENT) / 1_000;
  const frameBytes = CHANNELS * Int16Array.BYTES_PER_ELEMENT;
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * bytesPerMs) / frameBytes);
    while (sent < due * frameBytes) {
      const from = sent % frames.length;
      const count = Math.min(due * frameBytes - sent, frames.length - from);
      socket.write(frames.subarray(from, from + count));
      sent += count;
    }
  }, FEED_EVERY_MS);
  return () => clearInterval(timer);
}

/** Every channel has to be heard and diagnosed, or the pauses are those of an idle meter. */
function complaint(data: string): string | null {
  const args = [PROGRAM, "status", "--data", data, "--json"];
  const text = execFileSync(process.execPath, args, { encoding: "utf8", timeout: ASK_MS_MAX });
  const { values } = JSON.parse(text) as MeterState;
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (const feature of ["Rms", "VelocityRms"]) {
      const name = `a${channel}${feature}`;
      const value = values[name];
      if (value?.value == null) return `${name} has no value: ${JSON.stringify(value)}`;
    }
  }
  return null;
}

export async function* pauseLines(): AsyncIterable<Measurement> {
  using scratch = scratchDirectory();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const file = join(scratch.path, "machine.yaml");
  writeFileSync(file, machineFile((server.address() as AddressInfo).port));
  const data = join(scratch.path, "data");
  const pausesFile = join(scratch.path, "pauses.json");
  const args = [...METER_NODE_OPTIONS, "--import", OBSERVER, PROGRAM, "meter", file];
  const connected = once(server, "connection", { signal: AbortSignal.timeout(CONNECT_MS_MAX) });
  const meter = spawn(process.execPath, [...args, "--data", data], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TELLTALE_PAUSES_FILE: pausesFile },
  });
  // On a busy machine a pause would else be as long as somebody else's turn.
  goFirst(meter.pid!);
  let said = "";
  meter.stderr.on("data", (text: Buffer) => {
    said = (said + text.toString()).slice(-10_000);
  });
  const ended = once(meter, "exit");
  try {
    const [socket] = (await Promise.race([connected, ended.then(() => [null])])) as [Socket | null];
    if (socket === null) throw new Error(`the meter ended: ${said}`);
    // A meter that ends resets the connection; that it ended is told by its exit.
    socket.on("error", () => undefined);
    const stopFeeding = feed(socket, interleaved());
    await sleep(SETTLING_MS + MEASURED_MS);
    const wrong = complaint(data);
    if (wrong !== null) throw new Error(`${wrong}; the meter said: ${said}`);
    stopFeeding();
  } finally {
    meter.kill("SIGTERM");
    const force = setTimeout(() => meter.kill("SIGKILL"), END_MS_MAX);
    await ended;
    clearTimeout(force);
    server.close();
  }
  const pauses = JSON.parse(readFileSync(pausesFile, "utf8")) as readonly Pause[];
  const counted = pauses.filter(({ atMs }) => atMs > SETTLING_MS);
  if (counted.length === 0) throw new Error("no collection was observed");
  yield figure({
    line: `longest garbage collection of the meter's main thread, ${CHANNELS} channels diagnosed`,
    unit: "ms",
    better: "lower",
    goal: PAUSE_MS_MAX,
    ours: Math.max(...counted.map(({ durationMs }) => durationMs)),
  });
}
