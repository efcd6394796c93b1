// Reads the file of a statement, whatever somebody made of it: every bad file gets an answer, soon
// and in bounded memory, before anything in it is believed.

import { IS_MISSING, type RawIssue, sentence } from "../schema/issues.ts";
import { type Schema, schema } from "../schema/schema.ts";
import { canonicalJson } from "./canonical-json.ts";
import { LEAF_BYTES_MAX } from "./leaf.ts";
import { NOTE_LENGTH_MAX } from "./note.ts";
import { STATEMENT_BYTES_MAX, type Statement } from "./statement.ts";
import type { Told } from "./verdict.ts";

/** A statement nests 7 deep; deeper ones would exhaust the stack of whoever walks through them. */
const DEPTH_MAX = 16;
/** A year of them at one each 15 minutes. Each has signatures that take a millisecond to verify. */
const CHECKPOINTS_MAX = 36_000;
/** Instructions of a hire, and what was assented to. */
const ASSENTS_MAX = 1_000;
const EARLIER_MAX = 10_000;
/** A zone changes its offset twice a year. */
const OFFSETS_MAX = 1_000;
/** RFC 6962: one hash for each doubling of a tree that numbers can count. */
const HASHES_MAX = 64;
const MIB = 1024 * 1024;
/** Names of members that are missing are listed as far as a sentence carries them. */
const MISSING_NAMES_MAX = 8;
/** Some editors write it before a text in UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";

const count = schema.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const instant = schema.number().int().min(-8_640_000_000_000_000).max(8_640_000_000_000_000);
const word = schema.string().min(1).max(1_000);
const hashes = schema.array(schema.string().regex(/^[A-Za-z0-9+/]{43}=$/)).max(HASHES_MAX);
const leaf = schema.string().min(1).max(LEAF_BYTES_MAX);
const note = schema.string().max(NOTE_LENGTH_MAX);
const jws = schema.string().max(64 * 1024);
const end = schema.strictObject({ index: count, checkpoint: note, inclusion: hashes });

const statementSchema = schema.strictObject({
  v: schema.literal(1),
  typ: schema.literal("telltale.statement"),
  controller: word,
  origin: word,
  key: word,
  contract: schema.strictObject({ text: schema.string().max(MIB), jws }),
  period: schema.strictObject({
    from: instant,
    to: instant,
    offsets: schema
      .array(schema.strictObject({ from: instant, seconds: schema.number().int() }))
      .min(1)
      .max(OFFSETS_MAX),
  }),
  opening: end,
  closing: end,
  consistency: hashes,
  frontier: hashes,
  leaves: schema.array(leaf).min(1),
  earlier: schema
    .array(schema.strictObject({ index: count, leaf, inclusion: hashes }))
    .max(EARLIER_MAX),
  checkpoints: schema.array(note).max(CHECKPOINTS_MAX),
  assents: schema.array(jws).max(ASSENTS_MAX),
  // Whatever they are, they have to be the figures that follow from the rest.
  figures: schema.looseObject({}),
}) as unknown as Schema<Statement>;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The statement in these bytes, or what keeps them from being one. */
export function readStatement(bytes: Uint8Array): { readonly statement: Statement } | Told {
  if (bytes.length > STATEMENT_BYTES_MAX) {
    return {
      expected: `at most ${STATEMENT_BYTES_MAX / MIB} MiB`,
      found: "more; what is in it was not looked at",
    };
  }
  const depth = depthProblem(bytes);
  if (depth !== null) return depth;
  let content: string;
  let value: unknown;
  try {
    content = decoder.decode(bytes);
  } catch {
    return { expected: "text in UTF-8", found: "bytes that are no text" };
  }
  try {
    value = JSON.parse(content.startsWith(BYTE_ORDER_MARK) ? content.slice(1) : content);
  } catch (error) {
    return { expected: "JSON", found: endsEarly(content) ?? jsonProblem(error) };
  }
  const parsed = statementSchema.safeParse(value, {
    error: (issue) => sentence(issue as RawIssue),
  });
  if (!parsed.success) return schemaProblem(parsed.error.issues);
  return canonicalProblem(value, content) ?? { statement: parsed.data };
}

type Issue = InstanceType<typeof schema.ZodError>["issues"][number];

/** Members that are missing come first: they say best that the file is something else. */
function schemaProblem(issues: readonly Issue[]): Told {
  const expected = "a statement";
  const missing = issues.filter(({ message }) => message === IS_MISSING);
  const { path, message, ...issue } = missing[0] ?? issues[0]!;
  const field = path.join(".");
  const where = { ...(field !== "" && { field }) };
  if (missing.length > 0) {
    const names = missing.slice(0, MISSING_NAMES_MAX).map((one) => one.path.join("."));
    const more = missing.length - names.length;
    const others = more === 0 ? "" : ` and ${more} more`;
    const members = missing.length === 1 ? "member" : "members";
    return { where, expected, found: `one without the ${members} ${names.join(", ")}${others}` };
  }
  if (issue.code === "unrecognized_keys") {
    const name = [...path, issue.keys[0]].join(".");
    return { where, expected, found: `one with ${name}, which no statement has` };
  }
  const words = message.startsWith("must ") ? message.split(";")[0]! : "is not as it has to be";
  return { where, expected, found: `something else: ${field || "the whole"} ${words}` };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` differ from `]` and `}` by the same bit pattern: 0x5b, 0x7b and 0x5d, 0x7d. */
const LETTER_CASE = 0x20;
const OPENS = 0x7b;
const CLOSES = 0x7d;

/** Counts brackets outside strings: a parser would build all of it first. */
function depthProblem(bytes: Uint8Array): Told | null {
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      index++;
      while (index < bytes.length && bytes[index] !== QUOTE) {
        index += bytes[index] === BACKSLASH ? 2 : 1;
      }
    } else if ((byte | LETTER_CASE) === OPENS) {
      depth++;
      if (depth > DEPTH_MAX) {
        return {
          expected: `JSON that nests at most ${DEPTH_MAX} deep`,
          found: `deeper nesting at byte ${index}`,
        };
      }
    } else if ((byte | LETTER_CASE) === CLOSES) {
      depth--;
    }
  }
  return null;
}

function endsEarly(content: string): string | null {
  if (content === "") return "an empty file";
  if (!/^\ufeff?\{/.test(content)) return "something that does not begin as a statement does";
  return content.endsWith("}\n") ? null : "the beginning of a file: its end is missing";
}

function jsonProblem(error: unknown): string {
  return error instanceof SyntaxError ? error.message : String(error);
}

/**
 * Duplicate keys, another order, spaces and exponents would be a second text for the same thing.
 */
function canonicalProblem(value: unknown, content: string): Told | null {
  const expected = "canonical JSON and one line end";
  let canonical: string;
  try {
    canonical = `${canonicalJson(value)}\n`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { expected, found: error.message };
  }
  if (canonical === content) return null;
  const rewriting = rewritingOf(content, canonical);
  if (rewriting !== null) {
    const means =
      "A mail program or an editor rewrote the file, so it is not what the machine gave; take " +
      "the original, or have it sent again in an archive.";
    return { expected, found: rewriting, means };
  }
  const shorter = Math.min(canonical.length, content.length);
  let at = 0;
  while (at < shorter && canonical[at] === content[at]) at++;
  return { expected, found: `another text from character ${at} on` };
}

/**
 * What programs do to a text that they carry, where nothing else was done to it; null elsewhere.
 */
function rewritingOf(content: string, canonical: string): string | null {
  const isMarked = content.startsWith(BYTE_ORDER_MARK);
  const unmarked = isMarked ? content.slice(1) : content;
  // Inside of texts JSON has no raw line end, so these are all between them.
  const plain = unmarked.replaceAll("\r", "");
  if (`${plain.trimEnd()}\n` !== canonical) return null;
  return [
    ...(isMarked ? ["a byte order mark before it"] : []),
    ...(plain === unmarked ? [] : ["line ends of another system (CR LF)"]),
    ...(plain.endsWith("\n") ? [] : ["no line end after it"]),
    ...(/\s\n$/.test(plain) ? ["more than one line end after it"] : []),
  ].join(", ");
}
