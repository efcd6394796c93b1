// The hash of the metering code: the same from the sources and in the bundle, and another one for
// every other code.

import { appendFileSync, cpSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "../../deploy/build.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { codeHash, hashOfSources } from "./code-hash.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("a bundle names the code that it was built of", async () => {
  using scratch = scratchDirectory();
  await bundle({ "code-hash": "firmware/host/code-hash.ts" }, scratch.path);
  // Nothing but the bundle is there: it cannot read the sources.
  writeFileSync(scratch.at("package.json"), '{ "type": "module" }');
  const built: { codeHash(): string } = await import(scratch.at("code-hash.js"));
  expect(built.codeHash()).toBe(codeHash());
  expect(codeHash()).toMatch(/^[0-9a-f]{64}$/);
});

test("every byte and every name of the metering code counts, and no test does", () => {
  using scratch = scratchDirectory();
  for (const room of ["runtime", "firmware"]) {
    cpSync(join(ROOT, room), scratch.at(room), { recursive: true });
  }
  const hashes = [hashOfSources(scratch.path)];
  expect(hashes[0]).toBe(codeHash());
  appendFileSync(scratch.at("runtime/usage/usage-state.ts"), " ");
  hashes.push(hashOfSources(scratch.path));
  renameSync(scratch.at("runtime/usage/crc32c.ts"), scratch.at("runtime/usage/crc-32c.ts"));
  hashes.push(hashOfSources(scratch.path));
  appendFileSync(scratch.at("firmware/meter/metering.ts"), " ");
  hashes.push(hashOfSources(scratch.path));
  // They decide which time an anchor says, which alarm makes a FAULT, and what is substituted.
  for (const deciding of [
    "firmware/meter/gnss-anchor.ts",
    "firmware/meter/meter-alarms.ts",
    "firmware/meter/power-fail.ts",
    "firmware/meter/upkeep.ts",
    "runtime/diagnosis/alarms.ts",
    "runtime/diagnosis/finding-watch.ts",
    "runtime/ledger/der.ts",
  ]) {
    appendFileSync(scratch.at(deciding), " ");
    hashes.push(hashOfSources(scratch.path));
  }
  expect(new Set(hashes).size).toBe(11);
  appendFileSync(scratch.at("runtime/usage/engine.test.ts"), " ");
  appendFileSync(scratch.at("firmware/meter/meter.ts"), " ");
  expect(hashOfSources(scratch.path)).toBe(hashes.at(-1));
});
