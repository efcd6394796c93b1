import { describe, expect, test } from "vitest";
import { Unanswerable } from "../../protocols/stream/source.ts";
import { fromHex } from "../../runtime/ledger/bytes.ts";
import { softwareSigner } from "../../runtime/ledger/keys.ts";
import { parseOcmf } from "../../runtime/ledger/ocmf.ts";
import { verifyOcmf } from "../../runtime/ledger/ocmf-verify.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { type OcmfAnswer, ocmfAnswer } from "./ocmf-answer.ts";
import { ledgerInMemory } from "./test-rig.ts";

const HOUR_MS = 3_600_000;
const machine = { maker: "Nordwind", model: "SK 37", serialNumber: "NW-1", location: "" };
const signer = softwareSigner("p256", new Uint8Array(32).fill(2));

/** Ten hours of work, a tick at each. */
async function parts() {
  const clock = new FakeClock();
  const ledger = ledgerInMemory(clock, clock);
  const from = clock.instantAt(clock.mono()).utc!;
  for (let hour = 0; hour <= 10; hour++) {
    const registers = { ...ZERO_REGISTERS, working: hour * HOUR_MS, idle: hour };
    const state = { state: "WORKING", mode: "None", overload: false } as const;
    const moment = { at: hour * HOUR_MS, ...state, registers };
    if (hour === 0) ledger.keeper.add("GENESIS", ledger.genesis!, moment);
    else ledger.keeper.add("TICK", {}, moment);
  }
  await ledger.store.flush();
  return { parts: { ledger: ledger.reader(), signer, machine }, from };
}

describe("the meter signs", () => {
  test("what its ledger says of a period, and no more than lies in it", async () => {
    const { parts: given, from } = await parts();
    const args = { from: from + 1, to: from + 7.5 * HOUR_MS, registers: ["working", "idle"] };
    const { record, key } = JSON.parse(await ocmfAnswer(given, args)) as OcmfAnswer;
    const parsed = parseOcmf(record);
    if (typeof parsed === "string") throw new Error(parsed);
    expect(verifyOcmf(parsed, fromHex(key)!)).toBeNull();
    const { RD: readings, UM } = parsed.fields as { RD: { RV: number }[]; UM: string };
    expect(UM).toBe("Nordwind SK 37 NW-1");
    expect(readings.map(({ RV }) => RV)).toEqual([3_600.001, 25_200.007]);
  });

  test("nothing of a period without leaves", async () => {
    const { parts: given, from } = await parts();
    const args = { from: from - 9, to: from - 1, registers: ["working"] };
    await expect(ocmfAnswer(given, args)).rejects.toThrow("no leaf of the period");
  });

  test.each([
    {},
    { from: 0, to: 1 },
    { from: 0.5, to: 1, registers: ["working"] },
    { from: 0, to: 9e15, registers: ["working"] },
    { from: "0", to: 1, registers: ["working"] },
    { from: 0, to: 1, registers: [] },
    { from: 0, to: 1, registers: "working" },
    { from: 0, to: 1, registers: ["working", "working"] },
    { from: 0, to: 1, registers: ["__proto__"] },
  ])("nothing that is asked wrongly: %j", async (args) => {
    const { parts: given } = await parts();
    const refusal = await ocmfAnswer(given, args).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Unanswerable);
    expect((refusal as Unanswerable).code).toBe("bad-arguments");
  });
});
