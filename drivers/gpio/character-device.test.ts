// The character device where there is none, or something else in its place; and who may open it.

import { chmodSync, chownSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { CharacterDeviceBackend } from "./character-device.ts";
import { forbiddenRemedy } from "./permission.ts";
import { Board } from "./test-rig.ts";

test("a file in the place of a chip is refused by the kernel, and told", async () => {
  using devices = scratchDirectory();
  writeFileSync(devices.at("gpiochip0"), "");
  await expect(new CharacterDeviceBackend(devices.path).chips()).rejects.toMatchObject({
    code: "BUS_CLOSED",
    message: expect.stringMatching(/^GPIO chip gpiochip0: ioctl: .*\(ENOTTY\)\.$/),
  });
});

test("a chip with two names is one chip", async () => {
  await using board = new Board();
  const { kernel, devices } = board;
  // The Pi 5 has kept its old number as a link.
  symlinkSync(devices.at("gpiochip0"), devices.at("gpiochip4"));
  const libc = {
    ...kernel.libc,
    open: (path: string, flags: number) => kernel.libc.open(path.replace(/4$/, "0"), flags),
  };
  const chips = await new CharacterDeviceBackend(devices.path, async () => libc).chips();
  expect(chips.map(({ label }) => label)).toEqual(["pinctrl-bcm2711", "raspberrypi-exp-gpio"]);
});

test("chips that changed their numbers meanwhile are not taken for each other", async () => {
  await using board = new Board();
  const backend = new CharacterDeviceBackend(board.devices.path, async () => board.kernel.libc);
  const [chip] = await backend.chips();
  board.kernel.chips[0]!.label = "ftdi-cbus";
  const request = {
    chip: chip!,
    offset: 17,
    title: "GPIO17",
    activeLow: false,
    bias: "as-is",
    mode: { kind: "input", edges: "both", debounceMs: 0 },
  } as const;
  const attempt = backend.request(request, { edge: () => {}, lost: () => {} });
  await expect(attempt).rejects.toMatchObject({
    code: "BUS_WRONG_ANSWER",
    message: "Line GPIO17: gpiochip0 is now ftdi-cbus and no longer pinctrl-bcm2711.",
  });
  expect(board.kernel.files.size).toBe(0);
});

test("who may not open a chip is told the group that may", (context) => {
  if (process.getuid?.() !== 0) context.skip("only root can give a file to another group");
  using scratch = scratchDirectory();
  const [chip, groups] = [scratch.at("gpiochip0"), scratch.at("group")];
  writeFileSync(chip, "");
  writeFileSync(groups, "root:x:0:\ngpio:x:986:pi\n");
  chownSync(chip, 0, 986);
  chmodSync(chip, 0o660);
  expect(forbiddenRemedy(chip, groups)).toMatch(/to the group gpio\.$/);
  chownSync(chip, 0, 987);
  expect(forbiddenRemedy(chip, groups)).toMatch(/to the group 987\.$/);
  chownSync(chip, 0, 0);
  chmodSync(chip, 0o600);
  expect(forbiddenRemedy(chip, groups)).toMatch(/^It belongs to root alone\. Make a group gpio/);
});
