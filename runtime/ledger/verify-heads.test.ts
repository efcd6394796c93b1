// Tree heads that somebody filled with signatures to keep a verifier busy.

import { expect, test } from "vitest";
import { livedLife } from "../testing/lived-life.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import { parseVerifierKey } from "./keys.ts";
import { addSignature, parseNote } from "./note.ts";
import { Answers } from "./verdict.ts";
import { HeadReader } from "./verify-heads.ts";

test("a hundred thousand wrong signatures cost no more than a few", () => {
  const { life } = livedLife();
  const { origin, checkpoints } = life.segment;
  const { note } = checkpoints.at(-1)!;
  const device = parseVerifierKey(life.device.text);
  if (typeof device === "string") throw new TypeError(device);
  const keys = { origin, device, witnesses: [], allowsOthers: false };
  const own = parseNote(note);
  if (typeof own === "string") throw new TypeError(own);
  const { name, line } = own.signatures[0]!;
  const bytes = fromBase64(line.split(" ")[2]!)!;
  const answers = new Answers();
  const reader = new HeadReader(answers);
  const startedAt = performance.now();
  for (let count = 0; count < 100_000 / 16; count++) {
    const lines = Array.from({ length: 16 }, (_, place) => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, count * 16 + place);
      return `— ${name} ${toBase64(bytes)}`;
    });
    const head = reader.read(`${own.text}\n${lines.join("\n")}\n`, { field: `${count}` }, keys);
    expect(head?.isDevices).toBe(false);
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(answers.has("signature")).toBe(true);
  // What is right stays right, whatever else stood there.
  expect(new HeadReader(answers).read(addSignature(note, line), {}, keys)?.isDevices).toBe(true);
});
