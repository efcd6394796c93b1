// The SHA-256 of the code that decides what an hour is: it stands on every leaf, and a contract
// names those that the parties approved. In a checkout it is made of the sources; the bundle
// carries the one that its build made of the same sources.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * From the root of the repository; a folder stands for all of its sources but the tests. It is what
 * turns samples into states, registers and leaves. How a sample comes from a device is not in it:
 * the machine file, whose hash stands on the leaf as well, says which device that is.
 */
const METERING_CODE = [
  "runtime/signal/",
  "runtime/intake/",
  "runtime/dsp/",
  "runtime/diagnosis/alarms.ts",
  "runtime/diagnosis/finding-rules.ts",
  "runtime/diagnosis/finding-watch.ts",
  "runtime/usage/",
  "runtime/ledger/bytes.ts",
  "runtime/ledger/canonical-json.ts",
  "runtime/ledger/checkpoint.ts",
  "runtime/ledger/der.ts",
  "runtime/ledger/keeper.ts",
  "runtime/ledger/keys.ts",
  "runtime/ledger/leaf.ts",
  "runtime/ledger/merkle.ts",
  "runtime/ledger/note.ts",
  "runtime/ledger-store/",
  "firmware/machine-file/",
  "firmware/meter/clock-watch.ts",
  "firmware/meter/gnss-anchor.ts",
  "firmware/meter/meter-alarms.ts",
  "firmware/meter/metering.ts",
  "firmware/meter/power-fail.ts",
  "firmware/meter/upkeep.ts",
  "firmware/host/clock.ts",
  "firmware/host/controller-clock.ts",
  "firmware/host/slot-file.ts",
] as const;

/** Defined by deploy/build.ts in the bundle, and nowhere else. */
declare const TELLTALE_CODE_HASH: string;

let known: string | null = null;

/** In hexadecimal. Read once: what runs does not change when the files do. */
export function codeHash(): string {
  known ??=
    typeof TELLTALE_CODE_HASH === "string"
      ? TELLTALE_CODE_HASH
      : hashOfSources(fileURLToPath(new URL("../../", import.meta.url)));
  return known;
}

/** Of the sources below this root: path, length and bytes of each, in the order of their paths. */
export function hashOfSources(root: string): string {
  const hash = createHash("sha256");
  const files = METERING_CODE.flatMap((path) => sourcesIn(root, path)).sort();
  for (const file of files) {
    const bytes = readFileSync(join(root, file));
    hash.update(`${file}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

/** A name that is not there is a mistake in the list above, and throws. */
function sourcesIn(root: string, path: string): readonly string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return sourcesIn(root, `${path}${entry.name}/`);
    return isSource(entry.name) ? [`${path}${entry.name}`] : [];
  });
}

function isSource(name: string): boolean {
  return name.endsWith(".ts") && !name.endsWith(".test.ts");
}
