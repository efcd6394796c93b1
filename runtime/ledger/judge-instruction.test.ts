import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONTRACT,
  CONTRACT_TEXTS,
  CONTROLLER,
  contractTexts,
  ISSUED,
  instruction,
  instructionJws,
  NEXT_TEXTS,
  PARTIES,
} from "../testing/lease-parties.ts";
import { fromBase64Url, text, toBase64Url, utf8 } from "./bytes.ts";
import type { ContractTexts } from "./commands.ts";
import type { Contract } from "./contract.ts";
import { contractHash } from "./contract-file.ts";
import type { Instruction } from "./instruction.ts";
import { INSTRUCTION_KINDS, instructionText, parseInstruction } from "./instruction-payload.ts";
import {
  instructionOfJws,
  instructionsOf,
  type JudgeContext,
  judgeInstruction,
} from "./judge-instruction.ts";
import type { Leaf } from "./leaf.ts";
import { EMPTY_LEASE_BOOK } from "./lease-book.ts";

const { lessor, lessee, nextLessee, stranger } = PARTIES;

function context(change: Partial<JudgeContext> = {}): JudgeContext {
  return {
    book: EMPTY_LEASE_BOOK,
    terms: { controller: CONTROLLER, key: PARTIES.device.key, lessor: lessor.key },
    time: { utcMin: ISSUED * 1_000, ledgerUtc: null },
    readContract: (contract) =>
      contract.startsWith("{") ? (JSON.parse(contract) as Contract) : "it is no contract",
    contractOf: () => null,
    ...change,
  };
}

const DELIVERY = instructionJws(instruction("delivery"), [lessor]);

describe("what is brought", () => {
  test("a signed delivery with its contract is taken, and the contract is to be kept", () => {
    const judged = judgeInstruction(DELIVERY, CONTRACT_TEXTS, context());
    expect(judged).toMatchObject({
      refused: false,
      instruction: instruction("delivery"),
      contract: { ...CONTRACT_TEXTS, hash: contractHash(CONTRACT_TEXTS.text) },
      effects: [{ kind: "lease", state: "delivered" }],
    });
  });

  test("a contract that is known need not come again", () => {
    const known = context({ contractOf: () => CONTRACT_TEXTS });
    expect(judgeInstruction(DELIVERY, undefined, known)).toMatchObject({
      refused: false,
      contract: null,
    });
    expect(judgeInstruction(DELIVERY, undefined, context())).toMatchObject({
      code: "unknown-contract",
    });
  });

  test("a handover takes the next contract, which may come with it", () => {
    const book = ["delivery", "acceptance", "on-hire"].reduce((before, kind) => {
      const jws = instructionJws(instruction(kind as Instruction["kind"]), [lessor, lessee]);
      const judged = judgeInstruction(jws, CONTRACT_TEXTS, context({ book: before }));
      if (judged.refused) throw new Error(judged.message);
      return judged.next;
    }, EMPTY_LEASE_BOOK);
    const knows = context({
      book,
      contractOf: (hash) => (hash === contractHash(CONTRACT_TEXTS.text) ? CONTRACT_TEXTS : null),
    });
    const jws = instructionJws(instruction("handover"), [lessor, lessee, nextLessee]);
    expect(judgeInstruction(jws, NEXT_TEXTS, knows)).toMatchObject({
      refused: false,
      effects: [{ kind: "lease", id: "lease-2", state: "accepted" }],
    });
    expect(judgeInstruction(jws, undefined, knows)).toMatchObject({ code: "unknown-contract" });
  });
});

describe("what is refused", () => {
  const other = contractTexts(CONTRACT, [lessor, stranger]);
  const changed: ContractTexts = { ...CONTRACT_TEXTS, text: `${CONTRACT_TEXTS.text} ` };
  const forChanged = instruction("delivery", { contract: contractHash(changed.text) });

  test.each([
    ["no JSON", "nonsense", CONTRACT_TEXTS, "malformed"],
    ["no payload", '{"signatures":[]}', CONTRACT_TEXTS, "malformed"],
    [
      "a payload that is no instruction",
      '{"payload":"e30","signatures":[]}',
      undefined,
      "malformed",
    ],
    ["too much", " ".repeat(20_000), undefined, "too-large"],
    ["a large contract", DELIVERY, { text: "x".repeat(40_000), jws: "" }, "too-large"],
    [
      "a stranger's signature",
      instructionJws(instruction("delivery"), [stranger]),
      CONTRACT_TEXTS,
      "bad-signature",
    ],
    [
      "the wrong party's signature",
      instructionJws(instruction("delivery"), [lessee]),
      CONTRACT_TEXTS,
      "not-signed",
    ],
    ["a contract that a stranger signed", DELIVERY, other, "contract-unsigned"],
    [
      "a contract that was changed after it was signed",
      instructionJws(forChanged, [lessor]),
      changed,
      "contract-unsigned",
    ],
    [
      "a contract that is none",
      instructionJws(instruction("delivery", { contract: contractHash("a: b") }), [lessor]),
      { text: "a: b", jws: "" },
      "contract-invalid",
    ],
  ])("%s", (_, jws, brought, code) => {
    expect(judgeInstruction(jws, brought, context())).toMatchObject({ refused: true, code });
  });

  test("any change of one character of the payload", () => {
    const parts = JSON.parse(DELIVERY) as { payload: string; signatures: object[] };
    const payload = text(fromBase64Url(parts.payload)!)!;
    fc.assert(
      fc.property(fc.nat(payload.length - 1), fc.integer({ min: 1, max: 94 }), (at, by) => {
        const code = ((payload.charCodeAt(at) - 32 + by) % 95) + 32;
        const forged = payload.slice(0, at) + String.fromCharCode(code) + payload.slice(at + 1);
        const jws = JSON.stringify({ ...parts, payload: toBase64Url(utf8(forged)) });
        expect(judgeInstruction(jws, CONTRACT_TEXTS, context())).toMatchObject({ refused: true });
      }),
      { numRuns: 200 },
    );
  });
});

describe("the payload", () => {
  test.each(INSTRUCTION_KINDS)("a %s is read back as it was written", (kind) => {
    const value = instruction(kind, kind === "return" ? { registers: { working: 7 } } : {});
    expect(parseInstruction(instructionText(value))).toEqual(value);
  });

  const good = instructionText(instruction("delivery"));
  test.each([
    ["spaces", good.replace('":', '": '), "canonical"],
    ["another order", JSON.stringify(instruction("delivery")), "canonical"],
    ["an unknown key", good.replace('"v":1', '"v":1,"w":1'), "w"],
    ["another version", good.replace('"v":1', '"v":2'), "v:"],
    [
      "an end before its beginning",
      instructionText(instruction("delivery", { expires: 1 })),
      "expires",
    ],
    [
      "a life of two years",
      instructionText(instruction("delivery", { expires: ISSUED + 2 * 366 * 86_400 })),
      "400 days",
    ],
    ["a kind that is not there", good.replace('"delivery"', '"gift"'), "kind"],
    [
      "registers of another name",
      instructionText(instruction("delivery", { registers: { hours: 1 } })),
      "registers",
    ],
    ["a text of a megabyte", " ".repeat(1_000_000), "characters"],
  ])("%s is refused", (_, payload, complaint) => {
    expect(parseInstruction(payload)).toContain(complaint);
  });
});

test("instructions are found in the leaves that hold them", () => {
  const jws = (kind: Instruction["kind"]) => instructionJws(instruction(kind), [lessor, lessee]);
  const leaves = [
    { typ: "TICK", seq: 0, d: {} },
    { typ: "LEASE", seq: 1, d: { jws: jws("delivery") } },
    { typ: "OFFSET", seq: 2, d: { jws: jws("offset") } },
    { typ: "SERVICE", seq: 3, d: { name: "oil", state: "due", since: 0, every: 1 } },
    {
      typ: "SERVICE",
      seq: 4,
      d: { name: "oil", state: "done", since: 0, every: 1, jws: jws("service-done") },
    },
    { typ: "LEASE", seq: 5, d: { jws: "broken" } },
  ] as unknown as readonly Leaf[];
  const { instructions, problems } = instructionsOf(leaves);
  expect(instructions.map(({ kind }) => kind)).toEqual(["delivery", "offset", "service-done"]);
  expect(problems).toEqual([expect.stringContaining("leaf 5: ")]);
  expect(instructionOfJws(jws("return"))).toEqual(instruction("return"));
});
