// Whether a statement is billed by the contract that both parties signed, and about the machine
// that it names.

import { utf8 } from "./bytes.ts";
import type { Contract, Party } from "./contract.ts";
import { verifyJws } from "./jws.ts";
import { parseVerifierKey, sameKey, type VerifierKey } from "./keys.ts";
import type { Statement } from "./statement.ts";
import type { Answers } from "./verdict.ts";

/** The contract, its hash and whose signatures count under it. */
export interface Terms {
  readonly contract: Contract;
  /** SHA-256 of its text, as instructions name it. */
  readonly hash: string;
  readonly keys: {
    readonly lessor: readonly VerifierKey[];
    readonly lessee: readonly VerifierKey[];
  };
}

export function termsOf(contract: Contract, hash: string): Terms {
  const { lessor, lessee } = contract.parties;
  return { contract, hash, keys: { lessor: keysOf(lessor), lessee: keysOf(lessee) } };
}

function keysOf({ keys }: Party): readonly VerifierKey[] {
  return keys.map(parseVerifierKey).filter((key) => typeof key !== "string");
}

export function checkContractFile(
  statement: Statement,
  { contract, hash, keys }: Terms,
  given: { readonly text: string } | undefined,
  answers: Answers,
): void {
  const where = { field: "contract.jws" };
  // A financier or an insurer may sign as well; what counts is the two who are bound.
  const { financier, insurer } = contract.parties;
  const third = [financier, insurer].flatMap((party) => (party ? keysOf(party) : []));
  const verified = verifyJws(
    statement.contract.jws,
    [...keys.lessor, ...keys.lessee, ...third],
    utf8(statement.contract.text),
  );
  if (typeof verified === "string") {
    const found = `a signature file that ${verified}`;
    answers.failed("contract", { where, expected: "both parties' signatures", found });
  } else {
    for (const role of ["lessor", "lessee"] as const) {
      const isSigned = verified.signers.some((signer) => keys[role].includes(signer));
      if (isSigned) continue;
      answers.failed("contract", { where, expected: `a signature of the ${role}`, found: "none" });
    }
    if (verified.unknown > 0) {
      const found = `${verified.unknown} by keys that the contract does not name`;
      answers.failed("contract", { where, expected: "signatures of the parties alone", found });
    }
  }
  const isOnes = keys.lessor.some((one) => keys.lessee.some((other) => sameKey(one, other)));
  if (isOnes) {
    answers.failed("contract", {
      where: { field: "contract.text" },
      expected: "a key for each party",
      found: "one key that stands for both",
    });
  }
  if (given === undefined) {
    answers.warning("contract", {
      found: `SHA-256 ${hash}`,
      means:
        "The contract is the one in the statement; give your own copy of the contract to " +
        "be sure that it is the one you signed.",
    });
  } else if (given.text !== statement.contract.text) {
    answers.failed("contract", {
      where: { field: "contract.text" },
      expected: "the contract that you gave, byte for byte",
      found: `another text (${contract.id})`,
    });
  }
  if (contract.machine.controller !== statement.controller) {
    answers.failed("another device", {
      where: { field: "controller" },
      expected: `${contract.machine.controller}, the controller of the contract`,
      found: statement.controller,
    });
  }
}
