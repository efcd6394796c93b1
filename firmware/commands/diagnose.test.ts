import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { requiresShared } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { registerDiagnose } from "./diagnose.ts";
import { runCommand } from "./test-rig.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

const RATE = 12_000;
const RPM = 1_782;
const SECONDS = 8;
const GIVEN = ["--rate", String(RATE), "--rpm", String(RPM), "--bearing", "6205"];

function recorded(name: string, value: (index: number) => number, seconds = SECONDS): string {
  const samples = Float32Array.from({ length: seconds * RATE }, (_, index) => value(index));
  writeFileSync(scratch.at(name), samples);
  return scratch.at(name);
}

const random = new SeededRandom(5);
const noise = () => 0.05 * random.normal();
/** A resonance struck 3.585 times a turn: the outer race of a 6205, with half a percent of slip. */
const struck = (index: number) => {
  const since = (index / RATE) % (1 / (((3.585 * RPM) / 60) * 0.995));
  return noise() + 2 * Math.exp(-900 * since) * Math.sin(2 * Math.PI * 3_300 * since);
};
const OUTER = recorded("outer.f32", struck);

interface Answer {
  readonly verdict: string;
  readonly confidence: number;
  readonly reason: string;
  readonly evidence: readonly { readonly candidate: string }[];
  readonly validity: { usable: boolean; problems: { kind: string; share: number }[] };
  readonly severity: { zone: string | null } | null;
  readonly findings: { id: string }[];
  readonly notes: readonly string[];
  readonly error?: { code: string; message: string };
}

async function diagnosed(...args: readonly string[]): Promise<Answer & { status: number }> {
  const { status, out } = await runCommand([registerDiagnose], ["diagnose", ...args, "--json"]);
  return { status, ...(JSON.parse(out) as Answer) };
}

/** The keys of an object and of all in it; of lists, those of the first entry. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

describe("as JSON", () => {
  test("the verdict, its evidence by candidate, severity, validity and features", async () => {
    const answer = await diagnosed(OUTER, ...GIVEN, "--iso", "group2-rigid");
    expect(answer).toMatchObject({
      status: 0,
      verdict: "outer",
      severity: { zone: "A" },
      validity: { usable: true, problems: [] },
    });
    expect(answer.confidence).toBeGreaterThan(0.5);
    expect(answer.evidence.map(({ candidate }) => candidate)).toEqual([
      "outer",
      "inner",
      "ball",
      "cage",
    ]);
    expect(answer.findings.map(({ id }) => id)).toEqual(["recording.bearing-outer.bearing"]);
  });

  test("has this shape", async () => {
    const { status: _, ...answer } = await diagnosed(OUTER, ...GIVEN, "--iso", "group2-rigid");
    const line = {
      line: "string",
      spectrum: "string",
      expectedHz: "number",
      foundHz: "number",
      db: "number",
      thresholdDb: "number",
    };
    const advice = { cause: ["string"], lookAt: ["string"], do: ["string"], part: "string" };
    const orders = { bpfo: "number", bpfi: "number", bsf: "number", ftf: "number" };
    expect(shapeOf({ ...answer, features: { rms: Object(answer)["features"].rms } })).toEqual({
      file: "string",
      format: "string",
      rate: "number",
      samples: "number",
      seconds: "number",
      unit: "string",
      rpm: "number",
      verdict: "string",
      confidence: "number",
      reason: "string",
      evidence: [
        {
          candidate: "string",
          scoreDb: "number",
          thresholdDb: "number",
          fundamentalHz: "number",
          lines: [line],
        },
      ],
      advice,
      bearing: { designation: "string", source: "string", orders, hz: orders },
      severity: {
        zone: "string",
        value: "number",
        unit: "string",
        limits: {
          name: "string",
          measure: "string",
          boundaries: ["number"],
          source: "string",
          verified: "boolean",
        },
      },
      validity: { usable: "boolean", problems: [] },
      features: {
        rms: { value: "number", least: "number", most: "number", unit: "string", words: "string" },
      },
      findings: [
        {
          id: "string",
          source: "string",
          fault: "string",
          part: "string",
          confidence: "number",
          evidence: {
            operatingState: "string",
            speedRpm: "number",
            load: null,
            zone: "string",
            lines: [line],
            features: [],
            window: {
              waveform: "string",
              at: "number",
              samples: "number",
              rate: "number",
              sha256: null,
            },
          },
          advice,
        },
      ],
      notes: ["string"],
    });
  });
});

test("the same samples as f32, i16 and CSV have the same verdict", async () => {
  const samples = new Float32Array(readFileSync(OUTER).buffer.slice(0));
  writeFileSync(
    scratch.at("outer.i16"),
    Int16Array.from(samples, (sample) => sample * 4_000),
  );
  writeFileSync(scratch.at("outer.csv"), `x\n${samples.join("\n")}\n`);
  for (const args of [[scratch.at("outer.i16"), "--scale", "0.00025"], [scratch.at("outer.csv")]]) {
    expect(await diagnosed(...args, ...GIVEN)).toMatchObject({ verdict: "outer" });
  }
});

describe("nothing can be concluded from", () => {
  const wave = (index: number) => Math.sin(index / 20);
  const cases = [
    { name: "an empty file", file: recorded("empty.f32", noise, 0), kind: "empty" },
    { name: "one sample", file: recorded("one.f32", noise, 1 / RATE), kind: "too-short" },
    { name: "a constant", file: recorded("constant.f32", () => 0.3), kind: "constant" },
    { name: "no numbers", file: recorded("nan.f32", () => Number.NaN), kind: "not-finite" },
    {
      name: "infinities",
      file: recorded("inf.f32", () => Number.POSITIVE_INFINITY),
      kind: "not-finite",
    },
    {
      name: "a clipped signal",
      file: recorded("clipped.f32", (index) => Math.max(-0.6, Math.min(0.6, wave(index)))),
      kind: "clipped",
    },
    {
      name: "a wrong scale",
      file: recorded("scale.f32", (index) => 1e6 * struck(index)),
      kind: "wrong-scale",
    },
  ];
  test.each(cases)("$name: the sensor or the file is named, and no machine", async (one) => {
    const answer = await diagnosed(one.file, ...GIVEN, "--iso", "group2-rigid");
    expect(answer).toMatchObject({ status: 0, verdict: "cannot-tell", confidence: 0 });
    expect(answer.validity.usable).toBe(false);
    expect(answer.validity.problems.map(({ kind }) => kind)).toContain(one.kind);
    expect(answer.severity!.zone).toBeNull();
    expect(answer.findings.filter(({ id }) => !id.includes(".sensor-"))).toEqual([]);
    expect(answer.reason).not.toBe("");
  });
});

describe("of the bearing nothing can be said", () => {
  const cases = [
    { name: "at rest", args: ["--rpm", "0", "--bearing", "6205"], kind: "at-rest" },
    { name: "without a speed", args: ["--bearing", "6205"], kind: "speed-unknown" },
    { name: "without a bearing", args: ["--rpm", "1782"], kind: null },
    {
      name: "with one that is not in the library",
      args: ["--rpm", "1782", "--bearing", "NU1234"],
      kind: "geometry-unknown",
    },
  ];
  test.each(cases)("$name; the rest is still told", async ({ args, kind }) => {
    const answer = await diagnosed(OUTER, "--rate", String(RATE), ...args);
    expect(answer).toMatchObject({ status: 0, verdict: "cannot-tell", confidence: 0 });
    const kinds = answer.validity.problems.map((problem) => problem.kind);
    if (kind !== null) expect(kinds).toContain(kind);
    expect(answer.findings).toEqual([]);
  });

  test("at a rate that is too low for its lines", async () => {
    const answer = await diagnosed(OUTER, "--rate", "400", "--rpm", "1782", "--bearing", "6205");
    expect(answer).toMatchObject({ status: 0, verdict: "cannot-tell" });
    expect(answer.validity.problems[0]!.kind).toBe("wrong-rate");
  });
});

describe("is refused with status 2, as a sentence and as JSON", () => {
  const csv = scratch.at("bad.csv");
  writeFileSync(csv, "t,x\n0,1\n1,broken\n");
  writeFileSync(scratch.at("odd.f32"), new Uint8Array(4_097));
  const cases = [
    { name: "no such file", args: [scratch.at("none.f32"), ...GIVEN], says: /no such file/ },
    { name: "a directory", args: [scratch.path, "--format", "f32", ...GIVEN], says: /directory/ },
    { name: "odd bytes", args: [scratch.at("odd.f32"), ...GIVEN], says: /1 are left over/ },
    {
      name: "a bad cell",
      args: [csv, "--column", "x", ...GIVEN],
      says: /line 3, column x: "broken"/,
    },
    { name: "no rate", args: [OUTER, "--rpm", "1782"], says: /samples there are in a second/ },
    { name: "rate 0", args: [OUTER, "--rate", "0"], says: /--rate 0/ },
    { name: "a speed below 0", args: [OUTER, "--rate", "12000", "--rpm", "-1"], says: /--rpm -1/ },
    { name: "scale 0", args: [OUTER, ...GIVEN, "--scale", "0"], says: /--scale 0/ },
    { name: "an unknown unit", args: [OUTER, ...GIVEN, "--unit", "furlong"], says: /--unit/ },
    {
      name: "a quantity that has no such unit",
      args: [OUTER, ...GIVEN, "--unit", "A", "--quantity", "acceleration"],
      says: /--quantity acceleration does not come in A/,
    },
    { name: "a plot over the recording", args: [OUTER, ...GIVEN, "--plot", OUTER], says: /itself/ },
    { name: "unknown limits", args: [OUTER, ...GIVEN, "--iso", "group9"], says: /group9/ },
    {
      name: "a geometry that cannot be",
      args: [OUTER, "--rate", "12000", "--bearing", "n=9,d=50,D=39"],
      says: /n=9,d=50,D=39/,
    },
  ];
  test.each(cases)("$name", async ({ args, says }) => {
    const answer = await diagnosed(...args);
    expect(answer).toMatchObject({ status: 2, verdict: "cannot-tell", confidence: 0 });
    expect(answer.error).toMatchObject({ code: "SETTING_INVALID" });
    expect(answer.reason).toMatch(says);
    const { out, error } = await runCommand([registerDiagnose], ["diagnose", ...args]);
    expect(out).toBe("");
    expect(error).toMatch(says);
    expect(error).not.toMatch(/\n\s+at /);
  });
});

describe("the current of a motor whose rotor bars are broken", () => {
  const wave = (hz: number, index: number) => Math.sin((2 * Math.PI * hz * index) / RATE);
  /** 2 % of slip at 50 Hz: the sidebands stand 2 Hz beside, 30 dB below. */
  const current = (index: number) =>
    10 * wave(50, index) + 0.3 * (wave(48, index) + wave(52, index)) + 0.1 * noise();
  const args = ["--rate", String(RATE), "--unit", "A", "--pole-pairs", "2", "--rpm", "1470"];

  test("is found where the recording is long enough to tell the sidebands apart", async () => {
    const answer = await diagnosed(recorded("bars.f32", current, 16), ...args);
    expect(answer.findings.map(({ id }) => id)).toEqual(["recording.broken-rotor-bar"]);
    expect(answer.notes).toEqual([]);
  });

  test("is not found in a short one, which says how long it has to be", async () => {
    const answer = await diagnosed(recorded("short.f32", current, 4), ...args);
    expect(answer.findings).toEqual([]);
    expect(answer.notes).toEqual([
      "Rotor bars cannot be judged: at this slip they need windows of 5.3 s.",
    ]);
    expect(Object(answer)["features"].harmonic3.value).not.toBeNull();
  });
});

test("the report says the verdict first, and fits into 80 columns", async () => {
  const args = ["diagnose", OUTER, ...GIVEN, "--iso", "group2-rigid"];
  const { out, status } = await runCommand([registerDiagnose], args);
  const lines = out.split("\n");
  expect(status).toBe(0);
  expect(lines[0]).toMatch(/^Fault on the outer race \(confidence \d+ %\)$/);
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
  // The words of the knowledge file, as an alarm of the meter has them.
  expect(out).toMatch(/What to do: Plan to exchange the bearing;/);
  expect(out).toMatch(/Look at: Grease/);
  expect(out).toMatch(/zone A/);
  // A mark of the outer race stands under the highest bar.
  const marks = lines.find((line) => /^ +C.*O.*I/.test(line))!;
  const bars = lines.filter((line) => /^ +\d+ \|/.test(line)).find((line) => line.includes("#"))!;
  const at = bars.indexOf("#");
  expect(marks.slice(at - 1, at + 2)).toContain("O");
});

test("the plot is one SVG with its lines, whatever the file is called", async () => {
  const file = scratch.at(`a <b> & "c".f32`);
  writeFileSync(file, readFileSync(OUTER));
  const plot = scratch.at("plot.svg");
  await runCommand([registerDiagnose], ["diagnose", file, ...GIVEN, "--plot", plot]);
  const svg = readFileSync(plot, "utf8");
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg).toContain("a &lt;b&gt; &amp; &quot;c&quot;.f32");
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg.match(/class="mark outer strong"/g)).toHaveLength(3);
  expect(svg.match(/class="found"/g)!.length).toBeGreaterThan(0);
});

test("a record of an outer race's fault from the field: outer", async (context) => {
  const folder = requiresShared(context, "data/cwru/f32");
  const args = ["--rate", "12000", "--rpm", "1797", "--bearing", "6205"];
  const answer = await diagnosed(join(folder, "130_DE.f32"), ...args);
  expect(answer.verdict).toBe("outer");
});
