// The command line as somebody meets it who has never seen it: from an empty folder to a running
// machine, and every mistake on the way answered with a sentence.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { MeterState } from "../protocols/stream/frames.ts";
import type { JournalRecord } from "../runtime/journal/record.ts";
import { Controller, freePort, statusDocument, until } from "./instance.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.concurrent("help", () => {
  const COMMANDS = [
    "init",
    "check",
    "schema",
    "templates",
    "tags",
    "scan",
    "probe",
    "run",
    "status",
    "tail",
    "trace",
    "demo",
    "meter",
    "gateway",
    "version",
  ];

  test("the list of commands names each with a sentence", async () => {
    await using controller = new Controller();
    const { status, out, error } = await controller.command("--help");
    expect({ status, error }).toEqual({ status: 0, error: "" });
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} .*\\w`, "m"));
  });

  test.each(COMMANDS)("%s --help says what it does", async (command) => {
    await using controller = new Controller();
    const { status, out, error } = await controller.command(command, "--help");
    expect({ status, error }).toEqual({ status: 0, error: "" });
    expect(out).toContain(`Usage: telltale ${command}`);
  });
});

test.each(["--version", "version"])("%s says the version", async (word) => {
  await using controller = new Controller();
  const { status, out, error } = await controller.command(word);
  expect({ status, error }).toEqual({ status: 0, error: "" });
  expect(out.split("\n")[0]).toBe("telltale 0.1.0");
});

describe.concurrent("mistakes", () => {
  const CASES: readonly {
    readonly args: readonly string[];
    readonly status: 1 | 2;
    readonly says: string;
  }[] = [
    { args: ["runn", "x"], status: 2, says: "Did you mean run?" },
    { args: ["run"], status: 2, says: "missing required argument 'file'" },
    { args: ["run", "a", "b"], status: 2, says: "too many arguments" },
    { args: ["run", "a", "--dta", "d"], status: 2, says: "Did you mean --data?" },
    {
      args: ["run", "a.yaml", "--data", "file/below"],
      status: 1,
      says: "file/below cannot be made",
    },
    { args: ["run", "a.yaml", "--data", "file"], status: 1, says: "it is a file" },
    { args: ["run", "a.yaml", "--data", ""], status: 2, says: "It is empty" },
    { args: ["run", "a.yaml", "--data", "/proc/none/x"], status: 1, says: "cannot be made" },
    { args: ["meter", "none.yaml", "--data", "d"], status: 2, says: "there is no such file" },
    {
      args: ["status", "--data", "none"],
      status: 1,
      says: "nothing answers at the data directory",
    },
    { args: ["status", "--url", "nonsense"], status: 2, says: "not the address of a stream" },
    { args: ["status", "--url", "http://x/"], status: 2, says: "ws://127.0.0.1:8420/stream" },
    { args: ["status", "--url", "ws://127.0.0.1:1/"], status: 1, says: "nothing answers at ws://" },
    { args: ["tail", "--data", "none"], status: 1, says: "start it with `telltale run FILE`" },
    { args: ["tail", "--from", "0"], status: 2, says: "--from 0: not a position" },
    { args: ["tail", "--from", "now"], status: 2, says: "--from now: not a position" },
    { args: ["tail", "--kind", "sample,usgae"], status: 2, says: 'of the kind "usgae"' },
  ];
  test.each(CASES)("telltale $args is told what is wrong", async ({ args, status, says }) => {
    await using controller = new Controller();
    writeFileSync(controller.scratch.at("file"), "");
    const outcome = await controller.command(...args);
    expect(outcome.error).toContain(says);
    expect(outcome.error).not.toContain("    at ");
    expect(outcome.error).not.toContain("should not happen");
    expect(outcome).toMatchObject({ status, out: "" });
  });
});

describe("from nothing to a running machine", () => {
  let controller: Controller;
  let port: number;

  beforeAll(async () => {
    controller = new Controller();
    port = await freePort();
  });
  afterAll(() => controller[Symbol.asyncDispose]());

  test("init, check, run, status, tail", async () => {
    const { file, data } = controller;
    const made = await controller.command("init", file);
    expect(made).toMatchObject({ status: 0, error: "" });
    expect(made.out).toContain(`telltale check ${file}`);
    expect(await controller.command("check", file)).toMatchObject({ status: 0, error: "" });
    // The template listens on the default port, which other tests and people may need.
    expect(readFileSync(file, "utf8").split("\n").length).toBeLessThanOrEqual(11);
    appendFileSync(
      file,
      `endpoints: { http: { port: ${port} } }\njournal: { commitEvery: 100ms }\n`,
    );

    const run = controller.run();
    await run.said(`the status page is at http://127.0.0.1:${port}/`);
    await until(async () => (await statusDocument(port))?.["meter"] === "running", "the meter");

    const json = await controller.command("status", "--json", "--data", data);
    expect(json).toMatchObject({ status: 0, error: "" });
    const state = JSON.parse(json.out) as MeterState;
    expect(state).toMatchObject({
      machine: { model: "Simulated pump" },
      configuration: { inForce: "given", problems: [] },
      devices: [{ name: "pump", state: "up" }],
    });
    const text = await controller.command("status", "--data", data);
    expect(text).toMatchObject({ status: 0, error: "" });
    expect(text.out).toContain("Example Simulated pump, 0001, My desk");
    expect(text.out).toContain("motorCurrent");
    expect(text.out.split("\n").every((line) => line.length <= 80)).toBe(true);
    const overNetwork = ["status", "--json", "--url", `ws://127.0.0.1:${port}/stream`];
    expect((await controller.command(...overNetwork)).status).toBe(0);

    const tail = controller.start("tail", "--json", "--from", "1", "--data", data);
    await until(() => tail.out.split("\n").length > 3, "some records");
    expect(await tail.stop()).toEqual({ status: 0, signal: null });
    const records = tail.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JournalRecord);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    expect(records[0]).toMatchObject({ kind: "boot", class: "event" });

    const onlyEvents = controller.start("tail", "--kind", "boot", "--from", "1", "--data", data);
    await until(() => onlyEvents.out.includes("\n"), "the boot record");
    // Whoever reads a stream is told when it ends, and not by silence.
    expect(await run.stop()).toEqual({ status: 0, signal: null });
    expect((await onlyEvents.ended).status).toBe(1);
    expect(onlyEvents.error).toContain("the instance went away");
    expect(onlyEvents.out).toMatch(/^\S+ {2}#1 {2}boot {10}boot \{"boot":/);
    expect(onlyEvents.out.trimEnd().split("\n")).toHaveLength(1);
  });
});
