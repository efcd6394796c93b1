import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Fault } from "../../../runtime/signal/fault.ts";
import { requires } from "../../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../../runtime/testing/scratch-directory.ts";
import { BLOCK_SAMPLES, openRecording, type RecordingOptions } from "./recording.ts";
import { wavBytes } from "./test-rig.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

const GIVEN: RecordingOptions = { rate: 1_000, scale: 1 };

async function readAll(file: string, options: Partial<RecordingOptions> = {}) {
  const recording = openRecording(file, { ...GIVEN, ...options });
  try {
    const samples: number[] = [];
    for await (const block of recording.blocks()) {
      samples.push(...block.samples.subarray(0, block.count));
    }
    return { samples, recording };
  } finally {
    recording.close();
  }
}

async function faultOf(reading: Promise<unknown>): Promise<Fault> {
  const outcome = await reading.catch((error: unknown) => error);
  if (!(outcome instanceof Fault)) throw new Error(`no fault, but ${String(outcome)}`);
  return outcome;
}

describe("the samples of", () => {
  test("f32, over several blocks", async () => {
    const samples = Float32Array.from({ length: 2 * BLOCK_SAMPLES + 7 }, (_, index) => index / 8);
    writeFileSync(scratch.at("a.f32"), samples);
    const { samples: read, recording } = await readAll(scratch.at("a.f32"));
    expect(read).toEqual([...samples]);
    expect(recording).toMatchObject({ format: "f32", rate: 1_000, fullScale: null });
    expect(recording.done()).toBe(1);
  });

  test("i16, scaled; its end is its full scale", async () => {
    writeFileSync(scratch.at("a.i16"), Int16Array.of(-32_768, -1, 0, 2, 32_767));
    const { samples, recording } = await readAll(scratch.at("a.i16"), { scale: 0.5 });
    expect(samples).toEqual([-16_384, -0.5, 0, 1, 16_383.5]);
    expect(recording.fullScale).toBe(16_384);
  });

  test("one of two interleaved channels", async () => {
    writeFileSync(scratch.at("two.f32"), Float32Array.of(1, 10, 2, 20, 3, 30));
    expect((await readAll(scratch.at("two.f32"), { channel: "2/2" })).samples).toEqual([
      10, 20, 30,
    ]);
  });

  const wavs = [
    { format: "s16le", values: [-1, -0.5, 0, 0.5], scale: 4, expected: [-4, -2, 0, 2] },
    { format: "s24le", values: [-1, 0.25], scale: 1, expected: [-1, 0.25] },
    { format: "s32le", values: [-1, 0.125], scale: 2, expected: [-2, 0.25] },
    { format: "f32le", values: [-3, 7.5], scale: 1, expected: [-3, 7.5] },
    { format: "f64le", values: [-3, 7.5], scale: 2, expected: [-6, 15] },
  ] as const;
  test.each(wavs)("WAV with $format: scale is full scale", async (one) => {
    const { format, values, scale, expected } = one;
    writeFileSync(scratch.at("a.wav"), wavBytes({ format, rate: 8_000, frames: values }));
    const { samples, recording } = await readAll(scratch.at("a.wav"), { scale, rate: null });
    expect(samples).toEqual(expected);
    expect(recording).toMatchObject({ rate: 8_000, notes: [] });
  });

  test("the second channel of a WAV file", async () => {
    const frames = [0.5, -0.5, 0.25, -0.25];
    writeFileSync(scratch.at("2.wav"), wavBytes({ format: "s16le", frames, channels: 2 }));
    expect((await readAll(scratch.at("2.wav"), { channel: "2" })).samples).toEqual([-0.5, -0.25]);
  });

  const tables = [
    { name: "one column without a name", text: "1\n2.5\n-3e2\n", expected: [1, 2.5, -300] },
    { name: "a named column", text: "t,x\n0,1\n1,2\n", column: "x", expected: [1, 2] },
    { name: "a column by number", text: "0;4\n1;5\n", column: "2", expected: [4, 5] },
    { name: "a byte order mark and CRLF", text: "\uFEFFx\r\n1\r\n2\r\n", expected: [1, 2] },
    { name: "no last line end", text: "x\n1\n2", expected: [1, 2] },
    {
      name: "what is no number but a sample",
      text: "x\n1\nNaN\n-inf\n",
      expected: [1, Number.NaN, Number.NEGATIVE_INFINITY],
    },
    { name: "only a header", text: "x\n", expected: [] },
    { name: "nothing", text: "", expected: [] },
  ];
  test.each(tables)("CSV with $name", async ({ text, expected, ...rest }) => {
    writeFileSync(scratch.at("a.csv"), text);
    const options = "column" in rest ? { column: rest.column! } : {};
    expect((await readAll(scratch.at("a.csv"), options)).samples).toEqual(expected);
  });

  test("a CSV longer than a chunk, row by row", async () => {
    const values = Array.from({ length: 30_000 }, (_, index) => index % 977);
    writeFileSync(scratch.at("long.csv"), `x\n${values.join("\n")}\n`);
    expect((await readAll(scratch.at("long.csv"))).samples).toEqual(values);
  });
});

describe("a WAV header that lies", () => {
  const frames = [0.5, -0.5, 0.25];
  const file = scratch.at("lies.wav");

  const lies = [
    { name: "promises more than there is", dataLength: 60_000, note: /promises 60000.*has 6/ },
    { name: "says 0, as who streams", dataLength: 0, note: /how long/ },
    { name: "says 4 GB, as who streams", dataLength: 0xffff_ffff, note: /how long/ },
  ];
  test.each(lies)("$name: what is there is read, and said", async ({ dataLength, note }) => {
    writeFileSync(file, wavBytes({ format: "s16le", frames, dataLength }));
    const { samples, recording } = await readAll(file);
    expect(samples).toEqual(frames);
    expect(recording.notes.join()).toMatch(note);
  });

  test("of two channels: the first is taken, and said unless it was asked for", async () => {
    writeFileSync(file, wavBytes({ format: "s16le", channels: 2, frames }));
    const { recording } = await readAll(file);
    expect(recording.notes.join()).toMatch(/first of 2 channels.*--channel/);
    const { recording: chosen } = await readAll(file, { channel: "1" });
    expect(chosen.notes.join()).not.toMatch(/channel/);
  });

  test("of another rate than the one given: the person is believed, and told", async () => {
    writeFileSync(file, wavBytes({ format: "s16le", rate: 44_100, frames }));
    const { recording } = await readAll(file, { rate: 25_600 });
    expect(recording.rate).toBe(25_600);
    expect(recording.notes.join()).toMatch(/header says 44100 Hz/);
  });

  const refused = [
    {
      name: "frames that do not fit their samples",
      change: { frameBytes: 3 },
      says: /contradicts/,
    },
    { name: "8 bits", change: { bits: 8 }, says: /8-bit/ },
    { name: "a compressed kind", change: { tag: 85 }, says: /format 85/ },
    { name: "no channel", change: { channels: 0 }, says: /contradicts/ },
    { name: "rate 0 and none given", change: { rate: 0 }, says: /--rate|samples there are/ },
  ];
  test.each(refused)("$name is refused", async ({ change, says }) => {
    writeFileSync(file, wavBytes({ format: "s16le", frames, ...change }));
    const { code, message } = await faultOf(readAll(file, { rate: null }));
    expect(code).toBe("SETTING_INVALID");
    expect(message).toMatch(says);
  });
});

describe("what cannot be read says why", () => {
  const at = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(scratch.at(name), bytes);
    return scratch.at(name);
  };

  test.each([
    { name: "f32 with two bytes too many", file: at("odd.f32", new Uint8Array(10)), says: /2 are/ },
    { name: "i16 with one byte too many", file: at("odd.i16", new Uint8Array(9)), says: /1 are/ },
    { name: "a name that says nothing", file: at("what.bin", "x"), says: /what it holds/ },
    { name: "a WAV file that is none", file: at("no.wav", "hello, I am text"), says: /begin/ },
    {
      name: "a CSV with a bad cell",
      file: at("b.csv", "x\n1\n2\ntwo\n"),
      says: /line 4, column x/,
    },
    { name: "a CSV with an empty cell", file: at("e.csv", "t,x\n1,2\n3,\n"), says: /line 3/ },
    { name: "a CSV of several columns", file: at("s.csv", "t,x\n1,2\n"), says: /several columns/ },
    { name: "a quote without end", file: at("q.csv", 'x\n1\n"2\n3\n'), says: /no row of a table/ },
    { name: "no such file", file: scratch.at("none.f32"), says: /no such file/ },
  ])("$name", async ({ file, says }) => {
    const options = file.endsWith("e.csv") ? { column: "x" } : {};
    const { code, message, remedy } = await faultOf(readAll(file, options));
    expect(code).toBe("SETTING_INVALID");
    expect(message).toMatch(says);
    expect(remedy).not.toBe("");
  });

  test("a directory, and a pipe that nobody writes", async (context) => {
    mkdirSync(scratch.at("folder.f32"));
    expect((await faultOf(readAll(scratch.at("folder.f32")))).message).toMatch(/directory/);
    execFileSync(requires(context, "mkfifo"), [scratch.at("pipe.f32")]);
    expect((await faultOf(readAll(scratch.at("pipe.f32")))).message).toMatch(/no regular file/);
  });

  test.each(["0", "3/2", "x", "1/0", "-1"])("channel %s", async (channel) => {
    const file = at("ok.f32", new Float32Array(2) as unknown as Uint8Array);
    expect((await faultOf(readAll(file, { channel }))).message).toMatch(/--channel/);
  });
});

test("whatever bytes a file holds, it is read or refused with a Fault", async () => {
  const real = wavBytes({ format: "s16le", frames: [0.1, 0.2, 0.3] });
  const mutated = fc
    .array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => {
      const bytes = Uint8Array.from(real);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated);
  const format = fc.constantFrom("f32", "i16", "wav", "csv");
  await fc.assert(
    fc.asyncProperty(content, format, async (bytes, kind) => {
      writeFileSync(scratch.at("any.bin"), bytes);
      const outcome = await readAll(scratch.at("any.bin"), { format: kind }).then(
        ({ samples }) => samples.length <= bytes.length,
        (error: unknown) => error instanceof Fault && error.code === "SETTING_INVALID",
      );
      expect(outcome).toBe(true);
    }),
    { numRuns: 300 },
  );
});
