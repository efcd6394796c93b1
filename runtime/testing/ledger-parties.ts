// The parties of a test lease: fixed keys of the device, the lessor, the lessee and their
// witnesses, and the contract that binds them. Secrets are hashes of their names, so that a test
// runs twice the same; none of them is worth anything elsewhere.

import { sha256, utf8 } from "../ledger/bytes.ts";
import type { Contract } from "../ledger/contract.ts";
import {
  type KeyAlgorithm,
  type Signer,
  softwareSigner,
  type VerifierKey,
  verifierKeyOf,
} from "../ledger/keys.ts";

export interface TestKey {
  /** As C2SP names it. */
  readonly name: string;
  readonly signer: Signer;
  readonly verifier: VerifierKey;
  /** The verifier key as a contract or a command line holds it. */
  readonly text: string;
}

export function testKey(
  name: string,
  algorithm: KeyAlgorithm = "ed25519",
  kind: "signature" | "cosignature" = "signature",
): TestKey {
  const signer = softwareSigner(algorithm, sha256(utf8(`telltale test key ${name}`)));
  const verifier = verifierKeyOf(name, signer, kind);
  return { name, signer, verifier, text: verifier.text };
}

export const LESSOR = testKey("lessor.example");
export const LESSEE = testKey("lessee.example", "p256");
export const LESSOR_WITNESS = testKey("lessor.example/witness", "ed25519", "cosignature");
export const LESSEE_WITNESS = testKey("lessee.example/witness", "ed25519", "cosignature");

export const TEST_CONTROLLER = "c0ffee00c0ffee00c0ffee00c0ffee00";
/** SHA-256 of a metering code and of a configuration that the contract approves. */
export const TEST_SOFTWARE = "5".repeat(64);
export const TEST_CONFIGURATION = "c".repeat(64);

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function testContract(
  device: TestKey,
  controller: string,
  changes: Partial<Contract> = {},
): Contract {
  return {
    version: 1,
    id: "hire-1",
    parties: {
      lessor: { name: "Lessor Ltd", keys: [LESSOR.text], witness: LESSOR_WITNESS.text },
      lessee: { name: "Lessee GmbH", keys: [LESSEE.text], witness: LESSEE_WITNESS.text },
    },
    machine: {
      maker: "Example",
      model: "Press 40",
      serialNumber: "4711",
      controller,
      key: device.text,
      software: [TEST_SOFTWARE],
      configurations: [TEST_CONFIGURATION],
    },
    zone: "Europe/Berlin",
    shifts: [
      { name: "day", fromMinute: 360, toMinute: 1_080, days: [1, 2, 3, 4, 5] },
      { name: "night", fromMinute: 1_080, toMinute: 360, days: [1, 2, 3, 4, 5] },
    ],
    billing: {
      registers: ["working"],
      included: { perDayMs: 8 * HOUR_MS },
      rates: [
        { name: "night", shifts: ["night"], perHourMinor: 6_000 },
        { name: "normal", perHourMinor: 4_500 },
      ],
      overagePerHourMinor: 3_500,
      base: { amountMinor: 20_000, per: "day" },
      faultCreditPerHourMinor: 1_000,
    },
    rounding: { stepMs: HOUR_MS / 4, way: "down" },
    currency: { code: "EUR", decimals: 2 },
    unknown: "free",
    badlyTimed: "cheapest",
    substitutes: "refused",
    lossBoundMs: HOUR_MS,
    witnessAgeMaxMs: 2 * DAY_MS,
    ...changes,
  };
}
