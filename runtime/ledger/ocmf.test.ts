import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { p256 } from "@noble/curves/nist.js";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { requires, requiresShared } from "../testing/requires.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { concat, fromHex, toHex, utf8 } from "./bytes.ts";
import { softwareSigner } from "./keys.ts";
import { type Leaf, leafText } from "./leaf.ts";
import { type DatedLeaf, type OcmfPeriod, type OcmfRecord, ocmfOf, parseOcmf } from "./ocmf.ts";
import { ocmfEnds } from "./ocmf-period.ts";
import { ocmfKey, verifyOcmf } from "./ocmf-verify.ts";

/** Whatever the library gives for one element, with and without attributes. */
type XmlText = string | { readonly "#text": string };

interface XmlValue {
  readonly signedData: XmlText;
  readonly publicKey: XmlText;
}

const textOf = (element: XmlText) => (typeof element === "string" ? element : element["#text"]);

/** The records of a file of the S.A.F.E. tool, with the key that stands beside each. */
function recordsOf(file: string): { record: OcmfRecord; key: Uint8Array }[] {
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
  const { values } = parser.parse(readFileSync(file, "utf8")) as {
    values: { value: XmlValue | XmlValue[] };
  };
  return [values.value].flat().map(({ signedData, publicKey }) => {
    const record = parseOcmf(textOf(signedData));
    if (typeof record === "string") throw new Error(record);
    return { record, key: ocmfKey(textOf(publicKey))! };
  });
}

const UNSIGNED = "the signature is not of this key and these bytes";
const VECTORS: Readonly<Record<string, readonly [algorithm: string, verdict: string | null][]>> = {
  // Signature and key without any frame, 64 bytes each.
  "OCMF-receipt-with_publickey_and_data": [["ECDSA-secp256r1-SHA256", null]],
  // Spaces inside the JSON; keys in base64; a duration register in seconds.
  OCMF_Test_Data_00: [
    ["ECDSA-secp256k1-SHA256", null],
    ["ECDSA-secp256k1-SHA256", null],
  ],
  // `FV` is the number 1.0: written again it would be 1, and the signature broken.
  chargepoint_3: [["ECDSA-secp256r1-SHA256", null]],
  nistP384_0Wh: [
    ["ECDSA-secp384r1-SHA256", null],
    ["ECDSA-secp384r1-SHA256", null],
  ],
  ocmf_sec: [
    ["ECDSA-secp256k1-SHA256", null],
    ["ECDSA-secp256k1-SHA256", null],
  ],
  // Without an algorithm: the format's default.
  ocmf_tariff_1: [["ECDSA-secp256r1-SHA256", null]],
  second_key_fail_ocmf: [
    ["ECDSA-secp256k1-SHA256", null],
    ["ECDSA-secp256k1-SHA256", "the key is of another curve than the record"],
  ],
  test_ocmf_keba_kcp30: [["ECDSA-secp256r1-SHA256", null]],
  test_ocmf_keba_kcp30_fail: [["ECDSA-secp256r1-SHA256", UNSIGNED]],
};

describe("records of charging stations", () => {
  for (const [name, expected] of Object.entries(VECTORS)) {
    test(`${name} is judged as published`, (context) => {
      const records = recordsOf(requiresShared(context, `vectors/ocmf/${name}.xml`));
      const verdicts = records.map(({ record, key }) => [
        record.algorithm,
        verifyOcmf(record, key),
      ]);
      expect(verdicts).toEqual(expected);
    });

    test(`${name} with one byte changed is not signed`, (context) => {
      for (const { record, key } of recordsOf(
        requiresShared(context, `vectors/ocmf/${name}.xml`),
      )) {
        const payload = record.payload.replace(/"RV" ?: ?"? *\d/, (found) => `${found}1`);
        expect(payload).not.toBe(record.payload);
        expect(verifyOcmf({ ...record, payload }, key)).not.toBeNull();
        const signature = record.signature.slice();
        signature[signature.length - 1]! ^= 1;
        expect(verifyOcmf({ ...record, signature }, key)).not.toBeNull();
      }
    });
  }

  test("a record that would read back as other JSON keeps its bytes", (context) => {
    const [first] = recordsOf(requiresShared(context, "vectors/ocmf/chargepoint_3.xml"));
    const payload = JSON.stringify(JSON.parse(first!.record.payload));
    expect(verifyOcmf({ ...first!.record, payload }, first!.key)).toBe(UNSIGNED);
  });

  test("curves of 192 bits are named as not supported", (context) => {
    const [first] = recordsOf(requiresShared(context, "vectors/ocmf/chargepoint_3.xml"));
    const record = { ...first!.record, algorithm: "ECDSA-secp192r1-SHA256" };
    expect(verifyOcmf(record, first!.key)).toMatch(/ECDSA-secp192r1-SHA256 is not supported/);
  });
});

const SECRET = new Uint8Array(32).fill(7);
const signer = softwareSigner("p256", SECRET);

const FROM = Date.UTC(2026, 9, 1);

const HOUR_MS = 3_600_000;

function leaf(seq: number, utc: number | null, working: number, changes: object = {}): Leaf {
  return {
    v: 1,
    dev: "5f0c1d9a7be24c38a1f06d52b3e97714",
    seq,
    prev: `${"A".repeat(43)}=`,
    boot: "b-1",
    bseq: 1,
    mono: 0,
    ...(utc !== null && { utc }),
    tq: "S",
    sw: "ab".repeat(32),
    cfg: "cd".repeat(32),
    evc: 0,
    st: "WORKING",
    mode: "None",
    ovl: false,
    regs: { ...ZERO_REGISTERS, working, idle: 5 },
    typ: "TICK",
    d: {},
    ...changes,
  } as Leaf;
}

const END = FROM + 30 * 24 * HOUR_MS;
const OPENING = leaf(10, FROM, 6_400 * HOUR_MS + 123) as DatedLeaf;
const CLOSING = leaf(700, END, 6_560 * HOUR_MS + 124, {
  lease: { id: "L-7", state: "on-hire" },
}) as DatedLeaf;

function period(changes: Partial<OcmfPeriod> = {}): OcmfPeriod {
  return {
    opening: OPENING,
    closing: CLOSING,
    hasGap: false,
    registers: ["working", "idle"],
    substitutedMs: 0,
    machine: "Nordwind SK 37 NW-2026-0417",
    origin: "telltale/usage/5f0c1d9a7be24c38a1f06d52b3e97714",
    offsetSeconds: (utc) => (utc < FROM + 25 * 24 * HOUR_MS ? 7_200 : 3_600),
    ...changes,
  };
}

function fieldsOf(changes: Partial<OcmfPeriod> = {}) {
  const record = parseOcmf(ocmfOf(period(changes), signer));
  if (typeof record === "string") throw new Error(record);
  return { record, fields: record.fields as { RD: Record<string, unknown>[]; PG: string } };
}

describe("a record of ours", () => {
  test("reads the billed registers in seconds, to the millisecond, at local time", () => {
    const { record, fields } = fieldsOf();
    expect(fields).toMatchObject({ FV: "1.3", PG: "T700", UL: "L-7", UB: "10", UE: "700" });
    expect(fields.RD).toEqual([
      {
        TM: "2026-10-01T02:00:00,000+0200 S",
        TX: "B",
        EF: "",
        ST: "G",
        RV: 23_040_000.128,
        RI: "01-00:00.08.06*FF",
        RU: "sec",
      },
      {
        TM: "2026-10-31T01:00:00,000+0100 S",
        TX: "E",
        EF: "",
        ST: "G",
        RV: 23_616_000.129,
        RI: "01-00:00.08.06*FF",
        RU: "sec",
      },
    ]);
    expect(record.payload).toContain('"RV":23040000.128');
  });

  test("is the same record each time", () => {
    expect(ocmfOf(period(), signer)).toBe(ocmfOf(period(), signer));
  });

  test.each([
    { name: "a gap", changes: { hasGap: true } },
    {
      name: "UNKNOWN time",
      changes: { closing: { ...CLOSING, regs: { ...CLOSING.regs, unknown: 1 } } },
    },
  ])("flags the time where there was $name", ({ changes }) => {
    const [begin, end] = fieldsOf(changes).fields.RD;
    expect(begin).toMatchObject({ EF: "" });
    expect(end).toMatchObject({ EF: "t", ST: "G" });
  });

  test("says where substitutes are in it", () => {
    const [begin, end] = fieldsOf({ substitutedMs: 1_000 }).fields.RD;
    expect(begin).toMatchObject({ ST: "G", RV: 23_040_000.128 });
    expect(end).toMatchObject({ ST: "S", RV: 23_616_001.129 });
  });

  test.each([
    ["S", "S", "S"],
    ["S", "I", "I"],
    ["R", "S", "R"],
    ["U", "I", "I"],
  ] as const)("of a begin timed %s and an end timed %s ends with %s", (begin, end, told) => {
    const ends = { opening: { ...OPENING, tq: begin }, closing: { ...CLOSING, tq: end } };
    const { fields } = fieldsOf(ends);
    expect(fields.RD.map(({ TM }) => String(TM).slice(-1))).toEqual([begin, told]);
  });

  test("verifies with our own code, and not under another key", () => {
    const { record } = fieldsOf();
    expect(verifyOcmf(record, signer.publicKey())).toBeNull();
    expect(verifyOcmf(record, p256.getPublicKey(SECRET, true))).toBeNull();
    expect(verifyOcmf(record, p256.getPublicKey(new Uint8Array(32).fill(8)))).toBe(UNSIGNED);
  });

  test("verifies with OpenSSL", (context) => {
    const openssl = requires(context, "openssl");
    const { record } = fieldsOf();
    const folder = mkdtempSync(join(tmpdir(), "ocmf-"));
    try {
      const [keyFile, signatureFile] = [join(folder, "key.der"), join(folder, "signature")];
      writeFileSync(keyFile, signer.publicKey());
      writeFileSync(signatureFile, record.signature);
      const ask = (payload: string) =>
        spawnSync(
          openssl,
          ["dgst", "-sha256", "-verify", keyFile, "-keyform", "DER", "-signature", signatureFile],
          { input: utf8(payload), timeout: 10_000 },
        );
      expect(ask(record.payload).stdout.toString()).toBe("Verified OK\n");
      expect(ask(`${record.payload} `).status).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the leaves of a period", () => {
  /** As a ledger answers; `indexAt` is the first leaf whose own date is at or after. */
  function ledgerOf(leaves: readonly Leaf[]) {
    const numbered = leaves.map((each, seq) => ({ ...each, seq }) as Leaf);
    return {
      leaves: async (from: number, limit: number) =>
        numbered.slice(from, from + limit).map((each) => leafText(each)),
      indexAt: async (utc: number) => {
        const found = numbered.findIndex((each) => each.utc !== undefined && each.utc >= utc);
        return found === -1 ? numbered.length : found;
      },
      newestOf: async (types: readonly string[], before: number, limit: number) =>
        numbered
          .filter(({ typ, seq }) => types.includes(typ) && seq < before)
          .toReversed()
          .slice(0, limit)
          .map((each) => ({ index: each.seq, leaf: leafText(each) })),
    };
  }
  const gap = { typ: "GAP", d: { cause: "suspend", forMs: 1, addedMs: 0 } };
  const indexes = async (leaves: readonly Leaf[]) => {
    const ends = await ocmfEnds(ledgerOf(leaves), FROM, END);
    if (typeof ends === "string") return ends;
    return [ends.opening.seq, ends.closing.seq, ends.hasGap];
  };

  test("are the first and the last inside it that a clock dated", async () => {
    const before = leaf(0, FROM - 1, 1);
    const undated = leaf(0, null, 2);
    const after = leaf(0, END + 1, 9);
    expect(await indexes([before, undated, OPENING, undated, CLOSING, undated, after])).toEqual([
      2,
      4,
      false,
    ]);
  });

  test("tell a gap between them, and none outside", async () => {
    const inside = leaf(0, FROM + 1, 3, gap);
    const outside = leaf(0, FROM - 1, 1, gap);
    expect(await indexes([OPENING, inside, CLOSING])).toEqual([0, 2, true]);
    expect(await indexes([outside, OPENING, CLOSING])).toEqual([1, 2, false]);
    expect(await indexes([OPENING, leaf(0, END, 3, gap)])).toEqual([0, 1, true]);
  });

  test("are found beyond a thousand leaves without a date", async () => {
    const undated = Array.from({ length: 1_100 }, () => leaf(0, null, 2));
    const leaves = [leaf(0, FROM + 1, 1), OPENING, ...undated, CLOSING];
    expect(await indexes(leaves)).toEqual([0, 1_102, false]);
  });

  test("are refused where there are not two", async () => {
    expect(await indexes([])).toMatch(/^no leaf/);
    expect(await indexes([leaf(0, null, 1), leaf(0, FROM - 1, 1)])).toMatch(/^no leaf/);
    expect(await indexes([OPENING])).toMatch(/^only one leaf/);
    expect(await indexes([CLOSING, OPENING])).toMatch(/set back/);
  });
});

describe("what is no record", () => {
  test.each([
    ["", "it is not OCMF|payload|signature"],
    ["OCMF|{}", "it is not OCMF|payload|signature"],
    ["OCMF||{}", "it is not OCMF|payload|signature"],
    ["ocmf|{}|{}", "it is not OCMF|payload|signature"],
    ["OCMF|[]|{}", "its payload is no JSON object"],
    ["OCMF|{|{}", "its payload is no JSON object"],
    ["OCMF|{}|null", "its signature is no JSON object"],
    ["OCMF|{}|{}", "its signature has no algorithm or no data"],
    ['OCMF|{}|{"SD":5}', "its signature has no algorithm or no data"],
    ['OCMF|{}|{"SD":"00","SE":"plain"}', "its signature is neither hex nor base64"],
    ['OCMF|{}|{"SD":"xyz"}', "its signature is not hex"],
    ['OCMF|{}|{"SD":"====","SE":"base64"}', "its signature is not base64"],
    [`OCMF|{"a":"${"x".repeat(70_000)}"}|{"SD":"00"}`, "it has more than 65536 bytes"],
  ])("%.40s", (text, reason) => {
    expect(parseOcmf(text)).toBe(reason);
  });

  test("an empty, a cut and a foreign key are answers, not errors", () => {
    const { record } = fieldsOf();
    const key = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200")!;
    const keys = [
      new Uint8Array(),
      key,
      concat(key, p256.getPublicKey(SECRET, false).slice(1)),
      utf8("key"),
    ];
    for (const wrong of keys) expect(verifyOcmf(record, wrong), toHex(wrong)).not.toBeNull();
  });
});
