import { expect, test } from "vitest";
import { pointSettings } from "./settings.ts";

const rate = { window: "1s", timeout: "5s" };

const good = [
  { line: "GPIO17", input: true },
  { line: { chip: "pinctrl-rp1", offset: 17 }, input: true, debounce: "20ms", bias: "pull-up" },
  { line: "GPIO17", count: true, activeLow: true },
  { line: "GPIO17", frequency: {} },
  { line: "GPIO17", speed: { pulsesPerRevolution: 60, ...rate } },
  { line: "GPIO17", output: { safe: 0 } },
  { line: "GPIO17", output: { safe: 1, start: "keep", drive: "open-drain" } },
  { line: "GPIO17", output: { safe: 1, start: 0 } },
];
test.each(good)("%o is right", (settings) => {
  expect(pointSettings.safeParse(settings).error).toBeUndefined();
});

const bad = [
  { settings: { line: "GPIO17" }, message: /has 0 roles; give exactly one of input, count/ },
  { settings: { line: "GPIO17", input: true, count: true }, message: /has 2 roles/ },
  { settings: { line: "", input: true }, message: /is empty/ },
  { settings: { line: { offset: 17 }, input: true }, message: /chip/ },
  { settings: { line: 17, input: true }, message: /line/ },
  { settings: { line: "GPIO17", output: {} }, message: /safe/ },
  { settings: { line: "GPIO17", output: { safe: 0 }, debounce: "5ms" }, message: /no place/ },
  {
    settings: { line: "GPIO17", frequency: { window: "10s", timeout: "5s" } },
    message: /is shorter than the window/,
  },
  { settings: { line: "GPIO17", speed: {} }, message: /pulsesPerRevolution/ },
];
test.each(bad)("$settings is refused", ({ settings, message }) => {
  expect(pointSettings.safeParse(settings).error?.message).toMatch(message);
});

test("what is not said is the least surprising", () => {
  expect(pointSettings.parse({ line: "GPIO17", output: { safe: 0 } })).toEqual({
    line: "GPIO17",
    activeLow: false,
    bias: "as-is",
    debounce: 0,
    output: { safe: 0, start: "safe", drive: "push-pull" },
  });
});
