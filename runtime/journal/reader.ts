// The reading half of the journal: pages of records as JSON text, made once, and what a status page
// asks. Runs in a thread of its own, at the pace of whoever reads.

import type { TimeQuality } from "../signal/instant.ts";
import { qualityOf, reasonOfCode } from "../signal/quality.ts";
import { type Registers, ZERO_REGISTERS } from "../usage/usage-state.ts";
import { type JournalDatabase, openForReading } from "./database.ts";
import {
  type AlarmBody,
  KINDS,
  type RecordFilter,
  type RecordGap,
  type RecordPage,
  type Remembered,
  type UsageDay,
} from "./record.ts";

/** Records that one page looks at, so that a rare kind does not hold the thread for seconds. */
const LOOKED_AT_MAX = 20_000;
/**
 * Text of one page, in characters: at 3 bytes a character, as in Chinese, the stream's frame still
 * stays below its 1 MiB.
 */
const PAGE_TEXT_MAX = 320 * 1024;
/** Timebases kept in memory; a page rarely needs more than two. */
const TIMEBASES_MAX = 256;
/** Boots of a simulated past begin with this; see the demo. */
export const SIMULATED_BOOT_PREFIX = "simulated-";

/** Alarms that can stand at a time: a machine file's, the findings' and the controller's own. */
const ALARMS_MAX = 2_000;

const USAGE = KINDS.findIndex(([kind]) => kind === "usage");
const ALARM = KINDS.findIndex(([kind]) => kind === "alarm");

interface TimebaseRow {
  readonly boot: string;
  readonly utc_offset: number | null;
  readonly tq: TimeQuality;
  readonly err: number | null;
}

interface RecordRow {
  readonly seq: number;
  readonly timebase: number;
  readonly mono: number;
  readonly kind: number;
  readonly signal: number | null;
  readonly value: number | null;
  readonly code: number | null;
  readonly body: string | null;
}

export class JournalReader {
  readonly #database: JournalDatabase;
  readonly #timebases = new Map<number, TimebaseRow>();
  readonly #signalNames = new Map<number, string>();

  constructor(path: string) {
    this.#database = openForReading(path);
  }

  close(): void {
    this.#database.close();
  }

  /** The records after `position`, at most `limit`, and at least one where there is one. */
  page(position: number, limit: number, filter: RecordFilter): RecordPage {
    const bounded = Math.min(Math.max(1, limit), LOOKED_AT_MAX);
    // One snapshot for all that a page asks: records that a quota drops between two questions would
    // be neither in the page nor in its gap.
    return this.#database.transaction(() => this.#page(position, bounded, filter))();
  }

  #page(position: number, limit: number, filter: RecordFilter): RecordPage {
    const from = position + 1;
    const gap = this.#gapFrom(from);
    if (gap !== null && gap.from <= from) return { from, to: gap.to, records: [], gap };
    const newest = this.#newest();
    const end = Math.min(newest, gap ? gap.from - 1 : newest, position + LOOKED_AT_MAX);
    const rows = this.#select(from, end, limit, filter);
    const records: string[] = [];
    let textLength = 0;
    for (const row of rows) {
      const text = this.#textOf(row);
      if (records.length > 0 && textLength + text.length > PAGE_TEXT_MAX) break;
      records.push(text);
      textLength += text.length;
    }
    const whole = records.length === rows.length && rows.length < limit;
    const to = whole ? end : rows[records.length - 1]!.seq;
    return { from, to: Math.max(to, position), records };
  }

  acknowledged(): Record<string, number> {
    const rows = this.#database.prepare("SELECT name, seq FROM consumers").all();
    return Object.fromEntries(
      (rows as { name: string; seq: number }[]).map(({ name, seq }) => [name, seq]),
    );
  }

  /** Registers at the end of each of the last days that have a usage record, oldest first. */
  usageDays(days: number): readonly UsageDay[] {
    const rows = this.#database
      .prepare(
        `WITH usage AS (
           SELECT (r.mono + t.utc_offset) / 86400000 AS day, r.seq, r.body,
             t.boot LIKE ? || '%' AS simulated
           FROM records r JOIN timebases t ON t.id = r.timebase
           WHERE r.kind = ? AND r.signal IS NULL AND t.utc_offset IS NOT NULL),
         days AS (SELECT day, max(simulated) AS simulated FROM usage GROUP BY day)
         SELECT usage.day, max(usage.seq), usage.body, days.simulated
         FROM usage JOIN days ON days.day = usage.day
         GROUP BY usage.day ORDER BY usage.day DESC LIMIT ?`,
      )
      .all(SIMULATED_BOOT_PREFIX, USAGE, days) as {
      day: number;
      body: string;
      simulated: number;
    }[];
    return rows.reverse().map(({ day, body, simulated }) => ({
      day: new Date(day * 86_400_000).toISOString().slice(0, 10),
      registers: registersOf(body),
      simulated: simulated === 1,
    }));
  }

  /** What an earlier life of the meter left on record; see `Remembered`. */
  remembered(): Remembered {
    const usage = this.#database
      .prepare(
        `SELECT r.mono, t.boot, r.body FROM records r JOIN timebases t ON t.id = r.timebase
         WHERE r.kind = ? AND r.signal IS NULL ORDER BY r.seq DESC LIMIT 1`,
      )
      .get(USAGE) as { mono: number; boot: string; body: string } | undefined;
    const alarms = this.#database
      .prepare(
        `SELECT * FROM (SELECT r.mono, r.body, t.*, max(r.seq) FROM records r
           JOIN timebases t ON t.id = r.timebase WHERE r.kind = ? AND r.signal IS NULL
           GROUP BY json_extract(r.body, '$.id'))
         WHERE json_extract(body, '$.state') = 'active'
           OR coalesce(json_extract(body, '$.standing'), 'normal') <> 'normal'
           OR json_extract(body, '$.shelf') IS NOT NULL LIMIT ?`,
      )
      .all(ALARM, ALARMS_MAX) as (TimebaseRow & { mono: number; body: string })[];
    return {
      usage: usage
        ? { boot: usage.boot, mono: usage.mono, registers: registersOf(usage.body) }
        : null,
      alarms: alarms.map(({ mono, body, boot, utc_offset, tq, err }) => {
        const alarm = JSON.parse(body) as AlarmBody;
        const utc = utc_offset === null ? null : mono + utc_offset;
        return { ...alarm, since: alarm.onset?.at ?? { boot, mono, utc, tq, err } };
      }),
    };
  }

  #select(from: number, end: number, limit: number, filter: RecordFilter): RecordRow[] {
    const { kinds, signals } = filter;
    if (!kinds && !signals) {
      return this.#database
        .prepare("SELECT * FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?")
        .all(from, end, limit) as RecordRow[];
    }
    const kindCodes = kinds?.map((kind) => KINDS.findIndex(([name]) => name === kind)) ?? null;
    return this.#database
      .prepare(
        `SELECT * FROM records WHERE seq BETWEEN ? AND ?
           AND (? IS NULL OR kind IN (SELECT value FROM json_each(?)))
           AND (? IS NULL OR signal IN
                 (SELECT id FROM signals WHERE name IN (SELECT value FROM json_each(?))))
         ORDER BY seq LIMIT ?`,
      )
      .all(from, end, ...twice(kindCodes), ...twice(signals ?? null), limit) as RecordRow[];
  }

  #textOf(row: RecordRow): string {
    const timebase = this.#timebase(row.timebase);
    const utc = timebase.utc_offset === null ? null : row.mono + timebase.utc_offset;
    const [kind, recordClass] = KINDS[row.kind]!;
    const head =
      `{"seq":${row.seq},"class":"${recordClass}","kind":"${kind}",` +
      `"boot":${JSON.stringify(timebase.boot)},"mono":${row.mono},"utc":${utc},` +
      `"tq":"${timebase.tq}","err":${timebase.err}`;
    // The body is a JSON object of at least one field; its first brace becomes our comma.
    if (row.signal === null) return `${head},${row.body!.slice(1)}`;
    const code = row.code!;
    const reason = reasonOfCode(code);
    const why = reason === undefined ? "" : `,"reason":"${reason}"`;
    const name = JSON.stringify(this.#signalName(row.signal));
    const quality = qualityOf(code);
    const value =
      quality === "good" || row.value === null
        ? `"value":${row.value}`
        : `"value":null,"last":${row.value}`;
    return `${head},"signal":${name},${value},"quality":"${quality}"${why}}`;
  }

  #newest(): number {
    return (this.#database.prepare("SELECT max(seq) FROM records").pluck().get() as number) ?? 0;
  }

  #gapFrom(seq: number): RecordGap | null {
    const row = this.#database
      .prepare("SELECT * FROM gaps WHERE last >= ? ORDER BY first LIMIT 1")
      .get(seq) as
      | { first: number; last: number; reason: RecordGap["reason"]; counts: string }
      | undefined;
    if (!row) return null;
    const { first, last, reason, counts } = row;
    return { from: first, to: last, reason, counts: JSON.parse(counts) as RecordGap["counts"] };
  }

  #timebase(id: number): TimebaseRow {
    const known = this.#timebases.get(id);
    if (known) return known;
    const row = this.#database.prepare("SELECT * FROM timebases WHERE id = ?").get(id);
    if (this.#timebases.size >= TIMEBASES_MAX) this.#timebases.clear();
    this.#timebases.set(id, row as TimebaseRow);
    return row as TimebaseRow;
  }

  #signalName(id: number): string {
    const known = this.#signalNames.get(id);
    if (known) return known;
    const name = this.#database.prepare("SELECT name FROM signals WHERE id = ?").pluck().get(id);
    this.#signalNames.set(id, name as string);
    return name as string;
  }
}

/**
 * The newest good value of a signal in a journal that nobody has open; null where there is none.
 */
export function lastValueOf(path: string, signal: string): number | null {
  const database = openForReading(path);
  const value = database
    .prepare(
      `SELECT value FROM records
       WHERE signal = (SELECT id FROM signals WHERE name = ?) AND value IS NOT NULL
       ORDER BY seq DESC LIMIT 1`,
    )
    .pluck()
    .get(signal) as number | undefined;
  database.close();
  return value ?? null;
}

/** A list as SQL takes it twice: once to ask whether it is there, once to look into it. */
function twice(list: readonly unknown[] | null): [string | null, string | null] {
  const text = list === null ? null : JSON.stringify(list);
  return [text, text];
}

/** Of a usage record. Those of version 0.1 lack what was not counted then. */
function registersOf(body: string): Registers {
  const { registers } = JSON.parse(body) as { registers: Partial<Registers> };
  return { ...ZERO_REGISTERS, ...registers };
}
