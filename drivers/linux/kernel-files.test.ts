// Reads that hang, for which a named pipe without a writer stands: the kernel keeps the thread that
// reads it all the same. And files that are not for this user.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { codeOf } from "../shared/test-rig.ts";
import { Controller, INA219 } from "./test-rig.ts";

describe("a file that hangs", () => {
  /** A chip whose voltage hangs in the kernel, and one beside it that is well. */
  function hanging() {
    const controller = new Controller();
    const folder = controller.hwmon(0, "1-0040", INA219);
    controller.hwmon(1, "1-0048", { name: "lm75", temp1_input: 25_000 });
    const path = controller.at(`${folder}/in1_input`);
    rmSync(path);
    execFileSync("mkfifo", [path]);
    const opened = controller.bus(
      { settings: { hwmon: "ina219" }, points: [{ channel: "in1" }, { channel: "curr1" }] },
      { settings: { hwmon: "lm75" }, points: [{ channel: "temp1" }] },
    );
    return { controller, path, ...opened };
  }

  /** Until the driver waits for the file; the test's own time limit bounds it. */
  async function waitForTimer({ clock }: Controller): Promise<void> {
    while (clock.pendingCalls === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets the thread go that waits for a writer, and answers it. */
  function answer(path: string, text: string): void {
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeFileSync(writer, text);
    closeSync(writer);
  }

  test("times out, is not asked a second time, and keeps nobody else waiting", async () => {
    const { controller, path, bus, sinks, wires } = hanging();
    using _ = controller;
    const [ina, lm75] = bus.devices;
    for (let attempt = 0; attempt < 6; attempt++) {
      const code = codeOf(ina!.read!());
      await waitForTimer(controller);
      await controller.clock.advanceAsync(5_000);
      expect(await code).toBe("BUS_TIMEOUT");
    }
    await lm75!.read!();
    expect(sinks[1]!.latest()).toBe(25);
    // One writer's one line ends it, so one thread waited: six would have left five behind.
    answer(path, "12000\n");
    rmSync(path);
    writeFileSync(path, "12500\n");
    await ina!.read!();
    expect([sinks[0]!.latest(0), sinks[0]!.latest(1)]).toEqual([expect.any(Number), -0.25]);
    await ina!.read!();
    expect(sinks[0]!.latest(0)).toBe(12.5);
    expect(wires[0]!.frames.filter(({ way }) => way === "sent").length).toBeGreaterThan(6);
  });

  test("is let go by a close", async () => {
    const { controller, path, bus } = hanging();
    using _ = controller;
    const code = codeOf(bus.devices[0]!.read!());
    await waitForTimer(controller);
    await bus.close();
    expect(await code).toBe("BUS_CLOSED");
    expect(controller.clock.pendingCalls).toBe(0);
    answer(path, "12000\n");
  });
});

describe("a file that this user may not read", () => {
  /** The superuser may read everything: while the test reads, the process is somebody else. */
  const NOBODY = 65_534;
  /** A group that this process is not in. */
  const SENSORS = 4_711;
  const isSuperuser = process.getuid?.() === 0;

  afterEach(() => {
    if (isSuperuser) process.seteuid?.(0);
  });

  test("names the group that may", async () => {
    using controller = new Controller();
    const folder = controller.hwmon(0, "1-0040", INA219);
    const path = controller.at(`${folder}/in1_input`);
    const gid = isSuperuser ? SENSORS : process.getgid?.();
    controller.write("etc/group", `sensors:x:${gid}:`);
    chmodSync(path, 0o040);
    if (isSuperuser) {
      chownSync(path, 0, SENSORS);
      chmodSync(controller.root, 0o755);
      process.seteuid?.(NOBODY);
    }
    const error = await controller
      .readOnce({ hwmon: "ina219" }, { channel: "in1" })
      .catch((reason: unknown) => reason);
    if (isSuperuser) process.seteuid?.(0);
    expect(error).toMatchObject({
      code: "BUS_FORBIDDEN",
      message: expect.stringContaining("sensors"),
      remedy: expect.stringContaining("sensors"),
    });
  });
});
