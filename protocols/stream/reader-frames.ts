// What a reader may say, checked before anything acts on it: the network is hostile.

import { schema } from "../../runtime/schema/schema.ts";
import { LIMITS, type ReaderFrame } from "./frames.ts";

const NAMES_MAX = 1_000;
/** Once in 1000 s. A period that does not fit in 31 bits would become 1 ms. */
const LATEST_RATE_MIN = 0.001;
const id = schema.string().min(1).max(64);
const args = schema.record(schema.string().max(64), schema.unknown()).optional();
const seq = schema.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const cursor = schema.object({ epoch: schema.string().max(64), seq });
const names = schema.array(schema.string().max(64)).max(NAMES_MAX).optional();

const readerFrame = schema.discriminatedUnion("t", [
  schema.object({
    t: schema.literal("subscribe"),
    sub: id,
    mode: schema.enum(["log", "latest"]),
    from: schema.union([schema.enum(["oldest", "newest"]), cursor]).optional(),
    consumer: schema
      .string()
      // It becomes a key of objects; a name such as __proto__ would be none.
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
      .optional(),
    filter: schema.object({ kinds: names, signals: names }).optional(),
    window: schema.number().int().min(1).max(LIMITS.windowMax).optional(),
    maxRate: schema.number().min(LATEST_RATE_MIN).max(LIMITS.latestRateMax).optional(),
  }),
  schema.object({ t: schema.literal("ack"), sub: id, epoch: schema.string().max(64), seq }),
  schema.object({ t: schema.literal("unsubscribe"), sub: id }),
  schema.object({ t: schema.literal("get"), id, what: id, args }),
  schema.object({ t: schema.literal("command"), id, name: id, args, key: id.optional() }),
  schema.object({ t: schema.literal("auth"), token: schema.string().max(4096) }),
  schema.object({ t: schema.literal("ping"), id }),
]);

/** The frame, or a sentence that says what is wrong with it. */
export function parseReaderFrame(text: string): ReaderFrame | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : "unreadable"}`;
  }
  const result = readerFrame.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  return `${issue.path.join(".") || "frame"}: ${issue.message}`;
}
