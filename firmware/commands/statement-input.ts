// A statement's file as a command takes it for an export: its figures are computed again from its
// evidence, so that what is exported follows from what is signed, whatever the file says.

import { canonicalJson } from "../../runtime/ledger/canonical-json.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import { makeStatement } from "../../runtime/ledger/figures.ts";
import { STATEMENT_BYTES_MAX, type Statement } from "../../runtime/ledger/statement.ts";
import { readStatement } from "../../runtime/ledger/statement-file.ts";
import { contractIn } from "../../runtime/ledger/statement-page.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { readEvidence } from "../host/evidence-file.ts";

const ASK_VERIFY = "`telltale verify FILE` names what is wrong with it";

export interface StatementInput {
  readonly statement: Statement;
  readonly contract: Contract;
}

/** @throws Fault */
export function readStatementFile(file: string): StatementInput {
  const read = readStatement(readEvidence(file, STATEMENT_BYTES_MAX));
  if (!("statement" in read)) {
    throw refused(file, `is no statement: expected ${read.expected}, found ${read.found}`);
  }
  const { figures, ...evidence } = read.statement;
  const contract = contractIn(read.statement);
  if (typeof contract === "string") throw refused(file, `holds no contract: ${contract}`);
  const statement = computed(file, evidence, contract);
  if (canonicalJson(statement.figures) !== canonicalJson(figures)) {
    throw refused(file, "has figures that do not follow from its leaves");
  }
  return { statement, contract };
}

function computed(
  file: string,
  evidence: Omit<Statement, "figures">,
  contract: Contract,
): Statement {
  try {
    return makeStatement(evidence, contract);
  } catch (error) {
    // Leaves and periods that nothing can be computed of; anything else is a mistake of ours.
    if (!(error instanceof RangeError)) throw error;
    throw refused(file, `cannot be computed: ${reasonOf(error)}`);
  }
}

function refused(file: string, what: string): Fault {
  return new Fault("SETTING_INVALID", `${file} ${what}`, ASK_VERIFY);
}
