// Lines by their label in made-up trees of sysfs, as kernels of different ages show them, and what
// sysfs cannot do. Its edges and levels are `onoff`'s; the rig tries them on a real kernel.

import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { codeOf, makeBus } from "../shared/test-rig.ts";
import type { LineRequest } from "./backend.ts";
import { BackendChoice } from "./backend-choice.ts";
import { makeGpioDriver } from "./gpio.ts";
import { resolveLine } from "./resolve.ts";
import { SysfsBackend } from "./sysfs.ts";

function addChip(tree: ScratchDirectory, label: string, base: number, lines: number): void {
  const name = `gpiochip${base}`;
  mkdirSync(tree.at(name), { recursive: true });
  for (const [file, value] of Object.entries({ label, base, ngpio: lines })) {
    writeFileSync(tree.at(name, file), `${value}\n`);
  }
}

function backendOn(tree: ScratchDirectory): SysfsBackend {
  const clock = new FakeClock();
  return new SysfsBackend({ clock, timers: clock, directory: tree.path });
}

describe("GPIO17 has the number", () => {
  const kernels = [
    { name: "17 on an old Raspberry Pi OS", label: "pinctrl-bcm2835", base: 0, number: 17 },
    { name: "529 on a kernel of 6.6", label: "pinctrl-bcm2711", base: 512, number: 529 },
    { name: "416 on a Pi 5 with a kernel of 6.1", label: "pinctrl-rp1", base: 399, number: 416 },
    { name: "987 where chips count down", label: "pinctrl-bcm2835", base: 970, number: 987 },
  ];
  test.each(kernels)("$name", async ({ label, base, number }) => {
    using tree = scratchDirectory();
    addChip(tree, "raspberrypi-exp-gpio", base + 100, 8);
    addChip(tree, label, base, 54);
    const backend = backendOn(tree);
    const { chip, line, title } = resolveLine("GPIO17", await backend.chips());
    expect(backend.numberOf(chip, line.offset, title)).toBe(number);
  });
});

test("a line that is exported is in use", async () => {
  using tree = scratchDirectory();
  addChip(tree, "9030000.pl061", 504, 8);
  mkdirSync(tree.at("gpio505"));
  const [chip] = await backendOn(tree).chips();
  expect(chip!.lines.map(({ isUsed }) => isUsed).indexOf(true)).toBe(1);
});

describe("sysfs refuses", () => {
  type Change = Partial<Pick<LineRequest, "bias" | "mode">>;
  const output = { kind: "output", drive: "push-pull", start: 0 } as const;
  const cases: readonly { name: string; change: Change; message: RegExp }[] = [
    {
      name: "pulses",
      change: { mode: { kind: "input", edges: "rising", debounceMs: 0 } },
      message: /counting pulses cannot be done through sysfs, because it tells edges .* as one/,
    },
    { name: "a resistor", change: { bias: "pull-up" }, message: /`bias: pull-up` cannot/ },
    {
      name: "to keep a level",
      change: { mode: { ...output, start: "keep" } },
      message: /`start: keep` cannot/,
    },
    {
      name: "an open drain",
      change: { mode: { ...output, drive: "open-drain" } },
      message: /`drive: open-drain` cannot/,
    },
  ];
  test.each(cases)("$name, and says why", async ({ change, message }) => {
    using tree = scratchDirectory();
    addChip(tree, "9030000.pl061", 504, 8);
    const backend = backendOn(tree);
    const [chip] = await backend.chips();
    const attempt = backend.request(
      {
        chip: chip!,
        offset: 1,
        title: "line",
        activeLow: false,
        bias: "as-is",
        mode: { kind: "input", edges: "both", debounceMs: 0 },
        ...change,
      },
      { edge: () => {}, lost: () => {} },
    );
    await expect(attempt).rejects.toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringMatching(message),
    });
  });
});

describe("of the two back-ends", () => {
  function choice(wanted: "auto" | "sysfs" | "character-device", has: readonly string[]) {
    const devices = scratchDirectory();
    const sysfs = scratchDirectory();
    if (has.includes("character-device")) writeFileSync(devices.at("gpiochip0"), "");
    if (has.includes("sysfs")) addChip(sysfs, "9030000.pl061", 504, 8);
    const clock = new FakeClock();
    const made = new BackendChoice({
      wanted,
      clock,
      timers: clock,
      devices: devices.path,
      sysfs: sysfs.path,
    });
    return { made, [Symbol.dispose]: () => [devices, sysfs].map((one) => one[Symbol.dispose]()) };
  }

  const cases = [
    { wanted: "auto", has: ["character-device", "sysfs"], taken: "character-device" },
    { wanted: "auto", has: ["sysfs"], taken: "sysfs" },
    { wanted: "auto", has: [], taken: "character-device" },
    { wanted: "sysfs", has: ["character-device"], taken: "sysfs" },
    { wanted: "character-device", has: ["sysfs"], taken: "character-device" },
  ] as const;
  test.each(cases)("$wanted with $has is $taken", ({ wanted, has, taken }) => {
    using chosen = choice(wanted, has);
    expect(chosen.made.get().name).toBe(taken);
  });

  test.each(["character-device", "sysfs"] as const)("%s without a chip says so", async (wanted) => {
    using chosen = choice(wanted, []);
    await expect(chosen.made.get().chips()).rejects.toMatchObject({
      code: "BUS_UNREACHABLE",
      message: expect.stringMatching(/^There is no GPIO chip: /),
    });
  });
});

test("a count on a kernel with sysfs alone is a wrong setting, not a wrong number", async () => {
  using tree = scratchDirectory();
  addChip(tree, "pinctrl-bcm2835", 0, 54);
  const driver = makeGpioDriver(() => () => backendOn(tree));
  const clock = new FakeClock();
  const { bus } = makeBus(driver, {
    clock,
    timers: clock,
    devices: [{ points: [{ line: "GPIO17", count: true }] }],
  });
  expect(await codeOf(bus.devices[0]!.start!())).toBe("SETTING_INVALID");
  await bus.close();
});
