import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adoptMachineFile, LAST_GOOD_NAME, sha256Of } from "./adopt.ts";
import { standInDrivers } from "./stand-in-drivers.ts";

const GOOD = `telltale: 1
# Größe
machine: { maker: a, model: b, serialNumber: "1" }
buses: { line: { driver: modbus, host: h } }
devices: { pump: { bus: line } }
signals: { flow: { device: pump, register: { input: 0 } } }
`;
const BAD = GOOD.replace("bus: line", "bus: lime");
const UNKNOWN_BUS = '5:25 devices.pump.bus: unknown bus "lime"; did you mean "line"?';

let scratch: string;
let file: string;
let dataDirectory: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "telltale-"));
  file = join(scratch, "given.yaml");
  dataDirectory = join(scratch, "data");
});
afterEach(() => rmSync(scratch, { recursive: true }));

const adopt = (drivers = standInDrivers) => adoptMachineFile({ file, dataDirectory, drivers });
const lastGood = () => join(dataDirectory, LAST_GOOD_NAME);

test("a good file is in force, and kept byte for byte in the data directory", () => {
  const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(GOOD)]);
  writeFileSync(file, bytes);
  const { machine, status } = adopt();
  expect(machine?.signals[0]?.name).toBe("flow");
  expect(status).toEqual({ file, inForce: "given", problems: [], sha256: sha256Of(bytes) });
  expect(readFileSync(lastGood())).toEqual(bytes);
});

test("a bad file leaves the last good one in force, with all that is wrong", () => {
  writeFileSync(file, GOOD);
  adopt();
  writeFileSync(file, BAD);
  const { machine, status } = adopt();
  expect(machine?.signals[0]?.name).toBe("flow");
  expect(status).toEqual({
    file,
    inForce: "last-good",
    problems: [`${file}:${UNKNOWN_BUS}`],
    sha256: sha256Of(Buffer.from(GOOD)),
  });
  expect(readFileSync(lastGood(), "utf8")).toBe(GOOD);
});

test("a missing file leaves the last good one in force", () => {
  writeFileSync(file, GOOD);
  adopt();
  rmSync(file);
  const { machine, status } = adopt();
  expect(machine).not.toBeNull();
  expect(status.inForce).toBe("last-good");
  expect(status.problems[0]).toContain("there is no such file");
});

test("a bad file without a last good one leaves none in force", () => {
  writeFileSync(file, BAD);
  const { machine, status } = adopt();
  expect(machine).toBeNull();
  const problems = [`${file}:${UNKNOWN_BUS}`];
  expect(status).toEqual({ file, inForce: "none", problems, sha256: null });
});

test("a last good file that an upgrade no longer accepts is named beside the given one", () => {
  writeFileSync(file, GOOD);
  adopt();
  writeFileSync(file, BAD);
  const { machine, status } = adopt(standInDrivers.filter((driver) => driver.name !== "modbus"));
  expect(machine).toBeNull();
  expect(status.inForce).toBe("none");
  expect(status.problems).toHaveLength(3);
  expect(status.problems[0]).toContain(`${file}:4:`);
  expect(status.problems[2]).toContain(`${lastGood()}:4:`);
});

test("a good file replaces an older last good one", () => {
  writeFileSync(file, GOOD);
  adopt();
  const newer = GOOD.replace("flow:", "inflow:");
  writeFileSync(file, newer);
  adopt();
  expect(readFileSync(lastGood(), "utf8")).toBe(newer);
});

test("the last good file may be the given one", () => {
  mkdirSync(dataDirectory);
  writeFileSync(lastGood(), GOOD);
  const request = { file: lastGood(), dataDirectory, drivers: standInDrivers };
  expect(adoptMachineFile(request).status.inForce).toBe("given");
  writeFileSync(lastGood(), BAD);
  const { status } = adoptMachineFile(request);
  expect(status.inForce).toBe("none");
  expect(status.problems).toHaveLength(1);
});

test("a good file is in force although it cannot be kept, and that is said", () => {
  writeFileSync(file, GOOD);
  writeFileSync(dataDirectory, "a file where the directory should be");
  const { machine, status } = adopt();
  expect(machine).not.toBeNull();
  expect(status.inForce).toBe("given");
  expect(status.problems[0]).toContain("could not be kept");
});

const NAMES_KNOWLEDGE = `${GOOD}knowledge: maker.yaml\n`;
const KNOWLEDGE = "knowledge: 1\nparts: { driveEnd: 6205-2Z }\n";

test("the maker's knowledge is kept with the file, and in force with it", () => {
  writeFileSync(file, NAMES_KNOWLEDGE);
  writeFileSync(join(scratch, "maker.yaml"), KNOWLEDGE);
  expect(adopt().machine?.knowledge.parts).toEqual({ driveEnd: "6205-2Z" });
  writeFileSync(join(scratch, "maker.yaml"), "knowledge: 2");
  const { machine, status } = adopt();
  expect(machine?.knowledge.parts).toEqual({ driveEnd: "6205-2Z" });
  expect(status.inForce).toBe("last-good");
  expect(status.problems[0]).toContain("maker.yaml:1:12 knowledge: must be 1");
});

test("hours do not wait for texts: without the kept knowledge the last good file holds", () => {
  writeFileSync(file, NAMES_KNOWLEDGE);
  writeFileSync(join(scratch, "maker.yaml"), KNOWLEDGE);
  adopt();
  rmSync(join(dataDirectory, "knowledge.yaml"));
  rmSync(file);
  const { machine, status } = adopt();
  expect(status.inForce).toBe("last-good");
  expect(machine?.signals[0]?.name).toBe("flow");
  expect(machine?.knowledge.parts).toEqual({});
});
