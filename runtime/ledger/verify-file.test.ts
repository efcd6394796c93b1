// Files that are no honest statement: cut off, edited, put together from others, far too large; and
// statements beside what a party kept. Each gets an answer by name, and never `valid`.

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { forgeStatement, statementBytes, statementOf } from "../testing/ledger-forgery.ts";
import type { Life } from "../testing/ledger-life.ts";
import { HOUR_MS } from "../testing/ledger-parties.ts";
import { livedLife, shortLife } from "../testing/lived-life.ts";
import { STATEMENT_BYTES_MAX, type Statement } from "./statement.ts";
import type { CheckName } from "./verdict.ts";
import { type Verdict, type VerifyOptions, verifyStatement } from "./verify.ts";

let life: Life;
let period: { readonly from: number; readonly to: number };
let honest: Statement;
let short: { readonly life: Life; readonly bytes: Uint8Array };
const text = () => new TextDecoder().decode(short.bytes);

beforeAll(() => {
  ({ life, period } = livedLife());
  honest = statementOf(life, period.from, period.to);
  const lived = shortLife();
  const assents = [lived.life.instruction("assent-software", { sha256: "d".repeat(64) })];
  const statement = statementOf(lived.life, lived.period.from, lived.period.to);
  short = { life: lived.life, bytes: statementBytes({ ...statement, assents }) };
});

const pinsOf = (of: Life): VerifyOptions => ({
  now: of.utc,
  key: of.device.text,
  contract: { text: of.contractText },
});
const failed = ({ answers }: Verdict): readonly CheckName[] => [
  ...new Set(answers.filter(({ verdict }) => verdict === "failed").map(({ check }) => check)),
];
const verify = (statement: object, options: VerifyOptions = pinsOf(life)) =>
  verifyStatement(statementBytes(statement), options);
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("a file that is no statement", () => {
  const files: readonly [name: string, bytes: () => Uint8Array][] = [
    ["nothing", () => new Uint8Array(0)],
    ["no JSON", () => bytesOf("OCMF|{}|{}")],
    [
      "bytes that are no text",
      () => Uint8Array.from({ length: 4_096 }, (_, at) => (at * 37) % 256),
    ],
    ["JSON that is something else", () => bytesOf('{"typ":"telltale.statement","v":1}\n')],
    ["a list", () => bytesOf("[]\n")],
    ["brackets, 30 million deep", () => new Uint8Array(30_000_000).fill(0x5b)],
    ["a number without end", () => bytesOf(`{"v":${"9".repeat(1_000_000)}}\n`)],
    ["a number that JSON cannot carry", () => edited('"seconds":3600', '"seconds":1e400')],
    ["a number in another form", () => edited('"seconds":3600', '"seconds":3.6e3')],
    ["a key that stands there twice", () => edited('{"assents"', '{"v":1,"assents"')],
    ["a space more", () => edited('"v":1}', '"v":1 }')],
    ["a byte order mark", () => bytesOf(`\ufeff${text()}`)],
    ["line ends of another system", () => bytesOf(text().replace(/\n$/, "\r\n"))],
    ["a line end more", () => bytesOf(`${text()}\n`)],
    ["no line end", () => bytesOf(text().trimEnd())],
    ["two statements", () => bytesOf(text() + text())],
    ["a key that nobody knows", () => edited('"v":1}', '"v":1,"x":1}')],
    ["100 MB", () => new Uint8Array(100_000_000)],
    ["one byte too many", () => new Uint8Array(STATEMENT_BYTES_MAX + 1).fill(0x20)],
  ];
  const edited = (before: string, after: string) => {
    expect(text()).toContain(before);
    return bytesOf(text().replace(before, after));
  };

  test.each(files)("%s", (_, bytes) => {
    const verdict = verifyStatement(bytes(), pinsOf(short.life));
    expect(failed(verdict)).toEqual(["not a statement"]);
    expect(verdict.valid).toBe(false);
    expect(verdict.answers.filter((answer) => answer.verdict === "not-checked")).toHaveLength(19);
  });

  const words: readonly [name: string, bytes: () => Uint8Array, found: string][] = [
    ["a mark", () => bytesOf(`\ufeff${text()}`), "a byte order mark before it"],
    [
      "other line ends",
      () => bytesOf(text().replace(/\n$/, "\r\n")),
      "line ends of another system (CR LF)",
    ],
    ["no line end", () => bytesOf(text().trimEnd()), "no line end after it"],
    ["a line end more", () => bytesOf(`${text()}\n`), "more than one line end after it"],
    [
      "two of them",
      () => bytesOf(`\ufeff${text().trimEnd()}`),
      "a byte order mark before it, no line end after it",
    ],
  ];
  test.each(words)("a mail program's doing is called so: %s", (_, bytes, found) => {
    const [answer] = verifyStatement(bytes(), pinsOf(short.life)).answers;
    expect(answer).toMatchObject({ found, means: expect.stringContaining("mail program") });
  });

  test("what is wrong is said in words that have a remedy", () => {
    const told = (bytes: Uint8Array) => verifyStatement(bytes, pinsOf(short.life)).answers[0];
    const { contract: _, ...rest } = honest;
    expect(told(statementBytes(rest))).toMatchObject({
      where: { field: "contract" },
      found: "one without the member contract",
    });
    expect(told(bytesOf("{}\n"))!.found).toMatch(/^one without the members v, typ, .* more$/);
    expect(told(bytesOf("[]\n"))!.found).toBe("something else: the whole must be a map of keys");
    expect(told(statementBytes({ ...honest, x: 1 }))!.found).toContain("x, which no statement has");
    expect(told(new Uint8Array(STATEMENT_BYTES_MAX + 1))!.expected).toBe("at most 64 MiB");
    const edited = text().replace('"v":1}', '"v":1 }').replace(/\n$/, "\r\n");
    expect(told(bytesOf(edited))!.means).not.toContain("mail program");
  });

  test("any beginning of one is found to be cut off", () => {
    const beginning = fc.integer({ min: 0, max: short.bytes.length - 1 });
    fc.assert(
      fc.property(beginning, (length) => {
        const verdict = verifyStatement(short.bytes.subarray(0, length), pinsOf(short.life));
        expect(failed(verdict)).toEqual(["not a statement"]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("an edited statement", () => {
  test("of which any bit was changed is found and named", () => {
    const places = fc.tuple(fc.nat(short.bytes.length - 1), fc.nat(7));
    fc.assert(
      fc.property(places, ([at, bit]) => {
        const bytes = short.bytes.slice();
        bytes[at]! ^= 1 << bit;
        const verdict = verifyStatement(bytes, pinsOf(short.life));
        expect(failed(verdict)).not.toEqual([]);
        expect(verdict.valid).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test("any bit of the period is found", () => {
    const from = text().indexOf('"period":{"from"');
    const to = text().indexOf('"typ":"telltale.statement"');
    const places = fc.tuple(fc.integer({ min: from, max: to - 1 }), fc.nat(7));
    fc.assert(
      fc.property(places, ([at, bit]) => {
        const bytes = short.bytes.slice();
        bytes[at]! ^= 1 << bit;
        expect(verifyStatement(bytes, pinsOf(short.life)).valid).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  const leaves = (change: (texts: string[]) => void) => () => {
    const texts = [...honest.leaves];
    change(texts);
    return { ...honest, leaves: texts };
  };
  const swap = (texts: string[], one: number, other: number) => {
    [texts[one], texts[other]] = [texts[other]!, texts[one]!];
  };
  const edits: readonly [name: string, edited: () => object, checks: readonly CheckName[]][] = [
    ["two leaves swapped", leaves((texts) => swap(texts, 4, 5)), ["inclusion", "chain gap"]],
    ["a leaf removed", leaves((texts) => texts.splice(6, 1)), ["inclusion", "chain gap"]],
    ["a leaf added", leaves((texts) => texts.push(texts[3]!)), ["chain gap"]],
    ["the last leaf removed", leaves((texts) => texts.pop()), ["chain gap"]],
    [
      "opening and closing head swapped",
      () => ({
        ...honest,
        opening: { ...honest.opening, checkpoint: honest.closing.checkpoint },
        closing: { ...honest.closing, checkpoint: honest.opening.checkpoint },
      }),
      ["inclusion", "fork"],
    ],
    [
      "a head twice",
      () => ({ ...honest, checkpoints: [honest.opening.checkpoint, honest.opening.checkpoint] }),
      ["fork"],
    ],
    [
      "the closing's cosignatures left out",
      () => ({
        ...honest,
        closing: {
          ...honest.closing,
          checkpoint: honest.closing.checkpoint.replace(/— lessee.*\n/, ""),
        },
        opening: honest.opening,
      }),
      [],
    ],
    [
      "an amount",
      () => ({
        ...honest,
        figures: {
          ...honest.figures,
          lines: honest.figures.lines.map((line, at) => {
            return at === 0 ? { ...line, amountMinor: line.amountMinor + 1 } : line;
          }),
        },
      }),
      ["tariff mismatch"],
    ],
    ["no figures", () => ({ ...honest, figures: {} }), ["tariff mismatch"]],
    [
      "a later end",
      () => ({ ...honest, period: { ...honest.period, to: honest.period.to + 3_600_000 } }),
      ["tariff mismatch"],
    ],
    [
      "another offset of the zone",
      () => ({
        ...honest,
        period: {
          ...honest.period,
          offsets: [{ ...honest.period.offsets[0]!, seconds: 7_200 }],
        },
      }),
      ["tariff mismatch"],
    ],
    [
      "a closing that lies earlier",
      () => ({ ...honest, closing: { ...honest.closing, index: honest.closing.index - 3 } }),
      ["inclusion", "chain gap"],
    ],
    [
      "a price",
      () => {
        const text = honest.contract.text.replace("45.00", "46.00");
        return { ...honest, contract: { ...honest.contract, text } };
      },
      ["contract"],
    ],
    [
      "a contract that is none",
      () => ({ ...honest, contract: { ...honest.contract, text: "contract: 2\n" } }),
      ["contract"],
    ],
  ];
  test.each(edits)("%s", (name, edited, checks) => {
    const verdict = verify(edited());
    expect(failed(verdict)).toEqual(expect.arrayContaining([...checks]));
    // Whoever hands on fewer cosignatures hides nothing: those that are left still count.
    expect([name, verdict.valid]).toEqual([name, checks.length === 0]);
  });

  test("names the line of the bill and both amounts", () => {
    const lines = honest.figures.lines.map((line) => ({ ...line, amountMinor: 1 }));
    const { answers } = verify({ ...honest, figures: { ...honest.figures, lines } });
    const [answer] = answers.filter(({ check }) => check === "tariff mismatch");
    const [line] = honest.figures.lines;
    expect(answer).toMatchObject({
      where: { line: line!.id, field: "figures.lines.0.amountMinor" },
      expected: String(line!.amountMinor),
      found: "1",
    });
  });
});

describe("a statement of something else", () => {
  test("of another machine under our contract", () => {
    const other = livedLife({ controller: "d".repeat(32) });
    const statement = statementOf(other.life, other.period.from, other.period.to);
    const verdict = verify({ ...statement, contract: honest.contract });
    expect(failed(verdict)).toEqual(
      expect.arrayContaining(["another device", "replaced key", "tariff mismatch"]),
    );
  });

  test("under a contract that we did not sign", () => {
    const { text } = honest.contract;
    const options = { ...pinsOf(life), contract: { text: text.replace("hire-1", "hire-2") } };
    expect(failed(verify(honest, options))).toEqual(["contract"]);
  });

  test("from the future", () => {
    const options = { ...pinsOf(life), now: period.from - HOUR_MS };
    expect(failed(verify(honest, options))).toEqual(["from the future"]);
  });
});

describe("what a party kept", () => {
  const kept = (witnessed: string) => verify(honest, { ...pinsOf(life), witnessed });

  test("of the same history is in order", () => {
    const end = honest.opening.index + honest.leaves.length;
    const heads = life.segment.checkpoints.filter(({ size }) => size <= end).slice(1);
    expect(heads.length).toBeGreaterThan(3);
    for (const { size, note } of heads) {
      const verdict = kept(note);
      const fork = verdict.answers.find(({ check }) => check === "fork");
      expect([size, verdict.valid, fork?.verdict]).toEqual([size, true, "ok"]);
    }
  });

  test("of another history is a fork", () => {
    const edit = <Leaf extends { readonly seq: number }>(leaf: Leaf) =>
      leaf.seq === 9 ? { ...leaf, regs: { ...life.segment.leaves[9]!.regs, cycles: 99 } } : leaf;
    const forged = forgeStatement(life, { edit }, period);
    const verdict = kept(forged.closing.checkpoint);
    expect(failed(verdict)).toEqual(["fork"]);
    expect(failed(verify(honest, { ...pinsOf(life), witnessed: "x" }))).toEqual(["signature"]);
  });

  test("of several ledgers is looked through for this one", () => {
    const { note } = life.segment.checkpoints[2]!;
    const other = (by: string) => note.replaceAll(life.segment.origin, by);
    const machine = other("telltale/usage/ffffffffffffffffffffffffffffffff");
    for (const notes of [machine + note, note + machine]) expect(kept(notes).valid).toBe(true);
    for (const wrong of [machine, other(`${life.segment.origin}/2`)]) {
      const verdict = kept(wrong);
      expect(failed(verdict)).toEqual(["another device"]);
      const means = verdict.answers.flatMap((answer) => answer.means ?? []).join();
      expect(means).toContain("of another ledger");
      expect(means).not.toContain("do not pay");
    }
  });

  test("of a longer one: the controller was rolled back, or the statement is older", () => {
    const later = livedLife().life;
    later.run("WORKING", HOUR_MS).cosign();
    const { note } = later.segment.checkpoints.at(-1)!;
    const older = kept(note);
    expect(older.valid).toBe(true);
    expect(older.answers.find(({ check }) => check === "fork")).toMatchObject({
      verdict: "warning",
    });
    // A controller that was restored from an old copy goes on, and its witnesses see less.
    const restored = livedLife().life;
    restored.run("OFF", 5 * HOUR_MS).cosign();
    restored.run("OFF", HOUR_MS).cosign();
    const long = livedLife().life;
    for (let cosigned = 0; cosigned < 30; cosigned++) long.run("IDLE", 60_000).cosign();
    const last = long.segment.checkpoints.at(-1)!;
    expect(last.size).toBeGreaterThan(restored.segment.leaves.length);
    const statement = statementOf(restored, period.from, restored.utc - HOUR_MS);
    const verdict = verify(statement, { ...pinsOf(restored), witnessed: last.note });
    expect(failed(verdict)).toEqual(["fork"]);
  });
});

describe("witnesses", () => {
  test("that have not cosigned are missed, each by its name", () => {
    const lived = livedLife({ witnesses: [] });
    const statement = statementOf(lived.life, lived.period.from, lived.period.to);
    const verdict = verify(statement, pinsOf(lived.life));
    expect(failed(verdict)).toEqual(["unwitnessed"]);
    const missed = verdict.answers.filter(({ check }) => check === "unwitnessed");
    expect(missed.map(({ expected }) => expected).join()).toMatch(/lessor.example.*lessee.example/);
  });

  test("that have looked too long ago are stale", () => {
    const { life: old } = livedLife({
      cosignEveryMs: 0,
      contract: { witnessAgeMaxMs: 30 * 60_000 },
    });
    const from = old.segment.trueUtc[0]!;
    old.run("OFF", 3 * HOUR_MS);
    const statement = statementOf(old, from, old.utc);
    const verdict = verify(statement, pinsOf(old));
    expect(failed(verdict)).toEqual(["stale witness"]);
  });

  test("that the contract does not name are a warning", () => {
    const { parties } = life.contract;
    const { witness: _, ...lessee } = parties.lessee;
    const lived = livedLife({ contract: { parties: { ...parties, lessee } }, witnesses: [] });
    const statement = statementOf(lived.life, lived.period.from, lived.period.to);
    const verdict = verify(statement, pinsOf(lived.life));
    expect(verdict.answers.filter(({ check }) => check === "unwitnessed")).toMatchObject([
      { verdict: "warning", where: { field: "parties.lessee.witness" } },
      { verdict: "failed" },
    ]);
  });
});

test("a ledger that was lost goes on in another segment, and the verifier says so", () => {
  const { life: broken } = livedLife();
  broken.breakSegment().run("WORKING", HOUR_MS).cosign().run("OFF", HOUR_MS).cosign();
  const from = broken.segment.trueUtc[0]!;
  const statement = statementOf(broken, from - 1, from + HOUR_MS);
  const verdict = verify(statement, pinsOf(broken));
  expect(failed(verdict)).toEqual([]);
  const answer = verdict.answers.find(({ check }) => check === "segment break");
  expect(answer).toMatchObject({ verdict: "warning", where: { leaf: 0 } });
  expect(answer?.found).toContain("corrupt");
  const origin = `${statement.origin}3`;
  expect(failed(verify({ ...statement, origin }, pinsOf(broken)))).toContain("another device");
});
