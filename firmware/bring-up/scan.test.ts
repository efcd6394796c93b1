// Scanning a bus: settings from a file and from words, and what is printed for pasting.

import { expect, test } from "vitest";
import { defineDriver, type Found, type ScanContext } from "../../drivers/driver.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { busOfText, busOfWords } from "../machine-file/one-bus.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { snippetOf } from "./found-snippet.ts";
import { scanBus } from "./scan-bus.ts";

const driver = defineDriver({
  name: "played",
  summary: "played",
  bus: schema.strictObject({
    host: schema.string(),
    port: schema.int().max(65_535).default(502),
    line: schema.strictObject({ baudRate: schema.int() }).optional(),
  }),
  device: schema.strictObject({ unitId: schema.int().default(1) }),
  point: schema.strictObject({ pin: schema.string().optional() }),
  create: () => ({ devices: [], close: async () => undefined }),
});

test("settings of words are YAML scalars, also below a key", () => {
  const bus = busOfWords("played", ["host=192.0.2.1", "port=10", "line.baudRate=9600"], [driver]);
  expect(bus).toMatchObject({
    settings: { host: "192.0.2.1", port: 10, line: { baudRate: 9_600 } },
  });
});

test.each([
  { words: ["host"], says: '"host" is not key=value' },
  { words: [], says: "host: is missing" },
  { words: ["host=a", "prt=1"], says: 'prt: unknown key "prt"; did you mean "port"?' },
  { words: ["host=a", "port=many"], says: "port: must be a number" },
  { words: ["host=a", "port={"], says: "port: the value is no YAML" },
  { words: ["host=a", "port=*x"], says: "port: the value is no YAML" },
])("$words is refused with $says", ({ words, says }) => {
  const bus = busOfWords("played", words, [driver]);
  const messages = "problems" in bus ? bus.problems.map(({ message }) => message) : [];
  expect(messages.some((message) => message.startsWith(says))).toBe(true);
});

test("what is wrong with the bus as a whole is told without a place that nobody wrote", () => {
  const bus = schema.strictObject({ host: schema.string().optional() });
  const either = { ...driver, bus: bus.refine(({ host }) => host !== undefined, "needs a host") };
  expect(busOfWords("played", [], [either])).toMatchObject({
    problems: [{ message: "needs a host" }],
  });
});

const FILE = `
telltale: 1
buses: { plant: { driver: played, host: a }, broken: { driver: played } }
signals: { of: nothing }
`;

test("a bus of a file is read though the rest of the file is wrong", () => {
  expect(busOfText(FILE, "m.yaml", "plant", [driver])).toMatchObject({ settings: { host: "a" } });
});

test("a bus that is not there, or not right, says so with its line", () => {
  const missing = busOfText(FILE, "m.yaml", "plan", [driver]);
  expect(missing).toMatchObject({
    problems: [{ message: expect.stringContaining('did you mean "plant"?') }],
  });
  const broken = busOfText(FILE, "m.yaml", "broken", [driver]);
  expect(broken).toMatchObject({ problems: [{ line: 3, path: "buses.broken.host" }] });
});

test("what was found can be pasted into a file and checks there", () => {
  const snippet = snippetOf(driver, "plant", [
    { where: "unit 3", what: "answers\nfunction 3: # no: comment", settings: { unitId: 3 } },
    { where: "GPIO17", what: "an input", settings: { pin: "GPIO17", unit: "V" } },
    { where: "unit 9", what: "no idea", settings: {} },
    { where: "unit 3", what: "again", settings: { unitId: 3, every: "2s" } },
    { where: "/", what: "a line", settings: { host: "b" } },
  ]);
  expect(snippet).toBe(`buses:
  # /: a line
  found: { driver: played, host: b }
devices:
  # unit 3: answers function 3: # no: comment
  unit3: { bus: plant, unitId: 3 }
  # unit 3: again
  unit3b2: { bus: plant, unitId: 3, every: 2s }
signals:
  # GPIO17: an input
  gpio17: { device: NAME, pin: GPIO17, unit: V }
`);
  const file = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
${snippet.replace("found: {", "plant: {").replace("device: NAME", "device: unit3")}`;
  expect(parseMachineFile(file, "m.yaml", [driver])).toHaveProperty("machine");
});

const found = (unitId: number): Found => ({
  where: `unit ${unitId}`,
  what: "answers",
  settings: { unitId },
});

function scanning(scan: (context: ScanContext<unknown>) => AsyncIterable<Found>) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const told: string[] = [];
  const result = scanBus({
    driver: { ...driver, scan },
    settings: { host: "a" },
    clock,
    timers: clock,
    log: silentLog,
    stop: stop.signal,
    progress: (text) => void told.push(`(${text})`),
    onFound: ({ where }) => void told.push(where),
  });
  return { clock, stop, told, result };
}

test("what is found is told as it comes, with what is being tried", async () => {
  const { told, result } = scanning(async function* ({ progress, settings }) {
    progress(JSON.stringify(settings));
    yield found(3);
    progress("unit 4");
    yield found(5);
  });
  expect(await result).toHaveLength(2);
  expect(told).toEqual(['({"host":"a"})', "unit 3", "(unit 4)", "unit 5"]);
});

test("a scan that is stopped ends, and keeps what it found", async () => {
  const { stop, told, result } = scanning(async function* (context) {
    for (let unit = 1; !context.stop.aborted; unit++) {
      yield found(unit);
      if (unit === 2) stop.abort();
    }
  });
  expect(await result).toHaveLength(2);
  expect(told).toEqual(["unit 1", "unit 2"]);
});

test("a scan that does not hear the stop is left behind", async () => {
  const { clock, stop, result } = scanning(async function* () {
    yield found(1);
    await new Promise(() => undefined);
  });
  await clock.advanceAsync(10, 10);
  stop.abort();
  await clock.advanceAsync(5_000, 500);
  expect(await result).toHaveLength(1);
});

test("a scan of endless noise is cut off, and may put its hardware back", async () => {
  let isClosed = false;
  const { result } = scanning(async function* () {
    try {
      for (let unit = 0; ; unit++) yield found(unit);
    } finally {
      isClosed = true;
    }
  });
  expect(await result).toHaveLength(10_000);
  expect(isClosed).toBe(true);
});

test("a line that cannot be looked at says why", async () => {
  // biome-ignore lint/correctness/useYield: it fails before it finds anything
  const { result } = scanning(async function* () {
    throw new Fault("BUS_BUSY", "somebody has the port", "stop the meter");
  });
  await expect(result).rejects.toThrow("somebody has the port");
});
