// The kernel's own header is the judge of every size, offset and request number.

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { requires } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import {
  CHIP_INFO,
  decodeEdges,
  encodeLineConfig,
  encodeLineRequest,
  FLAG,
  LINE_CONFIG,
  LINE_EVENT,
  LINE_INFO,
  LINE_REQUEST,
  LINE_VALUES,
  REQUEST,
} from "./uapi.ts";

const HEADER = "/usr/include/linux/gpio.h";

/** C expressions, and what we say they are. */
const WANTED: Readonly<Record<string, number>> = {
  "sizeof(struct gpiochip_info)": CHIP_INFO.bytes,
  "offsetof(struct gpiochip_info, label)": CHIP_INFO.label,
  "offsetof(struct gpiochip_info, lines)": CHIP_INFO.lines,
  "sizeof(struct gpio_v2_line_info)": LINE_INFO.bytes,
  "offsetof(struct gpio_v2_line_info, consumer)": LINE_INFO.consumer,
  "offsetof(struct gpio_v2_line_info, offset)": LINE_INFO.offset,
  "offsetof(struct gpio_v2_line_info, flags)": LINE_INFO.flags,
  "sizeof(struct gpio_v2_line_config)": LINE_CONFIG.bytes,
  "offsetof(struct gpio_v2_line_config, num_attrs)": LINE_CONFIG.attributeCount,
  "offsetof(struct gpio_v2_line_config, attrs)": LINE_CONFIG.attributes,
  "sizeof(struct gpio_v2_line_config_attribute)": 24,
  "offsetof(struct gpio_v2_line_config_attribute, mask)": 16,
  "offsetof(struct gpio_v2_line_attribute, values)": 8,
  "offsetof(struct gpio_v2_line_attribute, debounce_period_us)": 8,
  "sizeof(struct gpio_v2_line_request)": LINE_REQUEST.bytes,
  "offsetof(struct gpio_v2_line_request, consumer)": LINE_REQUEST.consumer,
  "offsetof(struct gpio_v2_line_request, config)": LINE_REQUEST.config,
  "offsetof(struct gpio_v2_line_request, num_lines)": LINE_REQUEST.lineCount,
  "offsetof(struct gpio_v2_line_request, event_buffer_size)": LINE_REQUEST.eventBuffer,
  "offsetof(struct gpio_v2_line_request, fd)": LINE_REQUEST.descriptor,
  "sizeof(struct gpio_v2_line_values)": LINE_VALUES.bytes,
  "offsetof(struct gpio_v2_line_values, mask)": LINE_VALUES.mask,
  "sizeof(struct gpio_v2_line_event)": LINE_EVENT.bytes,
  "offsetof(struct gpio_v2_line_event, id)": LINE_EVENT.edge,
  "offsetof(struct gpio_v2_line_event, offset)": LINE_EVENT.offset,
  "offsetof(struct gpio_v2_line_event, seqno)": LINE_EVENT.sequence,
  "offsetof(struct gpio_v2_line_event, line_seqno)": LINE_EVENT.lineSequence,
  GPIO_GET_CHIPINFO_IOCTL: REQUEST.chipInfo,
  GPIO_V2_GET_LINEINFO_IOCTL: REQUEST.lineInfo,
  GPIO_V2_GET_LINE_IOCTL: REQUEST.line,
  GPIO_V2_LINE_SET_CONFIG_IOCTL: REQUEST.setConfig,
  GPIO_V2_LINE_GET_VALUES_IOCTL: REQUEST.getValues,
  GPIO_V2_LINE_SET_VALUES_IOCTL: REQUEST.setValues,
  GPIO_V2_LINE_FLAG_USED: FLAG.used,
  GPIO_V2_LINE_FLAG_ACTIVE_LOW: FLAG.activeLow,
  GPIO_V2_LINE_FLAG_INPUT: FLAG.input,
  GPIO_V2_LINE_FLAG_OUTPUT: FLAG.output,
  GPIO_V2_LINE_FLAG_EDGE_RISING: FLAG.risingEdge,
  GPIO_V2_LINE_FLAG_EDGE_FALLING: FLAG.fallingEdge,
  GPIO_V2_LINE_FLAG_OPEN_DRAIN: FLAG.openDrain,
  GPIO_V2_LINE_FLAG_OPEN_SOURCE: FLAG.openSource,
  GPIO_V2_LINE_FLAG_BIAS_PULL_UP: FLAG.pullUp,
  GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN: FLAG.pullDown,
  GPIO_V2_LINE_FLAG_BIAS_DISABLED: FLAG.biasDisabled,
  GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES: 2,
  GPIO_V2_LINE_ATTR_ID_DEBOUNCE: 3,
  GPIO_V2_LINE_EVENT_RISING_EDGE: 1,
};

test("sizes, offsets and numbers are those of the kernel's header", (context) => {
  const compiler = requires(context, "gcc");
  if (!existsSync(HEADER)) context.skip(`${HEADER} is not installed`);
  using scratch = scratchDirectory();
  const lines = Object.keys(WANTED).map(
    (name) => `printf("%llu\\n", (unsigned long long)${name});`,
  );
  const source = [
    "#include <stddef.h>",
    "#include <stdio.h>",
    "#include <linux/gpio.h>",
    "int main(void) {",
    ...lines,
    "}",
  ];
  writeFileSync(scratch.at("layout.c"), source.join("\n"));
  execFileSync(compiler, ["-o", scratch.at("layout"), scratch.at("layout.c")]);
  const numbers = execFileSync(scratch.at("layout"), { encoding: "utf8" }).trim().split("\n");
  const said = Object.keys(WANTED).map((name, index) => [name, Number(numbers[index])]);
  expect(Object.fromEntries(said)).toEqual(WANTED);
});

test("a request says its line, who asks, and how the line is to be", () => {
  const flags = FLAG.input | FLAG.risingEdge;
  const bytes = encodeLineRequest(17, "telltale", { flags, debounceUs: 20_000 });
  expect(bytes.readUInt32LE(0)).toBe(17);
  expect(bytes.toString("latin1", 256, 265)).toBe("telltale\0");
  expect(bytes.readBigUInt64LE(288)).toBe(0x14n);
  expect(bytes.readUInt32LE(296)).toBe(1);
  expect(bytes.subarray(320, 344).toString("hex")).toBe(
    "0300000000000000204e0000000000000100000000000000",
  );
  expect(bytes.readUInt32LE(564)).toBe(1_024);
});

test("an output's level is part of its request", () => {
  const bytes = encodeLineConfig({ flags: FLAG.output, level: 1 });
  expect(bytes.subarray(32, 56).toString("hex")).toBe(
    "020000000000000001000000000000000100000000000000",
  );
});

test("the instant of an edge is exact to less than a microsecond after ten years", () => {
  const bytes = Buffer.alloc(48);
  bytes.writeBigUInt64LE(315_576_000_123_456_789n, 0);
  bytes.writeUInt32LE(2, 8);
  bytes.writeUInt32LE(4_294_967_295, 20);
  const edges: unknown[] = [];
  decodeEdges(bytes, 48, (...edge) => edges.push(edge));
  expect(edges).toEqual([[0, expect.closeTo(315_576_000_123.456_8, 3), 4_294_967_295]]);
});
