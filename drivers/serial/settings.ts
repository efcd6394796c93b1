// What the machine file may say of a serial bus and of a device on it.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { serialPortKeys } from "../shared/serial-port.ts";
import { byteText } from "./byte-text.ts";
import { checksum } from "./checksum.ts";
import { expressionText } from "./expression.ts";
import { FRAME_BYTES_MAX, framing, isCounted } from "./framing.ts";

const ADDRESS = /^(\[[0-9A-Fa-f:]+\]|[^\s:[\]]+):(\d{1,5})$/;

/** Host and port of a text such as `moxa:4001` or `[fe80::1]:4001`; null where it is none. */
export function parseAddress(text: string): { host: string; port: number } | null {
  const [, host, digits] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ""), port };
}

export const busSettings = schema
  .strictObject({
    ...serialPortKeys,
    port: serialPortKeys.port.optional(),
    tcp: schema
      .string()
      .refine((text) => parseAddress(text) !== null, "is not an address; write host:port")
      .optional()
      .describe("host:port of a serial device server in raw mode, in place of a port of one's own"),
    connectTimeout: duration({ minMs: 10, maxMs: 30_000 })
      .prefault("3s")
      .describe("How long a connection to `tcp` may take to come up"),
    latenessMax: duration({ maxMs: 60_000 })
      .prefault("250ms")
      .describe("After an error nothing is asked until the line was quiet for so long"),
    echo: schema
      .boolean()
      .default(false)
      .describe("What is sent comes back first, as some two-wire adapters do it"),
  })
  .superRefine(({ port, tcp }, context) => {
    if ((port === undefined) !== (tcp === undefined)) return;
    context.addIssue({ code: "custom", message: "needs exactly one of `port` and `tcp`" });
  });
export type BusSettings = ReturnType<typeof busSettings.parse>;

export const deviceSettings = schema
  .strictObject({
    framing: framing.prefault({ line: "\n" }),
    checksum: checksum.optional(),
    frameMax: schema
      .int()
      .min(1)
      .max(FRAME_BYTES_MAX)
      .default(256)
      .describe("Bytes of the longest frame"),
    pause: duration({ minMs: 10, maxMs: 60_000 })
      .prefault("500ms")
      .describe("A frame that pauses for longer is thrown away"),
    request: byteText.optional().describe("What is sent to be answered; without it one listens"),
    timeout: duration({ minMs: 10, maxMs: 60_000 })
      .prefault("1s")
      .describe("How long a request may wait for its answer"),
    when: expressionText
      .optional()
      .describe("Only frames that it fits are this device's, or answer this request"),
    silence: duration({ minMs: 100, maxMs: 3_600_000 })
      .prefault("10s")
      .describe("Who speaks unasked is lost without a whole frame for so long"),
  })
  .superRefine((given, context) => {
    if (!isCounted(given.framing) || given.request !== undefined || given.checksum) return;
    const message = "needs a `checksum` or a `request`: without either, no beginning can be found";
    context.addIssue({ code: "custom", message, path: ["framing"] });
  });
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;
