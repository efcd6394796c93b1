// Runs one simulated machine's life from its seed and reports it. A law that breaks is reported
// with the machine, the step and the way to have the same failure again.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { sha256, sha256Hex, utf8 } from "../../runtime/ledger/bytes.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import type { Registers } from "../../runtime/usage/usage-state.ts";
import type { Toll } from "./comebacks.ts";
import type { Parts } from "./controller.ts";
import { LawBroken } from "./laws.ts";
import { Life } from "./life.ts";
import { Misfortunes } from "./misfortunes.ts";
import type { SimDisk } from "./sim-disk.ts";
import { weatherOf, YEAR_MS } from "./weather.ts";

export interface LifeOptions {
  readonly seed: number;
  /** From 1. */
  readonly machine: number;
  readonly years: number;
  readonly parts: Parts;
  /** How much of the life is over, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface LifeReport extends Toll {
  readonly machine: number;
  readonly years: number;
  readonly zone: string;
  readonly isSampledExactly: boolean;
  readonly steps: number;
  readonly leaves: number;
  readonly writes: number;
  readonly tornWrites: number;
  readonly cosigned: number;
  /** Made of periods of this life, and verified. */
  readonly statements: number;
  /** Of those, about periods in which the zone's clocks change. */
  readonly clockChanges: number;
  /** Controllers that were replaced. */
  readonly swaps: number;
  /** Of all controllers together. */
  readonly registers: Registers;
  /** Working time by the truth while the controller was on, and what the register says of it. */
  readonly trueWorkingMs: number;
}

export class LifeFailed extends Error {}

export async function runLife(options: LifeOptions): Promise<LifeReport> {
  const { seed, machine, years, parts, onProgress } = options;
  const own = seedOf(seed, machine);
  const life = new Life(machine, own, parts, fastSigner(own), sha256Hex("simulated"));
  const misfortunes = new Misfortunes(life, (controller) => fastSigner(own + 1 + controller));
  const weather = weatherOf(new SeededRandom(own ^ 0x5bd1e995), years);
  try {
    await misfortunes.firstStart();
    for (const event of weather) {
      await misfortunes.happens(event);
      onProgress?.(life.time.now / (years * YEAR_MS));
    }
    await misfortunes.ends(years * YEAR_MS);
  } catch (error) {
    // What the meter throws is no law, and has to be had again all the same.
    const message = error instanceof LawBroken ? error.message : `it threw: ${reasonOf(error)}`;
    const where = `seed ${seed}, machine ${machine}, step ${misfortunes.swaps.steps}`;
    const when = `day ${(life.time.now / 86_400_000).toFixed(4)} of its life`;
    const again = `npm run simulate -- --seed ${seed} --machine ${machine} --years ${years}`;
    const before = `before: ${misfortunes.recent.join(" ")}`;
    const said = [message, `${where}, ${when}`, before, `again: ${again}`].join("\n  ");
    throw new LifeFailed(said, { cause: error });
  }
  const { disks, habit } = life;
  const { parties, swaps } = misfortunes;
  const sum = (of: (disk: SimDisk) => number) => disks.reduce((all, disk) => all + of(disk), 0);
  return {
    machine,
    years,
    zone: habit.zone,
    isSampledExactly: habit.pollMs === null,
    steps: swaps.steps,
    leaves: sum((disk) => disk.leaves.length),
    writes: sum((disk) => disk.writes),
    tornWrites: sum((disk) => disk.tornWrites),
    cosigned: parties.cosigned,
    statements: parties.statements,
    clockChanges: parties.clockChanges,
    swaps: swaps.count,
    registers: swaps.registers,
    trueWorkingMs: swaps.trueWorkingMs,
    ...misfortunes.toll,
  };
}

function seedOf(seed: number, machine: number): number {
  return new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(machine, 0x85ebca6b)).integer(
    0,
    2 ** 32 - 1,
  );
}

/** PKCS #8 of an Ed25519 key, up to its 32 secret bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD_BYTES = 12;

/** As the host's signer: a year has tens of thousands of checkpoints. */
export function fastSigner(seed: number): Signer {
  const secret = sha256(utf8(`simulated key ${seed}`));
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, secret]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(SPKI_HEAD_BYTES));
  return {
    algorithm: "ed25519",
    publicKey: () => publicKey,
    sign: (message) => new Uint8Array(sign(null, message, key)),
    close: () => undefined,
  };
}
