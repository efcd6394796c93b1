// What stands in the 29 bits of a J1939 identifier: priority, parameter group, who sends and, for
// the groups that have one, who is meant (SAE J1939-21 §5.2).

/** Whoever listens is meant. */
export const EVERYBODY = 255;

export interface Identifier {
  /** 0 is the most urgent; 6 is usual for information, 7 for transport. */
  readonly priority: number;
  readonly group: number;
  readonly source: number;
  /** `EVERYBODY` for groups that are broadcast by nature. */
  readonly destination: number;
}

/** Below this PDU format, the low byte of the group's place is the destination (PDU1). */
const FIRST_BROADCAST_FORMAT = 240;

/** A group that is sent to one address; its low byte is 0. */
export function isDirected(group: number): boolean {
  return ((group >> 8) & 0xff) < FIRST_BROADCAST_FORMAT;
}

export function parseIdentifier(id: number): Identifier {
  const page = (id >>> 8) & 0x3_ff00;
  const specific = (id >>> 8) & 0xff;
  const isToOne = isDirected(page);
  return {
    priority: (id >>> 26) & 0x7,
    group: isToOne ? page : page | specific,
    source: id & 0xff,
    destination: isToOne ? specific : EVERYBODY,
  };
}

export function makeIdentifier({ priority, group, source, destination }: Identifier): number {
  const place = isDirected(group) ? group | destination : group;
  return ((priority << 26) | (place << 8) | source) >>> 0;
}

export const GROUP = {
  acknowledgement: 0xe800,
  request: 0xea00,
  transportData: 0xeb00,
  transportControl: 0xec00,
  addressClaimed: 0xee00,
  activeTroubleCodes: 0xfeca,
} as const;
