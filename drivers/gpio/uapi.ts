// The kernel's GPIO interface, version 2, as bytes: requests, structures and flags of
// <linux/gpio.h>, little-endian with 64-bit alignment. A test compiles the header, where there is
// a compiler, and compares every size and offset with these.

/** Bits of `gpio_v2_line_flag`; those in use lie in the lower half of the 64. */
export const FLAG = {
  used: 0x1,
  activeLow: 0x2,
  input: 0x4,
  output: 0x8,
  risingEdge: 0x10,
  fallingEdge: 0x20,
  openDrain: 0x40,
  openSource: 0x80,
  pullUp: 0x100,
  pullDown: 0x200,
  biasDisabled: 0x400,
} as const;

const NAME_BYTES = 32;
const LINES_MAX = 64;
const ATTRIBUTES_MAX = 10;

/** struct gpio_v2_line_attribute { id, padding, union of 64 bits } */
const ATTRIBUTE_BYTES = 16;
/** struct gpio_v2_line_config_attribute { attribute, mask } */
const CONFIG_ATTRIBUTE_BYTES = 24;

const ATTRIBUTE = { outputValues: 2, debounce: 3 } as const;

/** struct gpiochip_info { name, label, lines } */
export const CHIP_INFO = { bytes: 68, label: 32, lines: 64 } as const;

/** struct gpio_v2_line_info */
export const LINE_INFO = { bytes: 256, consumer: 32, offset: 64, flags: 72 } as const;

/** struct gpio_v2_line_config { flags, num_attrs, padding[5], attrs[10] } */
export const LINE_CONFIG = {
  bytes: 32 + ATTRIBUTES_MAX * CONFIG_ATTRIBUTE_BYTES,
  attributeCount: 8,
  attributes: 32,
} as const;

/** struct gpio_v2_line_request */
export const LINE_REQUEST = {
  bytes: 592,
  consumer: LINES_MAX * 4,
  config: LINES_MAX * 4 + NAME_BYTES,
  lineCount: 560,
  eventBuffer: 564,
  descriptor: 588,
} as const;

/** struct gpio_v2_line_values { bits, mask } */
export const LINE_VALUES = { bytes: 16, mask: 8 } as const;

/** struct gpio_v2_line_event */
export const LINE_EVENT = {
  bytes: 48,
  edge: 8,
  offset: 12,
  sequence: 16,
  lineSequence: 20,
} as const;

/** _IOR and _IOWR of <asm-generic/ioctl.h> for the GPIO magic 0xB4. */
const READS = 2;
const WRITES_AND_READS = 3;
const ioctlNumber = (direction: number, number: number, bytes: number): number =>
  direction * 2 ** 30 + bytes * 2 ** 16 + 0xb4 * 2 ** 8 + number;

export const REQUEST = {
  chipInfo: ioctlNumber(READS, 0x01, CHIP_INFO.bytes),
  lineInfo: ioctlNumber(WRITES_AND_READS, 0x05, LINE_INFO.bytes),
  line: ioctlNumber(WRITES_AND_READS, 0x07, LINE_REQUEST.bytes),
  setConfig: ioctlNumber(WRITES_AND_READS, 0x0d, LINE_CONFIG.bytes),
  getValues: ioctlNumber(WRITES_AND_READS, 0x0e, LINE_VALUES.bytes),
  setValues: ioctlNumber(WRITES_AND_READS, 0x0f, LINE_VALUES.bytes),
} as const;

/** The kernel keeps at most this many events of a request: 16 for each line that one may have. */
export const EVENT_BUFFER_MAX = LINES_MAX * 16;

export interface ChipInfo {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

export function decodeChipInfo(bytes: Buffer): ChipInfo {
  return {
    name: textAt(bytes, 0),
    label: textAt(bytes, CHIP_INFO.label),
    lines: bytes.readUInt32LE(CHIP_INFO.lines),
  };
}

export function encodeLineInfo(offset: number): Buffer {
  const bytes = Buffer.alloc(LINE_INFO.bytes);
  bytes.writeUInt32LE(offset, LINE_INFO.offset);
  return bytes;
}

export interface RawLineInfo {
  readonly name: string;
  readonly consumer: string;
  readonly flags: number;
}

export function decodeLineInfo(bytes: Buffer): RawLineInfo {
  return {
    name: textAt(bytes, 0),
    consumer: textAt(bytes, LINE_INFO.consumer),
    flags: bytes.readUInt32LE(LINE_INFO.flags),
  };
}

/** How one line is to be: `level` for an output alone, `debounceUs` for an input alone. */
export interface LineConfig {
  readonly flags: number;
  readonly level?: 0 | 1 | undefined;
  readonly debounceUs?: number | undefined;
}

export function encodeLineConfig({ flags, level, debounceUs }: LineConfig): Buffer {
  const bytes = Buffer.alloc(LINE_CONFIG.bytes);
  bytes.writeUInt32LE(flags, 0);
  const attributes: [id: number, value: number][] = [];
  if (level !== undefined) attributes.push([ATTRIBUTE.outputValues, level]);
  if (debounceUs !== undefined) attributes.push([ATTRIBUTE.debounce, debounceUs]);
  bytes.writeUInt32LE(attributes.length, LINE_CONFIG.attributeCount);
  for (const [index, [id, value]] of attributes.entries()) {
    const at = LINE_CONFIG.attributes + index * CONFIG_ATTRIBUTE_BYTES;
    bytes.writeUInt32LE(id, at);
    bytes.writeUInt32LE(value, at + 8);
    // It holds for the first line of the request, and there is one.
    bytes.writeUInt32LE(1, at + ATTRIBUTE_BYTES);
  }
  return bytes;
}

/** A request for one line; the kernel writes the line's descriptor into it. */
export function encodeLineRequest(offset: number, consumer: string, config: LineConfig): Buffer {
  const bytes = Buffer.alloc(LINE_REQUEST.bytes);
  bytes.writeUInt32LE(offset, 0);
  bytes.write(consumer, LINE_REQUEST.consumer, NAME_BYTES - 1, "utf8");
  encodeLineConfig(config).copy(bytes, LINE_REQUEST.config);
  bytes.writeUInt32LE(1, LINE_REQUEST.lineCount);
  const hasEdges = (config.flags & (FLAG.risingEdge | FLAG.fallingEdge)) !== 0;
  if (hasEdges) bytes.writeUInt32LE(EVENT_BUFFER_MAX, LINE_REQUEST.eventBuffer);
  return bytes;
}

/** Values of the first line of a request: to be filled with its level, or with one to be set. */
export function encodeLevel(level: 0 | 1 = 0): Buffer {
  const bytes = Buffer.alloc(LINE_VALUES.bytes);
  bytes.writeUInt32LE(level, 0);
  bytes.writeUInt32LE(1, LINE_VALUES.mask);
  return bytes;
}

export function decodeLevel(bytes: Buffer): 0 | 1 {
  return (bytes[0]! & 1) === 1 ? 1 : 0;
}

const RISING_EDGE = 1;

/** Hot path: some thousand per second and line. No object is made for an edge. */
export function decodeEdges(
  bytes: Buffer,
  length: number,
  edge: (level: 0 | 1, atMs: number, sequence: number) => void,
): void {
  for (let at = 0; at + LINE_EVENT.bytes <= length; at += LINE_EVENT.bytes) {
    const nanoseconds = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
    const level = bytes.readUInt32LE(at + LINE_EVENT.edge) === RISING_EDGE ? 1 : 0;
    edge(level, nanoseconds / 1e6, bytes.readUInt32LE(at + LINE_EVENT.lineSequence));
  }
}

function textAt(bytes: Buffer, at: number): string {
  const field = bytes.subarray(at, at + NAME_BYTES);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? NAME_BYTES : end);
}
