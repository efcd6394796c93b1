// The command line as a person meets it: a real process, its words and its exit status.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "telltale-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

function telltale(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: scratch },
      (_failure, out, error) => resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

const MINIMAL = "telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\n";

describe.concurrent("the command line", () => {
  test("helps, with an example", async () => {
    const { status, out } = await telltale("--help");
    expect(status).toBe(0);
    expect(out).toContain("telltale init machine.yaml && telltale check machine.yaml");
  });

  test.each(["init", "check", "schema"])("%s helps, with an example", async (command) => {
    const { status, out } = await telltale(command, "--help");
    expect(status).toBe(0);
    expect(out).toMatch(/Examples?:\n {2}telltale/);
  });

  test.each([["scan"], ["instruct", "new"], ["witness", "run"], ["witness", "cosign"]])(
    "%s %s says nothing of empty lists",
    async (...command) => {
      const { status, out } = await telltale(...command, "--help");
      expect(status).toBe(0);
      expect(out).toContain("Options:");
      expect(out).not.toContain("[]");
    },
  );

  test.each([
    ["no command", []],
    ["an unknown command", ["chek", "x"]],
    ["an unknown option", ["check", "--jsn", "x"]],
    ["a missing argument", ["check"]],
    ["one argument too many", ["check", "a", "b"]],
    ["an unknown template", ["init", "x.yaml", "--template", "profinet"]],
  ])("%s is bad usage", async (_, args) => {
    const { status, out, error } = await telltale(...args);
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(error).not.toBe("");
    expect(error).not.toContain("    at ");
  });

  test("init writes a file that check reads, and never overwrites it", async () => {
    const first = await telltale("init", "first.yaml");
    expect(first).toMatchObject({ status: 0, error: "" });
    const written = readFileSync(join(scratch, "first.yaml"), "utf8");
    expect(written.trimEnd().split("\n")).toHaveLength(10);
    const again = await telltale("init", "first.yaml", "--template", "modbus-tcp");
    expect(again.status).toBe(2);
    expect(again.error).toContain("exists already");
    expect(readFileSync(join(scratch, "first.yaml"), "utf8")).toBe(written);
  });

  test("init into a directory that is not there fails with a remedy", async () => {
    const { status, error } = await telltale("init", "none/machine.yaml");
    expect(status).toBe(1);
    expect(error).toContain("Name a file in a directory that exists");
    expect(error).not.toContain("    at ");
  });

  test("check says what a good file amounts to, and warns on standard error", async () => {
    writeFileSync(join(scratch, "good.yaml"), MINIMAL);
    const { status, out, error } = await telltale("check", "good.yaml");
    expect(status).toBe(0);
    expect(out).toContain("good.yaml: good: 0 buses, 0 devices, 0 signals");
    expect(out).toContain("UNKNOWN  always, because there are no rules");
    expect(error).toContain("warning: good.yaml:1:1 usage: there are no rules");
  });

  test("check prints every problem at once", async () => {
    writeFileSync(join(scratch, "bad.yaml"), `${MINIMAL}usage:\n  OFF: {}\njournl: {}\n`);
    const { status, out, error } = await telltale("check", "bad.yaml");
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(error.split("\n")).toEqual([
      "bad.yaml:4:3 usage.OFF: OFF needs no rule: it is where none of the others holds",
      'bad.yaml:5:1 journl: unknown key "journl"; did you mean "journal"?',
      "2 problems",
      "",
    ]);
  });

  test("check --json gives the same as data", async () => {
    writeFileSync(join(scratch, "json.yaml"), `${MINIMAL}journl: {}\n`);
    const { status, out, error } = await telltale("check", "json.yaml", "--json");
    expect(status).toBe(2);
    expect(error).toBe("");
    expect(JSON.parse(out)).toEqual({
      file: "json.yaml",
      good: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      problems: [
        {
          file: "json.yaml",
          line: 3,
          column: 1,
          path: "journl",
          message: 'unknown key "journl"; did you mean "journal"?',
        },
      ],
      warnings: [],
      summary: null,
    });
  });

  test("check of a file that is not there is bad input", async () => {
    const { status, error } = await telltale("check", "none.yaml");
    expect(status).toBe(2);
    expect(error).toContain("none.yaml: there is no such file. Look at the spelling");
  });

  test("the list of templates fits into 100 columns", async () => {
    const { status, out } = await telltale("templates");
    expect(status).toBe(0);
    expect(out.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("a table that is not there is told as a table, a wrong device once", async () => {
    const file = `${MINIMAL}buses: { b: { driver: modbus, host: 127.0.0.1 } }\n`;
    writeFileSync(join(scratch, "tags.yaml"), `${file}devices:\n  drive: { bus: b }\n`);
    const missing = await telltale("tags", "import", "tags.yaml", "none.csv");
    expect(missing.status).toBe(2);
    expect(missing.error).toContain("none.csv: there is no such file\n  name a table");
    const words = ["--template", "siemens-v20", "--device", "drve"];
    const { status, error } = await telltale("tags", "import", "tags.yaml", ...words);
    expect(status).toBe(2);
    expect(error.split("\n").filter((line) => line.includes("drve"))).toEqual([
      'telltale: --device drve: unknown device "drve"; did you mean "drive"?',
    ]);
  });

  test("probe says what to look at where a device gives no number", async () => {
    writeFileSync(join(scratch, "gap.csv"), "time,flow\n0,\n1,\n");
    const recording = `recording: { file: ${join(scratch, "gap.csv")}, column: flow }`;
    const lines = [
      "buses: { b: { driver: simulated } }",
      "devices: { d: { bus: b } }",
      `signals: { flow: { device: d, wave: { ${recording} } } }`,
    ];
    writeFileSync(join(scratch, "gap.yaml"), `${MINIMAL}${lines.join("\n")}\n`);
    const { status, out } = await telltale("probe", "gap.yaml");
    expect(status).toBe(1);
    expect(out).toMatch(/flow +— {2}sensor-fault\n {4}try: the device has no number here/);
  });

  test("schema prints JSON", async () => {
    const { status, out } = await telltale("schema");
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: "Telltale machine file" });
  });
});
