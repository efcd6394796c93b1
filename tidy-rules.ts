// Who may import whom, and who may touch what: the table that tidy.test.ts enforces. A change here
// is a change of the house plan and wants a page in docs/decisions/.

/** Folders end in `/`, files in `.ts`. The first row whose `room` fits a file holds for it. */
export const ROOMS: readonly { readonly room: string; readonly mayImport: readonly string[] }[] = [
  // The verifier of a statement runs in a browser page too: it gets no other room of the core.
  {
    room: "runtime/ledger/",
    mayImport: [
      "runtime/ledger/",
      "runtime/schema/",
      "runtime/signal/",
      "runtime/usage/usage-state.ts",
    ],
  },
  { room: "runtime/", mayImport: ["runtime/"] },
  {
    room: "drivers/",
    mayImport: ["drivers/driver.ts", "drivers/shared/", "runtime/signal/", "runtime/schema/"],
  },
  {
    room: "protocols/",
    mayImport: [
      "protocols/stream/client.ts",
      "protocols/stream/frames.ts",
      "runtime/signal/",
      "runtime/schema/",
      "runtime/supervise/",
      "runtime/journal/record.ts",
      "runtime/ledger/",
      "runtime/usage/service-status.ts",
      "runtime/usage/usage-state.ts",
      "runtime/diagnosis/alarms.ts",
      "runtime/diagnosis/channel-status.ts",
    ],
  },
  {
    room: "firmware/",
    mayImport: ["firmware/", "drivers/", "runtime/", "protocols/"],
  },
];

/** Each of these folders is one room of its own: its files may import each other. */
export const ROOMS_OF_THEIR_OWN = ["drivers/", "protocols/"];

/** The one folder (or two) in which each third-party package gets our words. */
export const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  "@noble/curves": ["runtime/ledger/"],
  "@noble/hashes": ["runtime/ledger/"],
  "better-sqlite3": ["runtime/journal/", "runtime/ledger-store/"],
  commander: ["firmware/"],
  "csv-parse": ["drivers/shared/", "firmware/commands/"],
  "csv-stringify": ["drivers/shared/"],
  "d3-scale": ["firmware/commands/"],
  "d3-shape": ["firmware/commands/"],
  esbuild: ["deploy/"],
  "firmata-io": ["drivers/firmata/"],
  "johnny-five": ["drivers/firmata/"],
  koffi: ["drivers/shared/"],
  "fast-xml-parser": ["protocols/aemp/"],
  leven: ["runtime/schema/"],
  "modbus-serial": ["drivers/modbus/"],
  "node-opcua": ["protocols/opcua/", "drivers/opcua-client/"],
  "node-opcua-packet-assembler": ["protocols/opcua/"],
  onoff: ["drivers/gpio/"],
  pino: ["firmware/host/"],
  serialport: ["drivers/shared/"],
  ws: ["protocols/stream/"],
  yaml: ["runtime/schema/", "firmware/machine-file/"],
  zod: ["runtime/schema/"],
};

/** What serves the rooms and is not installed; tests everywhere are exempt as well. */
export const WORKSHOP = ["hil-tests/", "deploy/", "bench/", "docs/", "runtime/testing/"];

/** Programs that stand outside the product and show how it is used from there. */
export const OUTSIDE = ["firmware/examples/"];

/** What a browser runs has the browser's clock and timers. */
const BROWSER = ["protocols/panel/assets/"];

/** Where the core's interfaces meet the real world. */
export const HOST = ["firmware/host/"];

/** A device is a file often enough that its driver need not ask for leave: see driver-contract. */
export const TOUCH_FILES = [...HOST, "drivers/"];

/** Node's doors to the network and to other processes, which the core does not open. */
export const CORE_LACKS = [
  "node:child_process",
  "node:cluster",
  "node:dgram",
  "node:dns",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:tls",
];

export interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowedIn: readonly string[];
}

const TIME_AND_CHANCE = [...HOST, ...WORKSHOP, ...OUTSIDE, ...BROWSER];

/** Time, randomness and the environment are arguments: they are touched in the host alone. */
export const BANS: readonly Ban[] = [
  { what: "the wall clock", pattern: /\bDate\.now\b|\bnew Date\(\s*\)/g },
  { what: "the monotonic clock", pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/g },
  {
    what: "a timer",
    pattern:
      /(?<![.#\w])(?:globalThis\.)?set(?:Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b/g,
  },
  {
    what: "randomness",
    pattern: /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/g,
  },
  { what: "the environment", pattern: /\bprocess\.env\b/g },
].map((ban) => ({ ...ban, allowedIn: TIME_AND_CHANCE }));
