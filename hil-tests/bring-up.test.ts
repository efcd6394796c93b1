// Bringing a bus up from the command line, as a person does it: real processes against a real
// Modbus TCP server on loopback.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { deviceWith, exception, type RigServer, serve } from "../drivers/modbus/test-rig.ts";
import type { MeterState, TracedFrame } from "../protocols/stream/frames.ts";
import { Controller, freePort, until } from "./instance.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Unit 1 answers with registers 0 to 9; any other unit says nothing. */
function device(words = [235, 0, 1_500]): Promise<RigServer> {
  const answer = deviceWith({ coils: [], words });
  return serve((request) => (request.unitId === 1 ? answer(request) : undefined));
}

function machine(port: number, more = ""): string {
  return `telltale: 1
machine: { maker: Example, model: Pump, serialNumber: "0001" }
buses:
  plant: { driver: modbus, host: 127.0.0.1, port: ${port} }
devices:
  pump: { bus: plant, unitId: 1, every: 200ms, timeout: 5s, retries: 0 }
signals:
  # of the inlet
  temperature: { device: pump, register: { holding: 0 }, unit: Cel, scale: 0.1 }
  speed: { device: pump, register: { holding: 2 }, unit: "/min", range: [0, 1000] }
${more}`;
}

describe.concurrent("probe", () => {
  test("shows each value with its unit, and why one is not good", async () => {
    await using server = await device();
    await using controller = new Controller();
    controller.write(machine(server.port));
    const { status, out, error } = await controller.command("probe", controller.file);
    expect({ status, error }).toEqual({ status: 1, error: "" });
    expect(out).toMatch(/^plant\/pump {2}incomplete, modbus, \d+ ms$/m);
    expect(out).toMatch(/^ {2}temperature +23\.5 °C$/m);
    expect(out).toMatch(/^ {2}speed +— {2}out-of-range$/m);
    expect(out).toContain("0 of 1 devices good; 1 of 2 signals good");
  });

  test("ends with status 0 when all is good, and gives JSON", async () => {
    await using server = await device([235, 0, 900]);
    await using controller = new Controller();
    controller.write(machine(server.port));
    const { status, out } = await controller.command("probe", controller.file, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      good: true,
      devices: [{ device: "pump", points: [{ value: 23.5 }, { value: 900 }] }],
      verdicts: [],
    });
  });

  test("a device that is silent between others says what to look at", async () => {
    await using server = await device([1, 1, 1]);
    await using controller = new Controller();
    const other = "  gone: { bus: plant, unitId: 7, timeout: 200ms, retries: 0 }\nsignals:";
    const more = "  lost: { device: gone, register: { holding: 0 } }\n";
    const file = machine(server.port, more).replace("signals:", other);
    controller.write(file);
    const { status, out } = await controller.command("probe", controller.file);
    expect(status).toBe(1);
    expect(out).toContain("[BUS_TIMEOUT]");
    expect(out).toContain("    try: ");
    expect(out).toContain("! plant/gone: the other devices of this bus answer");
  });

  test.each([
    { args: ["FILE", "--bus", "plan"], says: 'no such bus; did you mean "plant"?' },
    { args: ["FILE", "--wait", "long"], says: "--wait long: not a duration" },
  ])("$args is bad input", async ({ args, says }) => {
    await using controller = new Controller();
    controller.write(machine(1));
    const words = args.map((word) => (word === "FILE" ? controller.file : word));
    const { status, error } = await controller.command("probe", ...words);
    expect(error).toContain(says);
    expect(status).toBe(2);
  });
});

test("a trace shows what goes over a wire, and counts go on without it", async () => {
  await using server = await device();
  await using controller = new Controller();
  const httpPort = await freePort();
  controller.write(machine(server.port, `endpoints: { http: { port: ${httpPort} } }\n`));
  const run = controller.run();
  await run.said(`the status page is at http://127.0.0.1:${httpPort}/`);
  const { data } = controller;
  const args = ["trace", "pump", "--for", "800ms", "--json"];
  // Over the gateway, as somebody does who is not at the controller.
  const url = `ws://127.0.0.1:${httpPort}/stream`;
  await until(async () => {
    const { status, out } = await controller.command("status", "--json", "--url", url);
    return status === 0 && (JSON.parse(out) as MeterState).devices[0]?.state === "up";
  }, "the device");
  const remote = await controller.command(...args, "--url", url);
  expect(remote).toMatchObject({ status: 0 });
  const frames = remote.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as TracedFrame);
  const hexOf = (way: TracedFrame["way"]) =>
    frames.filter((frame) => frame.way === way).map(({ hex }) => hex);
  // Unit 1, function 3; of the two answers of each round, whichever is first, one holds 235.
  expect(hexOf("sent")).toContainEqual(expect.stringMatching(/^.{12}0103/));
  expect(hexOf("received")).toContainEqual(expect.stringMatching(/^.{12}0103..00eb/));
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, at) => frames[0]!.seq + at));

  const local = await controller.command("trace", "pump", "--for", "600ms", "--data", data);
  expect(local.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} → +12 {2}([0-9a-f]{2} ){11}[0-9a-f]{2}$/m);
  expect(local.out).toMatch(/ ← +\d+ {2}/);
  const text = await controller.command("status", "--data", data);
  const traffic = /^ {4}\d+ requests, \d+ answers, round trip [\d./]+ ms(?:, \d+ skipped)?$/m;
  expect(text.out).toMatch(traffic);
  expect(text.out.split("\n").every((line) => line.length <= 80)).toBe(true);

  const mistake = await controller.command("trace", "pmp", "--data", data);
  expect(mistake.error).toContain('there is no device "pmp"; did you mean "pump"?');
  expect(mistake.error).toContain("the devices are pump");
  expect(mistake).toMatchObject({ status: 2, out: "" });
  await run.stop();
});

test("a trace shows the faults among the frames", async () => {
  // The register of one signal is refused at each read; the other keeps the device up.
  const answer = deviceWith({ coils: [], words: [235] });
  await using server = await serve((request) =>
    request.address === 2 ? request.socket.write(exception(request, 2)) : answer(request),
  );
  await using controller = new Controller();
  const httpPort = await freePort();
  controller.write(machine(server.port, `endpoints: { http: { port: ${httpPort} } }\n`));
  const run = controller.run();
  await run.said("the status page is at");
  const data = ["--data", controller.data];
  await until(async () => (await controller.command("status", ...data)).status === 0, "the meter");
  const trace = controller.start("trace", "pump", ...data);
  await until(() => / ! {7}BUS_EXCEPTION: Exception 2/.test(trace.out), "a fault in the trace");
  expect(await trace.stop()).toEqual({ status: 0, signal: null });
  expect(trace.out).toMatch(/ → +12 {2}/);
  await run.stop();
});

describe.concurrent("scan", () => {
  test.each([
    { args: ["waveform"], says: "has no scan" },
    { args: ["modbs"], says: 'neither a driver nor a file; did you mean "modbus"?' },
    { args: ["FILE", "--bus", "plan"], says: 'no bus "plan"; did you mean "plant"?' },
    { args: ["modbus", "--set", "prt=1"], says: 'unknown key "prt"; did you mean "port"?' },
  ])("$args is bad input", async ({ args, says }) => {
    await using controller = new Controller();
    controller.write(machine(1));
    const words = args.map((word) => (word === "FILE" ? controller.file : word));
    const { status, error } = await controller.command("scan", ...words);
    expect(error).toContain(says);
    expect(error).not.toContain("should not happen");
    expect(status).toBe(2);
  });
});

describe.concurrent("tags", () => {
  test("an export goes through a table and back, and the old file stays", async () => {
    await using controller = new Controller();
    controller.write(machine(502));
    const { file, scratch } = controller;
    const table = scratch.at("tags.csv");
    const exported = await controller.command("tags", "export", file);
    expect(exported).toMatchObject({ status: 0, error: "" });
    const changed = exported.out.replace("Cel", "K");
    writeFileSync(table, changed);

    const dry = await controller.command("tags", "import", file, table, "--dry-run");
    expect(dry).toMatchObject({ status: 0, error: "" });
    expect(dry.out).toContain("~ temperature  unit: Cel → K");
    expect(dry.out).toContain("0 added, 1 changed, 0 removed; nothing was written");
    expect(readFileSync(file, "utf8")).toBe(machine(502));

    const done = await controller.command("tags", "import", file, table);
    expect(done).toMatchObject({ status: 0, error: "" });
    expect(readFileSync(file, "utf8")).toBe(machine(502).replace("Cel", "K"));
    expect(readFileSync(`${file}.bak`, "utf8")).toBe(machine(502));
    expect(await controller.command("check", file)).toMatchObject({ status: 0 });
  });

  test("a template gives the signals of a device", async () => {
    await using controller = new Controller();
    controller.write(machine(502));
    const { file } = controller;
    const template = ["--template", "siemens-v20", "--device", "pump", "--prefix", "drive"];
    const done = await controller.command("tags", "import", file, ...template);
    expect(done).toMatchObject({ status: 0 });
    expect(done.error).toBe("unverified, compare them with the device: running, fault\n");
    expect(done.out).toContain("9 added, 0 changed, 0 removed");
    const text = readFileSync(file, "utf8");
    expect(text).toContain("register: { holding: 23, type: int16 }");
    expect(await controller.command("check", file)).toMatchObject({ status: 0 });
  });

  test("what is not right is told with its line, and nothing is written", async () => {
    await using controller = new Controller();
    controller.write(machine(502));
    const { file, scratch } = controller;
    const table = scratch.at("tags.csv");
    writeFileSync(table, "name;scale\ntemperature;0,5\n");
    const { status, out, error } = await controller.command("tags", "import", file, table);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(error).toContain("tags.csv:2 temperature: scale:");
    expect(error).toContain("nothing was written");
    expect(readFileSync(file, "utf8")).toBe(machine(502));
  });

  test.each([
    { args: ["--template", "siemens-v20"], says: "--device" },
    { args: ["--template", "v20", "--device", "pump"], says: 'did you mean "siemens-v20"?' },
    { args: ["none.csv"], says: "there is no such file" },
    { args: ["--template", "siemens-v20", "--device", "pmp"], says: 'unknown device "pmp"' },
  ])("tags import FILE $args is bad input", async ({ args, says }) => {
    await using controller = new Controller();
    controller.write(machine(502));
    const { status, error } = await controller.command("tags", "import", controller.file, ...args);
    expect(error).toContain(says);
    expect(status).toBe(2);
    expect(readFileSync(controller.file, "utf8")).toBe(machine(502));
  });
});

test("the templates are listed, and one is shown with its sources", async () => {
  await using controller = new Controller();
  const list = await controller.command("templates");
  expect(list).toMatchObject({ status: 0, error: "" });
  expect(list.out).toMatch(/^eastron-sdm630 +\d+ rows, \d+ verified +Eastron SDM630/m);
  const one = await controller.command("templates", "eastron-sdm630");
  expect(one.out).toMatch(/^source A: /m);
  expect(one.out).toMatch(/^ {2}voltageL1 +input 0 float32 +V +\(A, B, C\)$/m);
});
