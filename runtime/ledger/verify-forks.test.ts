// Tree heads of the history that witnesses saw, used as if they vouched for another one.

import { expect, test } from "vitest";
import { type Forgery, forgeSegment, statementBytes } from "../testing/ledger-forgery.ts";
import type { Life } from "../testing/ledger-life.ts";
import { evidenceOf } from "../testing/ledger-segment.ts";
import { livedLife } from "../testing/lived-life.ts";
import { checkpointBody } from "./checkpoint.ts";
import { makeStatement } from "./figures.ts";
import type { LeafOf } from "./leaf.ts";
import { signNote } from "./note.ts";
import { verifyStatement } from "./verify.ts";

const { life, period } = livedLife();

const cosignatures = life.segment.leaves.filter(
  (leaf): leaf is LeafOf<"COSIGNATURE"> => leaf.typ === "COSIGNATURE",
);
const sizeOf = (leaf: LeafOf<"COSIGNATURE">) => Number(leaf.d.note.split("\n")[1]);

/** A statement about a ledger that the device signed and no witness has seen. */
function forged(edit: Forgery["edit"], { from, to }: typeof period, checkpoints: string[] = []) {
  const segment = forgeSegment(life, { edit, witnesses: [] });
  const { origin, frontier } = segment;
  const body = checkpointBody({ origin, size: frontier.size, root: frontier.root() });
  const note = signNote(body, life.device.name, life.device.signer);
  segment.checkpoints.push({ size: frontier.size, note });
  const evidence = evidenceOf(segment, life.contract.zone, from, to);
  const all = [...checkpoints, ...evidence.checkpoints];
  return makeStatement(
    { ...life.evidence(period.from, period.to), ...evidence, checkpoints: all },
    life.contract,
  );
}

function failed(statement: object, { utc, device, contractText }: Life): readonly string[] {
  const options = { now: utc, key: device.text, contract: { text: contractText } };
  const { answers } = verifyStatement(statementBytes(statement), options);
  return answers.filter(({ verdict }) => verdict === "failed").map(({ check }) => check);
}

test("a tree head with more leaves than the ledger has is one of another history", () => {
  const newest = cosignatures.slice(-2);
  const size = sizeOf(newest[0]!);
  const statement = forged((leaf, index) => {
    if (index >= size - 1) return null;
    if (leaf.typ !== "COSIGNATURE") return leaf;
    return { ...leaf, d: newest.find(({ d }) => d.witness === leaf.d.witness)!.d };
  }, period);
  expect(failed(statement, life)).toEqual(["fork", "fork", "unwitnessed", "unwitnessed"]);
});

test("a tree head from before the opening leaf vouches for no leaf of the statement", () => {
  const [seen] = cosignatures;
  const from = seen!.utc! + 60_000;
  const none: Forgery["edit"] = (leaf) =>
    leaf.typ === "COSIGNATURE" && leaf.seq > sizeOf(seen!) + 1
      ? { ...leaf, typ: "TICK", d: {} }
      : leaf;
  const notes = life.segment.checkpoints.filter(({ size }) => size === sizeOf(seen!));
  const before = notes.map(({ note }) => note);
  const statement = forged(none, { from, to: period.to }, before);
  expect(statement.opening.index).toBeGreaterThan(sizeOf(seen!));
  expect(failed(statement, life)).toEqual(["unwitnessed", "unwitnessed"]);
});
