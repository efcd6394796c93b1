// What a verifier finds: the honest life is valid, and each way to cheat or to err has its name.

import { beforeAll, describe, expect, test } from "vitest";
import { forgeStatement, statementBytes, statementOf } from "../testing/ledger-forgery.ts";
import type { Life } from "../testing/ledger-life.ts";
import { HOUR_MS, TEST_CONTROLLER, testKey } from "../testing/ledger-parties.ts";
import { livedLife } from "../testing/lived-life.ts";
import type { Leaf } from "./leaf.ts";
import type { Statement } from "./statement.ts";
import type { CheckName } from "./verdict.ts";
import { type Verdict, type VerifyOptions, verifyStatement } from "./verify.ts";

const MINUTE_MS = 60_000;

let life: Life;
let period: { from: number; to: number };
let honest: Statement;

beforeAll(() => {
  ({ life, period } = livedLife());
  honest = statementOf(life, period.from, period.to);
});

const pins = (): VerifyOptions => ({
  now: life.utc,
  key: life.device.text,
  contract: { text: life.contractText },
});
const verify = (statement: object, options: VerifyOptions = pins()) =>
  verifyStatement(statementBytes(statement), options);
const named = ({ answers }: Verdict, verdict: "failed" | "warning") => [
  ...new Set(answers.filter((answer) => answer.verdict === verdict).map(({ check }) => check)),
];
const failed = (verdict: Verdict) => named(verdict, "failed");

describe("an honest statement", () => {
  test("is valid, and every check is in order", () => {
    const verdict = verify(honest);
    expect(verdict.answers.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(verdict.valid).toBe(true);
    expect(verdict.figures).toEqual(honest.figures);
    expect(new Set(verdict.answers.map(({ check }) => check)).size).toBe(20);
  });

  test("says how to pin what was not pinned", () => {
    const verdict = verify(honest, { now: life.utc });
    expect(verdict.valid).toBe(true);
    expect(named(verdict, "warning")).toEqual(["replaced key", "contract"]);
    const means = verdict.answers.map((answer) => answer.means).join();
    expect(means).toMatch(/give the key .* copy of the contract/);
    // The page shows the same words, and has fields instead of options.
    expect(means).not.toContain("--");
  });

  test("without anybody who says the time, the future is not checked", () => {
    const { answers } = verify(honest, { key: life.device.text });
    expect(answers.find(({ check }) => check === "from the future")?.verdict).toBe("not-checked");
  });
});

type Edit = (leaf: Leaf, index: number) => Leaf | null;

/** Where the life's first leaf of a type lies; counted from the opening. */
const indexOf = (typ: Leaf["typ"], nth = 0): number =>
  life.segment.leaves.filter((leaf) => leaf.typ === typ)[nth]!.seq;
const editing =
  (index: number, change: (leaf: Leaf) => object): Edit =>
  (leaf, at) =>
    at === index ? ({ ...leaf, ...change(leaf) } as Leaf) : leaf;
const fromOn =
  (index: number, change: (leaf: Leaf) => object): Edit =>
  (leaf, at) =>
    at >= index ? ({ ...leaf, ...change(leaf) } as Leaf) : leaf;

interface Case {
  readonly name: string;
  readonly check: CheckName;
  readonly edit: () => Edit;
  readonly leaf?: () => number;
}

const lies: readonly Case[] = [
  {
    name: "an hour that did not pass",
    check: "conservation",
    edit: () =>
      fromOn(indexOf("TICK", 1), ({ regs }) => ({
        regs: { ...regs, working: regs.working + HOUR_MS },
      })),
    leaf: () => indexOf("TICK", 1),
  },
  {
    name: "idle time that is called work",
    check: "conservation",
    edit: () =>
      fromOn(indexOf("RECOVERY") + 2, ({ regs }) => ({
        regs: { ...regs, working: regs.working + 60_000, idle: regs.idle - 60_000 },
      })),
    leaf: () => indexOf("RECOVERY") + 2,
  },
  {
    name: "a gap that was counted as work",
    check: "conservation",
    edit: () =>
      fromOn(indexOf("GAP"), ({ regs }) => ({
        regs: { ...regs, working: regs.working + 90_000, unknown: regs.unknown - 90_000 },
      })),
    leaf: () => indexOf("GAP"),
  },
  {
    name: "the time without power as work",
    check: "conservation",
    edit: () =>
      fromOn(indexOf("RECOVERY", 2), ({ regs }) => ({
        regs: { ...regs, working: regs.working + HOUR_MS },
      })),
    leaf: () => indexOf("RECOVERY", 2),
  },
  {
    name: "more work saved before a cut than there was time for",
    check: "conservation",
    edit: () => {
      const at = indexOf("RECOVERY", 2);
      return (leaf, index) => {
        if (index < at) return leaf;
        const regs = { ...leaf.regs, working: leaf.regs.working + 2 * HOUR_MS };
        if (leaf.typ !== "RECOVERY" || index > at) return { ...leaf, regs };
        return { ...leaf, regs, d: { ...leaf.d, previousMono: leaf.d.previousMono + 2 * HOUR_MS } };
      };
    },
    leaf: () => indexOf("RECOVERY", 2),
  },
  {
    name: "overload where there was none",
    check: "conservation",
    edit: () =>
      fromOn(indexOf("TICK", 1), ({ regs }) => ({
        regs: { ...regs, overload: regs.overload + 60_000 },
      })),
    leaf: () => indexOf("TICK", 1),
  },
  {
    name: "a start without its recovery",
    check: "conservation",
    edit: () => (leaf, index) => (index === indexOf("RECOVERY") ? null : leaf),
  },
  {
    name: "a register that runs backwards",
    check: "regression",
    edit: () => editing(indexOf("TICK", 2), ({ regs }) => ({ regs: { ...regs, working: 1 } })),
    leaf: () => indexOf("TICK", 2),
  },
  {
    name: "a count that runs backwards",
    check: "regression",
    edit: () => fromOn(indexOf("STOP"), ({ regs }) => ({ regs: { ...regs, cycles: 0 } })),
    leaf: () => indexOf("STOP"),
  },
  {
    name: "an instruction that was left out",
    check: "chain gap",
    edit: () => (leaf, index) => (index === indexOf("LEASE") ? null : leaf),
  },
  {
    name: "a leaf that is numbered wrongly",
    check: "chain gap",
    edit: () => editing(indexOf("STOP"), ({ seq }) => ({ seq: seq + 1 })),
    leaf: () => indexOf("STOP"),
  },
  {
    name: "a leaf that does not continue the one before",
    check: "chain gap",
    edit: () => editing(indexOf("STOP"), () => ({ prev: `${"A".repeat(43)}=` })),
    leaf: () => indexOf("STOP"),
  },
  {
    name: "an event that was not counted",
    check: "chain gap",
    edit: () => fromOn(indexOf("TIME_STEP"), ({ evc }) => ({ evc: evc - 1 })),
    leaf: () => indexOf("TIME_STEP"),
  },
  {
    name: "a monotonic clock that runs backwards",
    check: "time regression",
    edit: () => editing(indexOf("STOP"), ({ mono }) => ({ mono: mono - 20 * MINUTE_MS })),
    leaf: () => indexOf("STOP"),
  },
  {
    name: "a wall clock that jumps without a word",
    check: "time regression",
    edit: () => editing(indexOf("TICK", 1), ({ utc }) => ({ utc: utc! + 30_000 })),
    leaf: () => indexOf("TICK", 1),
  },
  {
    name: "a boot that lies before the one it follows",
    check: "time regression",
    edit: () => fromOn(indexOf("RECOVERY", 2), ({ utc }) => ({ utc: utc! - 5 * HOUR_MS })),
  },
  {
    name: "a leaf that is dated after a witness saw it",
    check: "time regression",
    edit: () => (leaf) => ({ ...leaf, utc: leaf.utc! + HOUR_MS }),
  },
  {
    name: "another boot under the old number",
    check: "boot reuse",
    edit: () => fromOn(indexOf("RECOVERY"), ({ bseq }) => ({ bseq: bseq - 1 })),
    leaf: () => indexOf("RECOVERY"),
  },
  {
    name: "a boot that comes a second time",
    check: "boot reuse",
    edit: () => fromOn(indexOf("RECOVERY", 2), () => ({ boot: life.segment.leaves[0]!.boot })),
    leaf: () => indexOf("RECOVERY", 2),
  },
  {
    name: "a recovery from a boot that was not the last",
    check: "boot reuse",
    edit: () => editing(indexOf("RECOVERY"), ({ d }) => ({ d: { ...d, previousBoot: "another" } })),
    leaf: () => indexOf("RECOVERY"),
  },
  {
    name: "another configuration",
    check: "unapproved configuration",
    edit: () => fromOn(indexOf("RECOVERY"), () => ({ cfg: "e".repeat(64) })),
    leaf: () => indexOf("RECOVERY"),
  },
  {
    name: "other metering code",
    check: "unknown software",
    edit: () => fromOn(indexOf("RECOVERY"), () => ({ sw: "e".repeat(64) })),
    leaf: () => indexOf("RECOVERY"),
  },
  {
    name: "more lost than the contract allows",
    check: "loss bound exceeded",
    edit: () =>
      editing(indexOf("RECOVERY"), ({ d }) => ({ d: { ...d, lossBoundMs: 2 * HOUR_MS } })),
  },
  {
    name: "a hire that ends without an instruction",
    check: "contract",
    edit: () => fromOn(indexOf("RECOVERY"), () => ({ lease: undefined })),
    leaf: () => indexOf("RECOVERY"),
  },
  {
    name: "an instruction that somebody else signed",
    check: "contract",
    edit: () => {
      const thief = testKey("thief.example");
      const jws = life.instruction("on-hire", {}, [thief, thief]);
      return editing(indexOf("LEASE", 2), () => ({ d: { jws } }));
    },
    leaf: () => indexOf("LEASE", 2),
  },
  {
    name: "an instruction that one party did not sign",
    check: "contract",
    edit: () => {
      const jws = life.instruction("on-hire", {}, [testKey("lessor.example")]);
      return editing(indexOf("LEASE", 2), () => ({ d: { jws } }));
    },
    leaf: () => indexOf("LEASE", 2),
  },
  {
    name: "leaves of another controller",
    check: "another device",
    edit: () => editing(indexOf("TICK", 1), () => ({ dev: "f".repeat(32) })),
    leaf: () => indexOf("TICK", 1),
  },
];

describe("a controller that lies and signs it", () => {
  test.each(lies)("$name: $check", ({ check, edit, leaf }) => {
    const verdict = verify(forgeStatement(life, { edit: edit() }, period));
    const found = verdict.answers.filter((one) => one.verdict === "failed" && one.check === check);
    expect(failed(verdict)).toContain(check);
    if (leaf) expect(found.map(({ where }) => where?.leaf)).toContain(leaf());
    expect(verdict.valid).toBe(false);
  });

  test("without an edit the forged statement is the honest one", () => {
    const forged = forgeStatement(life, { edit: (leaf) => leaf }, period);
    expect(verify(forged).valid).toBe(true);
    expect(forged.leaves).toEqual(honest.leaves);
  });

  test("with another key is found by the contract, and by the key that was given", () => {
    const device = testKey(`telltale/usage/${TEST_CONTROLLER}`, "p256");
    const edit = (leaf: Leaf) =>
      leaf.typ === "GENESIS" ? { ...leaf, d: { ...leaf.d, key: device.text } } : leaf;
    const forged = forgeStatement(life, { edit, device }, period);
    expect(failed(verify(forged))).toEqual(["replaced key"]);
    expect(failed(verify(forged, { now: life.utc, key: life.device.text }))).toEqual([
      "replaced key",
    ]);
    expect(failed(verify(forged, { now: life.utc }))).toEqual(["replaced key"]);
  });
});

describe("with assent of both parties", () => {
  const assented = (kind: "assent-configuration" | "assent-software", field: "cfg" | "sw") => {
    const sha256 = "e".repeat(64);
    const edit = fromOn(indexOf("RECOVERY"), () => ({ [field]: sha256 }));
    const forged = forgeStatement(life, { edit }, period);
    return verify({ ...forged, assents: [life.instruction(kind, { sha256 })] });
  };

  test("another configuration and other code are approved", () => {
    expect(failed(assented("assent-configuration", "cfg"))).toEqual([]);
    expect(failed(assented("assent-software", "sw"))).toEqual([]);
  });

  test("what both let pass for the period is no excess", () => {
    const edit = editing(indexOf("RECOVERY"), ({ d }) => ({
      d: { ...d, lossBoundMs: 2 * HOUR_MS },
    }));
    const forged = forgeStatement(life, { edit }, period);
    const assents = [life.instruction("assent-loss", period)];
    const notes = forged.figures.notes.filter((note) => !note.includes("assent-loss"));
    const figures = { ...forged.figures, notes };
    expect(failed(verify({ ...forged, assents, figures }))).toEqual([]);
  });
});
