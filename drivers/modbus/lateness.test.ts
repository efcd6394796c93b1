import { describe, expect, test } from "vitest";
import type { Asked } from "./answer.ts";
import { rtu } from "./framing.ts";
import { Lateness, RAISED_MAX_MS } from "./lateness.ts";
import { requestPdu } from "./pdu.ts";

function asked(unitId: number, count = 1): Asked {
  const ask = { kind: "read", table: "holding", address: 0, count } as const;
  return { unitId, ask, frame: rtu.encode(unitId, requestPdu(ask)) };
}

const answerOf = (unitId: number) => rtu.encode(unitId, Uint8Array.of(3, 2, 0, 9));

describe("silence after an error", () => {
  test("lasts as long as its answer can come, counted from the end of the wait", () => {
    const lateness = new Lateness(rtu, 100);
    expect(lateness.quietUntil).toBe(Number.NEGATIVE_INFINITY);
    lateness.owe(asked(1), 1_000);
    expect(lateness.quietUntil).toBe(1_100);
  });

  test("ends when the answer has come", () => {
    const lateness = new Lateness(rtu, 100);
    lateness.owe(asked(1), 1_000);
    expect(lateness.recognise(answerOf(1), 1_030)).toMatchObject({
      latenessMs: 30,
      isBeyondBound: false,
    });
    expect(lateness.quietUntil).toBe(1_030);
  });

  test("goes on while another answer is owed, and through noise", () => {
    const lateness = new Lateness(rtu, 100);
    lateness.owe(asked(1), 1_000);
    lateness.owe(asked(2), 1_050);
    expect(lateness.recognise(Uint8Array.of(1, 3, 2, 0, 9, 0, 0), 1_060)).toBeNull();
    expect(lateness.recognise(answerOf(1), 1_060)).not.toBeNull();
    expect(lateness.quietUntil).toBe(1_150);
  });
});

describe("an answer later than declared", () => {
  test("raises the bound once, with room to spare, and is not expected twice", () => {
    const lateness = new Lateness(rtu, 100);
    lateness.owe(asked(1), 1_000);
    expect(lateness.recognise(answerOf(1), 1_300)).toMatchObject({ isBeyondBound: true });
    expect(lateness.maxMs).toBe(450);
    expect(lateness.recognise(answerOf(1), 1_301)).toBeNull();
    lateness.owe(asked(1), 2_000);
    expect(lateness.quietUntil).toBe(2_450);
  });

  test("is seen also where the answer to the next request stands behind it", () => {
    const lateness = new Lateness(rtu, 0);
    lateness.owe(asked(1), 1_000);
    const both = Uint8Array.of(...answerOf(1), ...answerOf(2));
    expect(lateness.recognise(both, 1_200)).toMatchObject({ unitId: 1, latenessMs: 200 });
  });

  test("counts from the latest request that it fits: an earlier one may have been lost", () => {
    const lateness = new Lateness(rtu, 100);
    lateness.owe(asked(1), 1_000);
    lateness.owe(asked(1), 9_000);
    expect(lateness.recognise(answerOf(1), 9_050)).toMatchObject({ latenessMs: 50 });
    expect(lateness.maxMs).toBe(100);
  });

  test("never raises the bound beyond its limit, nor lowers what was declared", () => {
    const patient = new Lateness(rtu, 30_000);
    for (const lateness of [new Lateness(rtu, 0), patient]) {
      lateness.owe(asked(1), 0);
      lateness.recognise(answerOf(1), 9_900);
    }
    expect(patient.maxMs).toBe(30_000);
    const lateness = new Lateness(rtu, 0);
    lateness.owe(asked(1), 0);
    lateness.recognise(answerOf(1), 9_900);
    expect(lateness.maxMs).toBe(RAISED_MAX_MS);
  });
});
