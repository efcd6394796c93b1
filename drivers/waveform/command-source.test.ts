import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { requires } from "../../runtime/testing/requires.ts";
import { openCommand } from "./command-source.ts";
import { pcm16, Rig, SAWTOOTH_STEP } from "./test-rig.ts";

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

const fault = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
describe("a command", () => {
  const run = (code: string) => ({ command: [process.execPath, "-e", code] });

  test("its standard output arrives exact, and its status stands in the fault", async () => {
    const { samples } = pcm16(1_000);
    const code = `
      const bytes = Buffer.alloc(2000);
      new Int16Array(bytes.buffer, bytes.byteOffset).set(
        Int16Array.from({ length: 1000 }, (_, index) => index * ${SAWTOOTH_STEP}));
      process.stdout.write(bytes, () => process.exit(3));`;
    const rig = rigOf({ source: run(code) });
    await rig.start();
    expect(await rig.lostFault()).toEqual(fault("SOURCE_ENDED", /ended with status 3/));
    expect(rig.samples[0]).toEqual(samples);
  });

  test("what it says on standard error is logged, line by line and not without end", async () => {
    const code = `
      for (let i = 0; i < 300; i++) console.error("line " + i);
      console.error("x".repeat(100000));
      process.stdout.write("ab");`;
    const rig = rigOf({ source: run(code) });
    await rig.start();
    await rig.lostFault();
    expect(rig.logged).toHaveLength(101);
    expect(rig.logged[1]).toMatch(/: line 1$/);
    expect(rig.logged[100]).toMatch(/more than is logged$/);
  });

  test("a program that does not exist is unreachable", async () => {
    const rig = rigOf({ source: { command: ["no-such-program-here"] } });
    await expect(rig.start()).rejects.toEqual(fault("BUS_UNREACHABLE", /ENOENT/));
  });

  test("one that finds no file descriptor left is refused, and the process goes on", (context) => {
    requires(context, "sh");
    const code = `
      import { openSync } from "node:fs";
      import { openCommand } from "${new URL("./command-source.ts", import.meta.url)}";
      try {
        for (;;) openSync("/dev/null");
      } catch {}
      try {
        openCommand(["true"]);
      } catch (error) {
        console.log(error.message);
      }
      setTimeout(() => console.log("goes on"), 10);`;
    const run = [
      "-c",
      'ulimit -n 64; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      code,
    ];
    const { stdout } = spawnSync("sh", run, { encoding: "utf8", timeout: 5_000 });
    expect(stdout).toMatch(/^true cannot be started.*\ngoes on\n$/);
  });

  test("a program that is killed is lost with the signal", async () => {
    const code =
      'process.stdout.write("ab"); setTimeout(() => process.kill(process.pid, "SIGKILL"), 20)';
    const rig = rigOf({ source: run(code) });
    await rig.start();
    expect(await rig.lostFault()).toEqual(fault("SOURCE_ENDED", /was ended by SIGKILL/));
  });

  test("one that may not be ended, as behind sudo, is closed and told of", async () => {
    const told: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void told.push(message) };
    const command = [process.execPath, "-e", "setTimeout(() => {}, 60_000)"];
    let pid = 0;
    const source = openCommand(command, hostTimers, log, (group) => {
      pid = group;
      throw Object.assign(new Error("not permitted"), { code: "EPERM" });
    });
    await source.close();
    process.kill(pid, "SIGKILL");
    expect(told).toEqual(Array(2).fill(expect.stringContaining("cannot be ended")));
  });

  test("closing ends it, even where it does not want to and has children", async (context) => {
    requires(context, "sh");
    const code = [
      'process.on("SIGTERM", () => {});',
      "process.stdout.write(String(process.pid).padEnd(10));",
      "setInterval(() => {}, 1_000);",
    ].join("");
    const stubborn = `${process.execPath} -e '${code}'`;
    const rig = rigOf({ source: { command: ["sh", "-c", `${stubborn} | cat`] } });
    await rig.start();
    await rig.until(() => rig.samples[0]!.length === 5);
    const bytes = new Uint8Array(Int16Array.from(rig.samples[0]!).buffer);
    const pid = Number(Buffer.from(bytes).toString());
    expect(pid).toBeGreaterThan(1);
    await rig.close();
    // A killed process is gone a moment after the signal.
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
    expect(rig.faults).toEqual([]);
  });
});

/** One that has ended and waits for somebody to ask for its status is dead. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    // Gone without a trace.
    return false;
  }
}
