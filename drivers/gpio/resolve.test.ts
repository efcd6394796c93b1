import { describe, expect, test } from "vitest";
import type { Chip } from "./backend.ts";
import { headerPin } from "./raspberry-pi.ts";
import { nearest, resolveLine, type WantedLine } from "./resolve.ts";

function chip(name: string, label: string, names: readonly string[]): Chip {
  const lines = names.map((line, offset) => ({
    offset,
    name: line,
    consumer: "",
    isUsed: false,
    direction: null,
  }));
  return { name, label, lines };
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `GPIO${at}`);
const unnamed = (count: number) => Array.from({ length: count }, () => "");

/** A Pi 4 on Raspberry Pi OS, and with the names of the mainline kernel; a Pi 5; one in sysfs. */
const pi4 = [
  chip("gpiochip0", "pinctrl-bcm2711", numbered(58)),
  chip("gpiochip1", "raspberrypi-exp-gpio", ["BT_ON", "WL_ON", "PWR_LED_OFF"]),
];
const mainline = [
  chip("gpiochip0", "pinctrl-bcm2711", ["ID_SDA", "ID_SCL", "SDA1", "SCL1", "GPIO_GCLK", "GPIO5"]),
];
const pi5 = [
  chip("gpiochip10", "gpio-brcmstb@107d508500", unnamed(32)),
  chip("gpiochip0", "pinctrl-rp1", numbered(54)),
];
const sysfs = [chip("gpiochip512", "pinctrl-bcm2835", unnamed(54))];
const twins = [
  chip("gpiochip0", "pca9555", ["pump", "valve"]),
  chip("gpiochip1", "pca9555", ["pump", "fan"]),
];

const found: readonly { chips: readonly Chip[]; wanted: WantedLine; place: string }[] = [
  { chips: pi4, wanted: "GPIO17", place: "gpiochip0 17" },
  { chips: pi4, wanted: "WL_ON", place: "gpiochip1 1" },
  { chips: pi4, wanted: { chip: "pinctrl-bcm2711", offset: 40 }, place: "gpiochip0 40" },
  { chips: pi4, wanted: { chip: "gpiochip1", offset: 2 }, place: "gpiochip1 2" },
  { chips: mainline, wanted: "GPIO3", place: "gpiochip0 3" },
  { chips: mainline, wanted: "SCL1", place: "gpiochip0 3" },
  { chips: pi5, wanted: "GPIO17", place: "gpiochip0 17" },
  { chips: sysfs, wanted: "GPIO17", place: "gpiochip512 17" },
  { chips: twins, wanted: "fan", place: "gpiochip1 1" },
  { chips: twins, wanted: { chip: "gpiochip1", offset: 0 }, place: "gpiochip1 0" },
];
test.each(found)("$wanted is $place", ({ chips, wanted, place }) => {
  const resolved = resolveLine(wanted, chips);
  expect(`${resolved.chip.name} ${resolved.line.offset}`).toBe(place);
});

test("a title says what a person needs to find the pin", () => {
  expect(resolveLine("GPIO17", pi4).title).toBe(
    "GPIO17 (pinctrl-bcm2711 offset 17, header pin 11)",
  );
  expect(resolveLine("GPIO45", pi4).title).toBe("GPIO45 (pinctrl-bcm2711 offset 45)");
  expect(resolveLine({ chip: "pinctrl-bcm2835", offset: 4 }, sysfs).title).toBe(
    "pinctrl-bcm2835 offset 4, header pin 7",
  );
});

const refused = [
  {
    name: "a name that is nearly right",
    chips: pi4,
    wanted: "GPI017",
    code: "BUS_UNREACHABLE",
    message: /^No GPIO line is called GPI017; the nearest names: GPIO17, /,
  },
  {
    name: "a name that nothing resembles",
    chips: sysfs,
    wanted: "mainContactor",
    code: "BUS_UNREACHABLE",
    message: /^No GPIO line is called mainContactor\. Chips: pinctrl-bcm2835\.$/,
  },
  {
    name: "a number that the main chip does not have",
    chips: sysfs,
    wanted: "GPIO54",
    code: "BUS_UNREACHABLE",
    message: /^No GPIO line is called GPIO54/,
  },
  {
    name: "a chip that is not there",
    chips: pi4,
    wanted: { chip: "pinctrl-rp1", offset: 17 },
    code: "BUS_UNREACHABLE",
    message: /^There is no GPIO chip pinctrl-rp1; there are: pinctrl-bcm2711 \(gpiochip0\), /,
  },
  {
    name: "an offset beyond the chip",
    chips: pi4,
    wanted: { chip: "raspberrypi-exp-gpio", offset: 3 },
    code: "SETTING_INVALID",
    message: /^Chip raspberrypi-exp-gpio has no line 3: it has 3, from 0\.$/,
  },
  {
    name: "a name that two chips have",
    chips: twins,
    wanted: "pump",
    code: "SETTING_INVALID",
    message:
      /^GPIO line pump is several: pca9555 \(gpiochip0\) offset 0, pca9555 \(gpiochip1\) offset 0/,
  },
  {
    name: "a label that two chips have",
    chips: twins,
    wanted: { chip: "pca9555", offset: 1 },
    code: "SETTING_INVALID",
    message: /^GPIO chip pca9555 is several/,
  },
] as const;
describe("refused is", () => {
  test.each(refused)("$name", ({ chips, wanted, code, message }) => {
    const attempt = () => resolveLine(wanted, chips);
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(message);
  });
});

test("the nearest names come first, each once, and few of them", () => {
  const names = [...numbered(40), "GPIO17"];
  const near = nearest("gpio17", names);
  expect(near[0]).toBe("GPIO17");
  expect(near).toHaveLength(5);
  expect(nearest("pump", names)).toEqual([]);
});

test("each GPIO of the header has a pin of its own", () => {
  const pins = Array.from({ length: 28 }, (_, offset) => headerPin("pinctrl-rp1", offset));
  expect(new Set(pins).size).toBe(28);
  // Power and ground, as the drawing of the header has them.
  for (const pin of [1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39]) {
    expect(pins).not.toContain(`header pin ${pin}`);
  }
  expect(headerPin("raspberrypi-exp-gpio", 17)).toBe("");
  expect(headerPin("pinctrl-rp1", 28)).toBe("");
});
