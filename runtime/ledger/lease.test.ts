import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONTRACT,
  CONTRACT_TEXTS,
  CONTROLLER,
  ISSUED,
  instruction,
  leaseContract,
  NEXT_CONTRACT,
  NEXT_TEXTS,
  PARTIES,
  type PartyName,
} from "../testing/lease-parties.ts";
import { contractHash } from "./contract-file.ts";
import type { Instruction } from "./instruction.ts";
import { INSTRUCTION_KINDS, type InstructionKind } from "./instruction-payload.ts";
import type { LeaseState } from "./leaf.ts";
import {
  type InstructionTime,
  type LeaseTerms,
  type SignedContract,
  takeInstruction,
} from "./lease.ts";
import { EMPTY_LEASE_BOOK, type LeaseBook, restoreLease } from "./lease-book.ts";
import { LEASE_RULES } from "./lease-rules.ts";

const TERMS: LeaseTerms = { controller: CONTROLLER, key: PARTIES.device.key, lessor: null };
const IN_TIME: InstructionTime = { utcMin: ISSUED * 1_000, ledgerUtc: null };
const { lessor, lessee, nextLessee, stranger } = PARTIES;

const SIGNED: SignedContract = {
  hash: contractHash(CONTRACT_TEXTS.text),
  contract: CONTRACT,
  signers: [lessor.key, lessee.key],
};
const NEXT_SIGNED: SignedContract = {
  hash: contractHash(NEXT_TEXTS.text),
  contract: NEXT_CONTRACT,
  signers: [lessor.key, nextLessee.key],
};

interface Given {
  readonly by?: readonly PartyName[];
  readonly contract?: SignedContract;
  readonly nextContract?: SignedContract | undefined;
  readonly terms?: LeaseTerms;
  readonly time?: InstructionTime;
}

function take(book: LeaseBook, taken: Instruction, given: Given = {}) {
  const { by = ["lessor", "lessee", "nextLessee"], contract = SIGNED, terms = TERMS } = given;
  const nextContract = "nextContract" in given ? given.nextContract : NEXT_SIGNED;
  const signers = by.map((name) => PARTIES[name].key);
  const asked = { instruction: taken, signers, contract, nextContract };
  return takeInstruction(book, asked, terms, given.time ?? IN_TIME);
}

/** The book after these, each of which is taken. */
function bookAfter(...kinds: readonly InstructionKind[]): LeaseBook {
  let book = EMPTY_LEASE_BOOK;
  kinds.forEach((kind, index) => {
    const result = take(book, instruction(kind, { id: `before-${index}` }));
    if (result.refused) throw new Error(`${kind}: ${result.message}`);
    book = result.next;
  });
  return book;
}

const WAYS: Readonly<Record<LeaseState | "none", readonly InstructionKind[]>> = {
  none: [],
  delivered: ["delivery"],
  accepted: ["delivery", "acceptance"],
  "on-hire": ["delivery", "acceptance", "on-hire"],
  standby: ["delivery", "acceptance", "on-hire", "standby-begin"],
  "off-hire": ["delivery", "acceptance", "on-hire", "off-hire"],
  returned: ["delivery", "return"],
};
const STATES = Object.keys(WAYS) as (keyof typeof WAYS)[];

describe("the order of life", () => {
  test.each(STATES.flatMap((state) => INSTRUCTION_KINDS.map((kind) => ({ state, kind }))))(
    "$kind where the lease is $state is as the table says",
    ({ state, kind }) => {
      const book = bookAfter(
        ...WAYS[state],
        ...(kind === "fault-end" && state !== "none" && state !== "returned"
          ? ["fault-begin" as const]
          : []),
      );
      const lease = kind === "delivery" ? "lease-9" : "lease-1";
      const result = take(book, instruction(kind, { lease }));
      const isAllowed =
        LEASE_RULES[kind].from.includes(state) && !(kind === "fault-end" && book.fault === null);
      if (!isAllowed) {
        expect(result).toMatchObject({ refused: true, code: "out-of-order" });
        return;
      }
      if (result.refused) throw new Error(result.message);
      const { to } = LEASE_RULES[kind];
      expect(result.next.lease?.state ?? "none").toBe(to ?? state);
    },
  );

  test("the whole life, from delivery over a handover to the return", () => {
    const book = bookAfter(
      "delivery",
      "acceptance",
      "on-hire",
      "standby-begin",
      "standby-end",
      "fault-begin",
      "fault-end",
      "service-done",
      "handover",
    );
    expect(book.lease).toEqual({ id: "lease-2", contract: NEXT_SIGNED.hash, state: "accepted" });
    const next = { lease: "lease-2", contract: NEXT_SIGNED.hash };
    const onHire = take(book, instruction("on-hire", { ...next, id: "next-1" }), {
      by: ["lessor", "nextLessee"],
      contract: NEXT_SIGNED,
    });
    expect(onHire).toMatchObject({
      refused: false,
      leaf: "LEASE",
      effects: [{ kind: "lease", id: "lease-2", state: "on-hire" }],
    });
  });

  test("a lease's name is used once", () => {
    const book = bookAfter("delivery", "return");
    const again = take(book, instruction("delivery"));
    expect(again).toMatchObject({ code: "wrong-lease" });
    expect(
      take(
        bookAfter("delivery", "acceptance", "on-hire"),
        instruction("handover", { nextLease: "lease-1" }),
      ),
    ).toMatchObject({ code: "wrong-lease" });
  });

  test("an instruction about another lease or under another contract is refused", () => {
    const book = bookAfter("delivery");
    expect(take(book, instruction("acceptance", { lease: "lease-7" }))).toMatchObject({
      code: "wrong-lease",
    });
    const other = instruction("acceptance", { contract: NEXT_SIGNED.hash });
    expect(take(book, other, { contract: NEXT_SIGNED })).toMatchObject({ code: "wrong-contract" });
    expect(take(book, other)).toMatchObject({ code: "wrong-contract" });
  });

  test("an assent may be about an earlier lease, a return may not", () => {
    const book = bookAfter("delivery", "acceptance", "on-hire", "handover");
    expect(take(book, instruction("assent-loss"))).toMatchObject({ refused: false });
    expect(take(book, instruction("off-hire"))).toMatchObject({ refused: true });
    expect(take(book, instruction("assent-loss", { lease: "never" }))).toMatchObject({
      code: "wrong-lease",
    });
  });
});

describe("what an instruction brings about", () => {
  test.each([
    ["fault-begin", { kind: "fault", source: "instruction:id-fault-begin" }, "LEASE"],
    ["service-done", { kind: "service-done", service: "oil", register: "working" }, "SERVICE"],
    ["offset", { kind: "offset", previousController: "d".repeat(32) }, "OFFSET"],
    ["acceptance", { kind: "lease", id: "lease-1", state: "accepted" }, "LEASE"],
  ] as const)("%s", (kind, effect, leaf) => {
    const result = take(bookAfter("delivery"), instruction(kind));
    expect(result).toMatchObject({ refused: false, leaf, effects: [effect] });
  });

  test("a person's fault stands until a person ends it, and only once", () => {
    const book = bookAfter("delivery", "fault-begin");
    expect(take(book, instruction("fault-begin"))).toMatchObject({ code: "out-of-order" });
    const ended = take(book, instruction("fault-end"));
    expect(ended).toMatchObject({ effects: [{ kind: "fault", source: null }] });
  });

  test("a replaced controller is continued once, and not by itself", () => {
    expect(take(bookAfter("offset"), instruction("offset"))).toMatchObject({
      code: "out-of-order",
    });
    const own = instruction("offset", { previousController: CONTROLLER });
    expect(take(EMPTY_LEASE_BOOK, own)).toMatchObject({ code: "out-of-order" });
  });
});

describe("who has to sign", () => {
  const need: Readonly<Record<string, readonly (readonly PartyName[])[]>> = {
    lessor: [["lessor"]],
    both: [["lessor", "lessee"]],
    either: [["lessor"], ["lessee"]],
    "both-and-next-lessee": [["lessor", "lessee", "nextLessee"]],
  };
  const groups = fc.subarray(["lessor", "lessee", "nextLessee", "stranger"] as const);

  test.each(INSTRUCTION_KINDS)("%s", (kind) => {
    const { from, signedBy } = LEASE_RULES[kind];
    const book = bookAfter(...WAYS[from.at(-1)!]);
    const ready = kind === "fault-end" ? bookAfter("delivery", "fault-begin") : book;
    const asked = instruction(kind, { lease: kind === "delivery" ? "lease-9" : "lease-1" });
    fc.assert(
      fc.property(groups, (by) => {
        const result = take(ready, asked, { by });
        const isEnough = need[signedBy]!.some((set) =>
          set.every((one) => by.includes(one as never)),
        );
        expect(result.refused).toBe(!isEnough);
        if (result.refused) expect(result.code).toBe("not-signed");
      }),
      { numRuns: 40 },
    );
  });
});

describe("which contract is obeyed", () => {
  const delivery = instruction("delivery");
  const signed = (change: Partial<SignedContract>): SignedContract => ({ ...SIGNED, ...change });
  const machine = (change: object) =>
    leaseContract("A-1", lessee, { machine: { ...CONTRACT.machine, ...change } });

  test.each([
    ["one that the lessee has not signed", signed({ signers: [lessor.key] }), "contract-unsigned"],
    ["one that the lessor has not signed", signed({ signers: [lessee.key] }), "contract-unsigned"],
    [
      "one of another controller",
      signed({ contract: machine({ controller: "e".repeat(32) }) }),
      "wrong-device",
    ],
    [
      "one with another key of ours",
      signed({ contract: machine({ key: stranger.key }) }),
      "wrong-device",
    ],
    ["another than is named", signed({ hash: "0".repeat(64) }), "wrong-contract"],
    [
      "one in which a key stands for both",
      signed({ contract: leaseContract("A-1", lessor), signers: [lessor.key] }),
      "contract-invalid",
    ],
  ])("not %s", (_, contract, code) => {
    expect(take(EMPTY_LEASE_BOOK, delivery, { contract })).toMatchObject({ refused: true, code });
  });

  test("where the lessor's key is pinned, it has to be under the contract", () => {
    const pinned = (key: string) => ({ terms: { ...TERMS, lessor: key } });
    expect(take(EMPTY_LEASE_BOOK, delivery, pinned(stranger.key))).toMatchObject({
      code: "lessor-not-pinned",
    });
    // The lessee's key would not do, although it is under the contract.
    expect(take(EMPTY_LEASE_BOOK, delivery, pinned(lessee.key))).toMatchObject({
      code: "lessor-not-pinned",
    });
    expect(take(EMPTY_LEASE_BOOK, delivery, pinned(lessor.key))).toMatchObject({ refused: false });
  });

  test("an instruction for another device is refused", () => {
    expect(take(EMPTY_LEASE_BOOK, instruction("delivery", { dev: "e".repeat(32) }))).toMatchObject({
      code: "wrong-device",
    });
  });

  test("after an offset the old controller's contract is obeyed", () => {
    const contract = signed({
      contract: machine({ controller: "d".repeat(32), key: stranger.key }),
    });
    expect(take(EMPTY_LEASE_BOOK, delivery, { contract })).toMatchObject({ code: "wrong-device" });
    const offset = take(EMPTY_LEASE_BOOK, instruction("offset"), { contract });
    if (offset.refused) throw new Error(offset.message);
    expect(take(offset.next, delivery, { contract })).toMatchObject({ refused: false });
  });

  test("a handover brings the next contract", () => {
    const book = bookAfter("delivery", "acceptance", "on-hire");
    const handover = instruction("handover");
    expect(take(book, handover, { nextContract: undefined })).toMatchObject({
      code: "unknown-contract",
    });
    const unsigned = { ...NEXT_SIGNED, signers: [lessor.key] };
    expect(take(book, handover, { nextContract: unsigned })).toMatchObject({
      code: "contract-unsigned",
    });
  });
});

describe("time", () => {
  const expires = (ISSUED + 7 * 86_400) * 1_000;
  test.each([
    ["a clock that is vouched for, in time", { utcMin: expires, ledgerUtc: null }, false],
    ["a clock that is vouched for, too late", { utcMin: expires + 1, ledgerUtc: null }, true],
    ["no clock, and a ledger that knows nothing", { utcMin: null, ledgerUtc: null }, false],
    ["no clock, and a ledger that was earlier", { utcMin: null, ledgerUtc: expires }, false],
    ["no clock, and a ledger that proves it late", { utcMin: null, ledgerUtc: expires + 1 }, true],
    ["a clock that the ledger contradicts", { utcMin: 0, ledgerUtc: expires + 1 }, true],
  ])("%s", (_, time, isExpired) => {
    const result = take(EMPTY_LEASE_BOOK, instruction("delivery"), { time });
    expect(result.refused ? result.code : null).toBe(isExpired ? "expired" : null);
  });

  test("an instruction that was taken in time is answered the same when it is late", () => {
    const late = { time: { utcMin: expires + 1, ledgerUtc: null } };
    const book = bookAfter("delivery");
    const again = take(book, instruction("delivery", { id: "before-0" }), late);
    expect(again).toMatchObject({ refused: false, repeated: true, effects: [] });
  });
});

describe("any sequence of instructions", () => {
  const anyone = fc.subarray(["lessor", "lessee", "nextLessee", "stranger"] as const);
  const step = fc.record({
    kind: fc.constantFrom(...INSTRUCTION_KINDS),
    id: fc.integer({ min: 0, max: 30 }),
    // Mostly the newest one under its own contract, so that many steps are taken.
    lease: fc.oneof(
      { weight: 4, arbitrary: fc.constant("newest") },
      { weight: 1, arbitrary: fc.constantFrom("lease-1", "lease-2", "lease-3", "lease-4") },
    ),
    next: fc.constantFrom("lease-2", "lease-3", "lease-4"),
    isUnderNext: fc.boolean(),
    by: fc.oneof(
      { weight: 4, arbitrary: fc.constant(["lessor", "lessee", "nextLessee"] as const) },
      { weight: 1, arbitrary: anyone },
    ),
    previous: fc.constantFrom("d", "e", "f"),
  });

  test("leads only where the table says, acts once, and is restored from its leaves", () => {
    let steps = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (asked) => {
        let book = EMPTY_LEASE_BOOK;
        const leaves: Instruction[] = [];
        for (const { kind, id, lease, next, isUnderNext, by, previous } of asked) {
          const newest = lease === "newest" && kind !== "delivery" ? book.lease : null;
          const isNext = newest ? newest.contract === NEXT_SIGNED.hash : isUnderNext;
          const contract = isNext ? NEXT_SIGNED : SIGNED;
          const given = instruction(kind, {
            id: `id-${id}`,
            lease: newest?.id ?? (lease === "newest" ? next : lease),
            contract: contract.hash,
            ...(kind === "handover" && { nextLease: next }),
            ...(kind === "offset" && { previousController: previous.repeat(32) }),
          });
          const before = book.lease?.state ?? "none";
          const wasTaken = book.taken.has(given.id);
          const result = take(book, given, { by, contract });
          if (result.refused) continue;
          if (result.repeated) {
            expect(wasTaken).toBe(true);
            expect([result.next, result.effects]).toEqual([book, []]);
            continue;
          }
          expect(wasTaken).toBe(false);
          const { from, to } = LEASE_RULES[kind];
          expect(from).toContain(before);
          expect(result.next.lease?.state ?? "none").toBe(to ?? before);
          if (to === null) expect(result.next.lease).toEqual(book.lease);
          expect(result.next.taken.size).toBe(book.taken.size + 1);
          // Once more: nothing happens.
          expect(take(result.next, given, { by, contract })).toMatchObject({
            refused: false,
            repeated: true,
            effects: [],
          });
          book = result.next;
          leaves.push(given);
          steps++;
        }
        expect(restoreLease(leaves)).toEqual({ book, problems: [] });
        const half = Math.floor(leaves.length / 2);
        const first = restoreLease(leaves.slice(0, half)).book;
        expect(restoreLease(leaves.slice(half), first)).toEqual({ book, problems: [] });
      }),
      { numRuns: 300 },
    );
    // A property that takes no step would hold for nothing.
    expect(steps).toBeGreaterThan(500);
  });

  test("a ledger that says what the table does not allow is followed, and told of", () => {
    const { book, problems } = restoreLease([
      instruction("delivery"),
      instruction("on-hire"),
      instruction("on-hire"),
    ]);
    expect(book.lease?.state).toBe("on-hire");
    expect(problems).toEqual([
      "id-on-hire: the lease lease-1 is delivered; an on-hire cannot follow",
      "id-on-hire: it was taken twice",
    ]);
  });
});
