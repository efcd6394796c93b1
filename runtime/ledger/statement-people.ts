// Who stands behind a statement: the parties, the machine and its ledger, and whose signatures are
// on the contract and on the ledger's ends.

import { sha256Hex, utf8 } from "./bytes.ts";
import { parseCheckpoint, verifyCosignature } from "./checkpoint.ts";
import { type Contract, PARTY_ROLES, type PartyRole } from "./contract.ts";
import { verifyJws } from "./jws.ts";
import { parseVerifierKey, type VerifierKey } from "./keys.ts";
import { verifyNote } from "./note.ts";
import { groupedText, html, type Markup, momentText } from "./page-parts.ts";
import type { Statement, StatementEnd } from "./statement.ts";

export function partiesCard(statement: Statement, contract: Contract | string): Markup | null {
  if (typeof contract === "string") return null;
  const { machine } = contract;
  return html`<section class="card"><h2>Parties and machine</h2>
<div class="columns">
<dl class="facts">${partiesOf(contract).map(
    ({ role, party }) =>
      html`<dt>${role}</dt><dd><strong>${party.name}</strong>${
        party.witness === undefined
          ? html` <span class="quiet">runs no witness</span>`
          : html` <span class="quiet">witness ${nameOf(party.witness)}</span>`
      }</dd>`,
  )}
<dt>contract</dt><dd>${contract.id}</dd>
<dt>its SHA-256</dt><dd><code>${sha256Hex(statement.contract.text)}</code></dd>
</dl>
<dl class="facts">
<dt>machine</dt><dd>${machine.maker} ${machine.model}</dd>
<dt>serial number</dt><dd>${machine.serialNumber}</dd>
<dt>controller</dt><dd><code>${statement.controller}</code></dd>
<dt>its key</dt><dd><code>${statement.key}</code></dd>
<dt>ledger</dt><dd><code>${statement.origin}</code></dd>
</dl>
</div></section>`;
}

function partiesOf({ parties }: Contract) {
  return PARTY_ROLES.flatMap((role: PartyRole) => {
    const party = parties[role];
    return party === undefined ? [] : [{ role, party }];
  });
}

/** Names alone, of signatures that are right. What follows from them is the verifier's to say. */
export function signaturesCard(
  statement: Statement,
  contract: Contract | string,
  mark: Markup | null,
): Markup {
  const named = typeof contract === "string" ? [] : keysOf(contract);
  const device = parseVerifierKey(statement.key);
  const ledgerKeys = [
    ...(typeof device === "string" ? [] : [device]),
    ...named.map(({ key }) => key),
  ];
  const labelOf = (key: VerifierKey) => {
    const party = named.find((each) => each.key === key);
    return party === undefined ? "the meter" : party.label;
  };
  const ends = [
    ["Ledger at the begin", statement.opening],
    ["Ledger at the end", statement.closing],
  ] as const;
  return html`<section class="card"><h2>Signed by ${mark}</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">What</th><th scope="col">Signatures that are right</th></tr></thead>
<tbody>
<tr><th scope="row">Contract</th><td>${contractSigners(statement, named)}</td></tr>
${ends.map(
  ([
    name,
    end,
  ]) => html`<tr><th scope="row">${name}<span class="formula">${endWords(end)}</span></th>
<td>${endSigners(statement, end, ledgerKeys, labelOf)}</td></tr>`,
)}
</tbody></table></div></section>`;
}

interface NamedKey {
  readonly label: string;
  readonly key: VerifierKey;
}

function keysOf(contract: Contract): readonly NamedKey[] {
  return partiesOf(contract).flatMap(({ role, party }) => {
    const witness = party.witness === undefined ? [] : [party.witness];
    const label = (text: string) =>
      text === party.witness ? `the ${role}’s witness` : `${party.name} (${role})`;
    return [...party.keys, ...witness].flatMap((text) => {
      const key = parseVerifierKey(text);
      return typeof key === "string" ? [] : [{ label: label(text), key }];
    });
  });
}

function contractSigners(
  { contract }: Statement,
  named: readonly NamedKey[],
): Markup | readonly Markup[] {
  const keys = named.map(({ key }) => key);
  const verified = verifyJws(contract.jws, keys, utf8(contract.text));
  if (typeof verified === "string") return nobody(`The signature ${verified}`);
  const labels = named
    .filter(({ key }) => verified.signers.includes(key))
    .map(({ label }) => label);
  return listed(
    [...new Set(labels)].map((label) => html`${label}`),
    verified.unknown,
  );
}

function endSigners(
  { period }: Statement,
  { checkpoint }: StatementEnd,
  keys: readonly VerifierKey[],
  labelOf: (key: VerifierKey) => string,
): Markup | readonly Markup[] {
  const verified = verifyNote(checkpoint, keys);
  if (typeof verified === "string") return nobody(`The checkpoint ${verified}`);
  const labels = verified.verified.map((key) => {
    const cosigned = verifyCosignature(checkpoint, key);
    if (cosigned === null) return html`${labelOf(key)}`;
    const time = momentText(cosigned.time * 1_000, period.offsets);
    return html`${labelOf(key)}, <span class="nowrap">${time}</span>`;
  });
  return [
    ...listed(labels, verified.unknown),
    ...verified.bad.map((name) => html`<br><span class="tag warn">wrong: ${name}</span>`),
  ];
}

function listed(labels: readonly Markup[], unknown: number): readonly Markup[] {
  const known = labels.map((label) => html`<span>${label}</span><br>`);
  if (labels.length === 0) return [nobody("Nobody whom the contract names")];
  return unknown === 0
    ? known
    : [...known, html`<span class="quiet">and ${groupedText(unknown)} by unknown keys</span>`];
}

function nobody(words: string): Markup {
  return html`<span class="tag warn">${words}</span>`;
}

function endWords({ index, checkpoint }: StatementEnd): string {
  const parsed = parseCheckpoint(checkpoint);
  const size = typeof parsed === "string" ? "unreadable" : groupedText(parsed.size);
  return `leaf ${groupedText(index)} of a tree of ${size}`;
}

function nameOf(keyText: string): string {
  const key = parseVerifierKey(keyText);
  return typeof key === "string" ? keyText : key.name;
}
