// Keys, contracts and signatures as two parties meet them: real processes and real files.

import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { EXAMPLE_CONTRACT, EXAMPLE_KEYS } from "../../runtime/ledger/example-contract.ts";
import { verifyJws } from "../../runtime/ledger/jws.ts";
import {
  type KeyAlgorithm,
  parseVerifierKey,
  type VerifierKey,
  verifierKeyOf,
} from "../../runtime/ledger/keys.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { makePartyKey, readPartyKey } from "../host/party-keys.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

function telltale(scratch: ScratchDirectory, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: scratch.path, timeout: 30_000 },
      (_failure, out, error) => resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

function keyIn(scratch: ScratchDirectory, file: string, algorithm: KeyAlgorithm): VerifierKey {
  makePartyKey(scratch.at(file), `${file}.example`, algorithm);
  return verifierKeyOf(`${file}.example`, readPartyKey(scratch.at(file)).signer);
}

/** The example with keys of these files in it. */
function agreed(scratch: ScratchDirectory): readonly VerifierKey[] {
  const lessor = keyIn(scratch, "lessor", "ed25519");
  const lessee = keyIn(scratch, "lessee", "p256");
  const text = EXAMPLE_CONTRACT.replace(EXAMPLE_KEYS.lessor, lessor.text);
  writeFileSync(scratch.at("c.yaml"), text.replace(EXAMPLE_KEYS.lessee, lessee.text));
  return [lessor, lessee];
}

describe.concurrent("the commands of parties", () => {
  test("a key is made, and shown again with its cosignature key and thumbprint", async () => {
    using scratch = scratchDirectory();
    const made = await telltale(scratch, "key", "new", "k", "--name", "k.example", "--json");
    expect(made).toMatchObject({ status: 0, error: "" });
    const { verifierKey, cosignatureKey, thumbprint } = JSON.parse(made.out);
    expect(parseVerifierKey(verifierKey)).toMatchObject({ name: "k.example", kind: "signature" });
    expect(parseVerifierKey(cosignatureKey)).toMatchObject({ kind: "cosignature" });
    chmodSync(scratch.at("k"), 0o644);
    const shown = await telltale(scratch, "key", "show", "k");
    for (const text of [verifierKey, cosignatureKey, thumbprint]) {
      expect(shown.out).toContain(text);
    }
    expect(shown.error).toContain("others may read k; chmod 600 k");
    const other = await telltale(scratch, "key", "show", "k", "--name", "b");
    expect(other).toMatchObject({ status: 2, out: "" });
    expect(other.error).toContain("is called k.example, not b");
    expect(other.error).not.toContain("    at ");
  });

  test("a contract begins with an example that is good, and says what it amounts to", async () => {
    using scratch = scratchDirectory();
    expect((await telltale(scratch, "contract", "new")).status).toBe(0);
    expect(readFileSync(scratch.at("contract.yaml"), "utf8")).toBe(EXAMPLE_CONTRACT);
    const { status, out, error } = await telltale(scratch, "contract", "check", "contract.yaml");
    expect(status).toBe(0);
    expect(error).toContain("keys of the example");
    for (const words of [
      "Nordwind Rental GmbH",
      "time in WORKING",
      "night: 30.00 EUR an hour, in shift night",
      "8 h a day, 40 h a week, 160 h each 28 days",
      "day: 06:00 to 18:00, mon to fri",
      "Europe/Berlin",
      "by the lessor and the lessee",
    ]) {
      expect(out).toContain(words);
    }
    expect((await telltale(scratch, "contract", "new")).status).toBe(2);
  });

  test("problems of a contract come with line and column, for people and programs", async () => {
    using scratch = scratchDirectory();
    const text = EXAMPLE_CONTRACT.replace("Europe/Berlin", "Europe/Berln");
    writeFileSync(scratch.at("c.yaml"), text.replace("way: down", "way: dwn"));
    const { status, out, error } = await telltale(scratch, "contract", "check", "c.yaml");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(error.split("\n").slice(0, 3)).toEqual([
      'c.yaml:23:7 zone: "Europe/Berln" is no time zone; did you mean "Europe/Berlin"?',
      'c.yaml:42:31 rounding.way: must be one of "down", "nearest", "up"; did you mean "down"?',
      "2 problems",
    ]);
    const json = await telltale(scratch, "contract", "check", "c.yaml", "--json");
    expect(json.status).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ good: false, summary: null });
  });

  test("both sign a contract's bytes, and who has signed is told at each step", async () => {
    using scratch = scratchDirectory();
    const keys = agreed(scratch);
    // A byte order mark is a part of what is signed.
    const text = `\u{feff}${readFileSync(scratch.at("c.yaml"), "utf8")}`;
    writeFileSync(scratch.at("c.yaml"), text);
    const first = await telltale(scratch, "sign", "c.yaml", "--key", "lessor");
    expect(first).toMatchObject({ status: 0, error: "" });
    expect(first.out).toContain("c.yaml is signed for the lessor");
    const half = await telltale(scratch, "contract", "check", "c.yaml", "--json");
    expect(JSON.parse(half.out).signatures).toMatchObject({
      signed: ["lessor"],
      missing: ["lessee"],
    });
    await telltale(scratch, "sign", "c.yaml", "--key", "lessee");
    const whole = await telltale(scratch, "contract", "check", "c.yaml");
    expect(whole.status).toBe(0);
    expect(whole.out).toContain("by the lessor\n");
    expect(whole.out).toContain("by the lessee\n");
    expect(whole.out).not.toContain("not signed");
    const jws = readFileSync(scratch.at("c.yaml.jws"), "utf8");
    const bytes = Uint8Array.from(readFileSync(scratch.at("c.yaml")));
    expect(verifyJws(jws, keys, bytes)).toMatchObject({ signers: keys, unknown: 0 });
  });

  test("a contract that changed after a signature is found out, and not signed again", async () => {
    using scratch = scratchDirectory();
    agreed(scratch);
    await telltale(scratch, "sign", "c.yaml", "--key", "lessor");
    const text = readFileSync(scratch.at("c.yaml"), "utf8");
    writeFileSync(scratch.at("c.yaml"), text.replace('"20.00"', '"40.00"'));
    const check = await telltale(scratch, "contract", "check", "c.yaml");
    expect(check.status).toBe(1);
    expect(check.error).toContain("c.yaml.jws has a wrong signature of lessor.example: c.yaml was");
    const sign = await telltale(scratch, "sign", "c.yaml", "--key", "lessee");
    expect(sign.status).toBe(2);
    expect(sign.error).toContain("c.yaml was changed after it was signed");
  });

  test("a stranger's signature binds nobody, and another file is not written over", async () => {
    using scratch = scratchDirectory();
    agreed(scratch);
    keyIn(scratch, "stranger", "ed25519");
    writeFileSync(scratch.at("letter"), "a letter");
    const args = ["sign", "c.yaml", "--key", "stranger"];
    const refused = await telltale(scratch, ...args, "--out", "letter");
    expect(refused.status).toBe(2);
    expect(refused.error).toContain("letter is no JWS");
    expect(readFileSync(scratch.at("letter"), "utf8")).toBe("a letter");
    const signed = await telltale(scratch, ...args);
    expect(signed.error).toContain("no party's in the contract");
    const check = await telltale(scratch, "contract", "check", "c.yaml");
    expect(check.status).toBe(1);
    expect(check.error).toContain("c.yaml.jws is signed by nobody who is known");
    expect(check.error).toContain("Remove c.yaml.jws and let lessor and lessee sign");
  });
});
