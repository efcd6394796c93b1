import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Asked, judge, oddityOf } from "./answer.ts";
import { ascii, crc16, type Framing, rtu } from "./framing.ts";
import type { Ask } from "./line.ts";
import { answerBytesUsual, functionOf, requestPdu } from "./pdu.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

const anyAsk: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({
    kind: fc.constant("read" as const),
    table: fc.constantFrom("coil", "discrete", "input", "holding"),
    address: fc.nat(65_535),
    count: fc.integer({ min: 1, max: 125 }),
  }),
  fc.record({
    kind: fc.constant("write-registers" as const),
    address: fc.nat(65_535),
    words: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 4 }),
    asMultiple: fc.constant(true),
  }),
  fc.constant({ kind: "identify" as const }),
);
const anyUnit = fc.integer({ min: 1, max: 247 });
const anyFraming = fc.constantFrom(rtu, ascii);

function asked(framing: Framing, unitId: number, ask: Ask): Asked {
  return { unitId, ask, frame: framing.encode(unitId, requestPdu(ask)) };
}

/** An answer that a device could give. */
function answerPdu(ask: Ask, random: (byte: number) => number): Uint8Array {
  if (ask.kind === "identify") return hex("2b0e0101000001" + "0003414243");
  if (ask.kind !== "read") return requestPdu(ask).slice(0, 5);
  const bytes = answerBytesUsual(ask) - 2;
  const data = Array.from({ length: bytes }, (_, byte) => random(byte));
  return Uint8Array.of(functionOf(ask), bytes, ...data);
}

describe("frames", () => {
  // Modbus over Serial Line V1.02, clause 6.2.2, and the worked examples of common manuals.
  test.each([
    ["0207", 0x1241],
    ["010300000002", 0x0bc4],
    ["1103006b0003", 0x8776],
  ])("the CRC of %s is %d", (text, crc) => {
    expect(crc16(hex(text))).toBe(crc);
  });

  test("of text begin with a colon and end with a line", () => {
    const frame = ascii.encode(0x11, hex("03006b0003"));
    expect(Buffer.from(frame).toString()).toBe(":1103006B00037E\r\n");
  });

  test("are read back as they were written", () => {
    fc.assert(
      fc.property(
        anyFraming,
        anyUnit,
        fc.uint8Array({ minLength: 1, maxLength: 253 }),
        (framing, unitId, pdu) => {
          const frame = framing.encode(unitId, pdu);
          expect(frame.length).toBe(framing.frameBytes(pdu.length));
          expect(framing.decode(frame)).toEqual(Uint8Array.of(unitId, ...pdu));
        },
      ),
    );
  });
});

describe("what comes after a request", () => {
  test("is the answer only when all of it is, piece by piece", () => {
    fc.assert(
      fc.property(anyFraming, anyUnit, anyAsk, fc.nat(255), (framing, unitId, ask, salt) => {
        const answer = framing.encode(
          unitId,
          answerPdu(ask, (byte) => (byte * 7 + salt) & 0xff),
        );
        const request = asked(framing, unitId, ask);
        for (let bytes = 1; bytes < answer.length; bytes++) {
          expect(judge(framing, request, answer.subarray(0, bytes)).kind).toBe("partial");
        }
        expect(judge(framing, request, answer).kind).toBe("data");
        expect(judge(framing, request, Uint8Array.of(...answer, 0)).kind).toBe("foreign");
      }),
    );
  });

  test("and is noise is never an answer", () => {
    fc.assert(
      fc.property(
        anyUnit,
        anyAsk,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (unitId, ask, noise) => {
          const { kind } = judge(rtu, asked(rtu, unitId, ask), noise);
          expect(["partial", "foreign", "damaged"]).toContain(kind);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test("and differs from the answer in a burst of up to 16 bits is never an answer", () => {
    fc.assert(
      fc.property(
        anyUnit,
        anyAsk,
        fc.nat(),
        fc.integer({ min: 1, max: 0xffff }),
        (unitId, ask, place, burst) => {
          const answer = rtu.encode(
            unitId,
            answerPdu(ask, (byte) => byte),
          );
          const at = place % (answer.length - 2);
          answer[at] = answer[at]! ^ (burst >> 8);
          answer[at + 1] = answer[at + 1]! ^ (burst & 0xff);
          const { kind } = judge(rtu, asked(rtu, unitId, ask), answer);
          expect(["partial", "foreign", "damaged"]).toContain(kind);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test("and lacks bytes, or has more, is never an answer", () => {
    fc.assert(
      fc.property(anyFraming, anyUnit, anyAsk, fc.nat(), (framing, unitId, ask, place) => {
        const whole = framing.encode(
          unitId,
          answerPdu(ask, (byte) => byte),
        );
        const at = place % whole.length;
        const short = Uint8Array.of(...whole.subarray(0, at), ...whole.subarray(at + 1));
        const long = Uint8Array.of(...whole.subarray(0, at), 0x55, ...whole.subarray(at));
        for (const received of [short, long]) {
          const { kind } = judge(framing, asked(framing, unitId, ask), received);
          expect(["partial", "foreign", "damaged"]).toContain(kind);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("and is the answer to another request is never this one's", () => {
    fc.assert(
      fc.property(
        anyFraming,
        anyUnit,
        anyUnit,
        anyAsk,
        anyAsk,
        (framing, unitId, otherUnit, ask, otherAsk) => {
          const isAlike =
            unitId === otherUnit &&
            functionOf(ask) === functionOf(otherAsk) &&
            answerBytesUsual(ask) === answerBytesUsual(otherAsk);
          fc.pre(!isAlike);
          const other = framing.encode(
            otherUnit,
            answerPdu(otherAsk, (byte) => byte),
          );
          const request = asked(framing, unitId, ask);
          const { kind } = judge(framing, request, other);
          expect(["partial", "foreign"]).toContain(kind);
          expect(oddityOf(framing, request, other).kind).toMatch(/^other|echo/);
        },
      ),
    );
  });

  test("and repeats the request is an echo", () => {
    const request = asked(rtu, 1, { kind: "read", table: "holding", address: 2 << 8, count: 1 });
    expect(oddityOf(rtu, request, request.frame)).toEqual({ kind: "echo" });
    expect(oddityOf(rtu, request, request.frame.subarray(0, 7))).toEqual({ kind: "echo" });
  });
});
