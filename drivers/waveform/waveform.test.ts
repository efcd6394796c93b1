import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { createRing, RingReader } from "../../runtime/ring/ring.ts";
import { WaveformIntake } from "../../runtime/ring/waveform-intake.ts";
import { requires, requiresShared } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { listen, pcm16, Rig } from "./test-rig.ts";

const platform = {
  clock: new HostClock({ boot: "boot-1", synchronised: () => false }),
  timers: hostTimers,
};

/** A device with these settings; it is closed when the test has ended. */
function rigOf(settings: Readonly<Record<string, unknown>>, channels?: readonly number[]): Rig {
  const rig = new Rig(platform, settings, channels);
  onTestFinished(rig.close);
  return rig;
}

/** Where a server listens that treats each connection like this, until the test has ended. */
async function serve(connection: (socket: Socket) => unknown): Promise<string> {
  const { address, close } = await listen(connection);
  onTestFinished(close);
  return address;
}

const fault = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** Sends in pieces of these sizes, over and over, each a write of its own. */
async function sendInPieces(socket: Socket, bytes: Buffer, sizes: readonly number[]) {
  let from = 0;
  for (let piece = 0; from < bytes.length; piece++) {
    const size = sizes[piece % sizes.length]!;
    socket.write(bytes.subarray(from, from + size));
    from += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

describe("over TCP", () => {
  test.each([[[1]], [[3]], [[7]], [[1, 3, 7, 500]]])(
    "pieces of %j bytes arrive exact",
    async (sizes) => {
      const { bytes, samples } = pcm16(1_000);
      const tcp = await serve((socket) => sendInPieces(socket, bytes, sizes));
      const rig = rigOf({ source: { tcp } });
      await rig.start();
      expect(await rig.lostFault()).toEqual(
        fault("SOURCE_ENDED", /^Device accelerometer \(tcp .*ended: the other side/),
      );
      expect(rig.samples[0]).toEqual(samples);
      expect(rig.gaps).toEqual([]);
    },
  );

  test("each point gets its own channel of the frame", async () => {
    const { bytes, samples } = pcm16(999);
    const tcp = await serve((socket) => sendInPieces(socket, bytes, [7]));
    const rig = rigOf({ source: { tcp }, channels: 3 }, [2, 0]);
    await rig.start();
    await rig.lostFault();
    expect(rig.samples[0]).toEqual(samples.filter((_, index) => index % 3 === 2));
    expect(rig.samples[1]).toEqual(samples.filter((_, index) => index % 3 === 0));
  });

  test("half a frame at the end is no sample, and the fault says so", async () => {
    const tcp = await serve((socket) => socket.end(pcm16(5).bytes.subarray(0, 9)));
    const rig = rigOf({ source: { tcp } });
    await rig.start();
    expect(await rig.lostFault()).toEqual(
      fault("SOURCE_ENDED", /in the middle of a frame; 1 bytes/),
    );
    expect(rig.samples[0]).toEqual(pcm16(4).samples);
  });

  test("after a loss it starts again at a frame's beginning, behind a gap", async () => {
    const { bytes, samples } = pcm16(4);
    const tcp = await serve((socket) => socket.end(bytes.subarray(0, 7)));
    const rig = rigOf({ source: { tcp } });
    for (let run = 1; run <= 3; run++) {
      await rig.start();
      await rig.until(() => rig.faults.length === run);
      expect(rig.gaps).toHaveLength(run - 1);
    }
    const whole = samples.slice(0, 3);
    expect(rig.samples[0]).toEqual([...whole, ...whole, ...whole]);
  });

  test("a connection that breaks off is lost with the reason", async () => {
    const tcp = await serve((socket) => {
      socket.write(pcm16(10).bytes, () => setImmediate(() => socket.resetAndDestroy()));
    });
    const rig = rigOf({ source: { tcp } });
    await rig.start();
    expect(await rig.lostFault()).toEqual(fault("BUS_CLOSED", /broke off: .*ECONNRESET/));
  });

  test("a source that falls silent is lost, and its connection is closed", async () => {
    const ended = Promise.withResolvers<void>();
    const tcp = await serve((socket) => {
      socket.on("close", () => ended.resolve());
      socket.resume();
      socket.write(pcm16(10).bytes);
    });
    const rig = rigOf({ source: { tcp }, timeout: "100ms" });
    await rig.start();
    expect(await rig.lostFault()).toEqual(fault("BUS_TIMEOUT", /nothing for 100 ms/));
    await ended.promise;
  });

  test("a server that never speaks does not start", async () => {
    const tcp = await serve(() => {});
    const rig = rigOf({ source: { tcp }, timeout: "100ms" });
    await expect(rig.start()).rejects.toEqual(fault("BUS_TIMEOUT", /nothing for 100 ms/));
    expect(rig.faults).toEqual([]);
  });

  test("a server that closes at once does not start", async () => {
    const tcp = await serve((socket) => socket.end());
    const rig = rigOf({ source: { tcp } });
    await expect(rig.start()).rejects.toEqual(fault("SOURCE_ENDED", /ended: the other side/));
    expect(rig.faults).toEqual([]);
  });

  test("a port where nobody listens is unreachable, and can be tried again", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const rig = rigOf({ source: { tcp: `127.0.0.1:${port}` } });
    await expect(rig.start()).rejects.toEqual(fault("BUS_UNREACHABLE", /ECONNREFUSED/));
    await expect(rig.start()).rejects.toEqual(fault("BUS_UNREACHABLE", /ECONNREFUSED/));
  });

  test("closing ends a start that waits, and nothing comes afterwards", async () => {
    const tcp = await serve(() => {});
    const rig = rigOf({ source: { tcp } });
    const starting = expect(rig.start()).rejects.toEqual(fault("BUS_CLOSED", /being closed/));
    await rig.close();
    await starting;
    await expect(rig.start()).rejects.toEqual(fault("BUS_CLOSED", /being closed/));
    expect(rig.faults).toEqual([]);
  });

  test("a flood is held back at its source and arrives whole", async () => {
    const { bytes, samples } = pcm16(30_000);
    const rounds = 200;
    const tcp = await serve(async (socket) => {
      for (let round = 0; round < rounds; round++) {
        if (!socket.write(bytes)) await once(socket, "drain");
      }
      socket.end();
    });
    const rig = rigOf({ source: { tcp } });
    let count = 0;
    let wrong = 0;
    rig.onBlock = (_, block, size) => {
      rig.samples[0]!.length = 0;
      for (let index = 0; index < size; index++) {
        if (block[index] !== samples[(count + index) % samples.length]) wrong++;
      }
      count += size;
    };
    await rig.start();
    await rig.lostFault();
    expect({ count, wrong }).toEqual({ count: rounds * samples.length, wrong: 0 });
  });
});

describe("from a file", () => {
  test("a recording is read once, whole, and then it is at its end", async () => {
    using scratch = scratchDirectory();
    const { bytes, samples } = pcm16(30_000);
    const file = scratch.at("recording.s16");
    writeFileSync(file, bytes);
    const rig = rigOf({ source: { file } });
    await rig.start();
    expect(await rig.lostFault()).toEqual(fault("SOURCE_ENDED", /the file is at its end/));
    expect(rig.samples[0]).toEqual(samples);
  });

  test("one that is missing is unreachable; one that is no file is a wrong setting", async () => {
    using scratch = scratchDirectory();
    const missing = rigOf({ source: { file: scratch.at("none") } });
    await expect(missing.start()).rejects.toEqual(fault("BUS_UNREACHABLE", /ENOENT/));
    const folder = rigOf({ source: { file: scratch.path } });
    await expect(folder.start()).rejects.toEqual(fault("SETTING_INVALID", /not a regular file/));
  });

  test("one that is empty does not start", async () => {
    using scratch = scratchDirectory();
    writeFileSync(scratch.at("empty"), "");
    const rig = rigOf({ source: { file: scratch.at("empty") } });
    await expect(rig.start()).rejects.toEqual(fault("SOURCE_ENDED", /the file is at its end/));
  });
});

describe("from a named pipe", () => {
  test("it waits for a writer, reads to its end, and waits again", async (context) => {
    const mkfifo = requires(context, "mkfifo");
    using scratch = scratchDirectory();
    const fifo = scratch.at("pipe");
    execFileSync(mkfifo, [fifo]);
    const { bytes, samples } = pcm16(40_000);
    const rig = rigOf({ source: { fifo } });
    for (let run = 1; run <= 2; run++) {
      const starting = rig.start();
      createWriteStream(fifo).end(bytes);
      await starting;
      await rig.until(() => rig.faults.length === run);
      expect(rig.faults.at(-1)).toEqual(fault("SOURCE_ENDED", /its last writer closed it/));
    }
    expect(rig.samples[0]).toEqual([...samples, ...samples]);
    expect(rig.gaps).toEqual([0]);
  });

  test("without a writer it does not start, and keeps nothing open", async (context) => {
    const mkfifo = requires(context, "mkfifo");
    using scratch = scratchDirectory();
    const fifo = scratch.at("pipe");
    execFileSync(mkfifo, [fifo]);
    const rig = rigOf({ source: { fifo }, timeout: "100ms" });
    await expect(rig.start()).rejects.toEqual(fault("BUS_TIMEOUT", /nothing for 100 ms/));
    await rig.close();
    const open = readdirSync("/proc/self/fd").map(linkOf);
    expect(open).not.toContain(fifo);
  });

  test("a file in its place is a wrong setting", async () => {
    using scratch = scratchDirectory();
    writeFileSync(scratch.at("file"), "");
    const rig = rigOf({ source: { fifo: scratch.at("file") } });
    await expect(rig.start()).rejects.toEqual(fault("SETTING_INVALID", /not a named pipe/));
  });
});

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // The one that listed the folder is closed by now.
    return "";
  }
}

test("a channel that the frame does not have is a wrong setting", async () => {
  const rig = rigOf({ source: { file: "x" }, channels: 2 }, [0, 2]);
  await expect(rig.start()).rejects.toEqual(fault("SETTING_INVALID", /^point1: .* no channel 2/));
});

test("a waveform takes no writes", async () => {
  const rig = rigOf({ source: { file: "x" } });
  await expect(rig.device.write(0, 1)).rejects.toEqual(fault("WRITE_REFUSED", /takes no values/));
});

test("a CWRU recording over TCP arrives sample-exact in the ring", async (context) => {
  const bytes = readFileSync(requiresShared(context, "data/cwru/f32/105_DE.f32"));
  const count = bytes.length / 4;
  const tcp = await serve((socket) => sendInPieces(socket, bytes, [4_097, 1, 1_447, 30_001]));
  const rig = rigOf({ source: { tcp }, format: "f32le" });
  const windows: number[] = [];
  const ring = createRing(2 ** Math.ceil(Math.log2(count)));
  const intake = new WaveformIntake({
    ring,
    scale: 1,
    rate: 12_000,
    windowSamples: 12_000,
    windowComplete: (endPosition) => windows.push(endPosition),
  });
  rig.onBlock = (_, samples, size, at) => intake.block(samples, size, at);
  await rig.start();
  await rig.lostFault();
  const inRing = new Float32Array(count);
  expect(ring.written).toBe(count);
  expect(new RingReader(ring.buffer).copyEndingAt(count, count, inRing)).toBe(true);
  expect(Buffer.from(inRing.buffer).equals(bytes)).toBe(true);
  expect(windows).toHaveLength(Math.floor(count / 12_000));
});
