// Frames and addresses of SocketCAN as the kernel lays them out in memory (<linux/can.h>,
// <linux/can/error.h>); a test compiles the same against the kernel's own headers.

/** An extended identifier, of 29 bits: the only one that J1939 has. */
const EXTENDED = 0x8000_0000;
/** A frame without data that asks for one; J1939 has none. */
const REMOTE = 0x4000_0000;
const ERROR = 0x2000_0000;
const IDENTIFIER_MASK = 0x1fff_ffff;

export const CAN = {
  family: 29,
  protocolRaw: 1,
  /** SOL_CAN_BASE + CAN_RAW. */
  levelRaw: 101,
  optionFilter: 1,
  optionErrorFilter: 2,
  /** The kernel takes no more filters for one socket. */
  filtersMax: 512,
} as const;

export const FRAME_BYTES = 16;
const FRAME_LENGTH_AT = 4;
const FRAME_DATA_AT = 8;
const FRAME_DATA_MAX = 8;
const FILTER_BYTES = 8;
const ADDRESS_BYTES = 24;

export interface DataFrame {
  readonly identifier: number;
  /** A view of the buffer that was given: copy it to keep it. */
  readonly data: Uint8Array;
}

/** What the controller says of itself and the wire. */
export interface ErrorFrame {
  readonly isBusOff: boolean;
  readonly isPassive: boolean;
  /** Well again: few errors, or started anew after it was off the bus. */
  readonly isActive: boolean;
  /** The controller's own buffer was full: frames are missing. */
  readonly isOverflow: boolean;
}

const BUS_OFF = 0x40;
const RESTARTED = 0x100;
const CONTROLLER = 0x04;
/** What of errors is wanted; not acknowledged frames and single bit errors would flood. */
export const ERROR_CLASSES = CONTROLLER | BUS_OFF | RESTARTED;
const RECEIVE_OVERFLOW = 0x01;
const RECEIVE_PASSIVE = 0x10;
const TRANSMIT_PASSIVE = 0x20;
const ACTIVE = 0x40;

/** Null for what J1939 does not have: 11-bit identifiers and remote frames of others on the bus. */
export function parseFrame(bytes: Uint8Array): DataFrame | ErrorFrame | null {
  if (bytes.length < FRAME_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_BYTES);
  const id = view.getUint32(0, true);
  if ((id & ERROR) !== 0) {
    const controller = (id & CONTROLLER) === 0 ? 0 : bytes[FRAME_DATA_AT + 1]!;
    return {
      isBusOff: (id & BUS_OFF) !== 0,
      isPassive: (controller & (RECEIVE_PASSIVE | TRANSMIT_PASSIVE)) !== 0,
      isActive: (controller & ACTIVE) !== 0 || (id & RESTARTED) !== 0,
      isOverflow: (controller & RECEIVE_OVERFLOW) !== 0,
    };
  }
  if ((id & EXTENDED) === 0 || (id & REMOTE) !== 0) return null;
  const length = Math.min(bytes[FRAME_LENGTH_AT]!, FRAME_DATA_MAX);
  const data = bytes.subarray(FRAME_DATA_AT, FRAME_DATA_AT + length);
  return { identifier: id & IDENTIFIER_MASK, data };
}

export function makeFrame(identifier: number, data: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32LE((identifier | EXTENDED) >>> 0, 0);
  frame.writeUInt8(data.length, FRAME_LENGTH_AT);
  frame.set(data, FRAME_DATA_AT);
  return frame;
}

/**
 * A group from one sender. Without a group, all of the sender; without a sender, all of the group.
 */
export interface Filter {
  readonly group: number | null;
  readonly source: number | null;
}

export function makeFilters(filters: readonly Filter[], isDirected: (group: number) => boolean) {
  const table = Buffer.alloc(filters.length * FILTER_BYTES);
  for (const [index, { group, source }] of filters.entries()) {
    const groupMask = group === null ? 0 : isDirected(group) ? 0x3ff_0000 : 0x3ff_ff00;
    const mask = EXTENDED + REMOTE + groupMask + (source === null ? 0 : 0xff);
    table.writeUInt32LE(
      (EXTENDED | ((group ?? 0) << 8) | (source ?? 0)) >>> 0,
      index * FILTER_BYTES,
    );
    table.writeUInt32LE(mask >>> 0, index * FILTER_BYTES + 4);
  }
  return table;
}

/** struct sockaddr_can. */
export function makeAddress(interfaceIndex: number): Buffer {
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt16LE(CAN.family, 0);
  address.writeInt32LE(interfaceIndex, 4);
  return address;
}

/** As `candump` and `cansend` write it: `18FEEE00#7DFFFFFFFFFFFFFF`. */
export function shownFrame({ identifier, data }: DataFrame): string {
  const id = identifier.toString(16).toUpperCase().padStart(8, "0");
  return `${id}#${Buffer.from(data).toString("hex").toUpperCase()}`;
}
