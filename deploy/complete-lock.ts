// Completes package-lock.json after a change of the tools: `node deploy/complete-lock.ts`.
//
// Tools with native parts list one optional package per platform. A registry mirror that carries
// only some of them makes npm write a lock without the others, and `npm ci` then refuses that lock
// everywhere ("not in sync"). The packages of other platforms are never installed here, so an entry
// with version and platform is all that the lock needs.

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

interface LockEntry {
  readonly version?: string;
  readonly cpu?: readonly string[];
  readonly os?: readonly string[];
  readonly libc?: readonly string[];
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  packages: Record<string, LockEntry>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "x64"];

/** The packages that others name as optional and that the lock does not hold: name and version. */
export function missingFromLock(lock: Lock): ReadonlyMap<string, string> {
  const folders = Object.keys(lock.packages);
  const held = new Set(folders.map((folder) => folder.split("node_modules/").at(-1)!));
  const missing = new Map<string, string>();
  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!held.has(name)) missing.set(name, version);
    }
  }
  return missing;
}

/** The platform stands in such a package's name: `@oxc-parser/binding-linux-riscv64-musl`. */
export function entryFromName(name: string, version: string): LockEntry {
  const words = name.split(/[-/]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  if (os.length !== 1 || cpu.length !== 1 || !/^\d/.test(version)) {
    throw new Error(`${name}@${version}: the platform cannot be told from the name`);
  }
  const libc = name.includes("musl") ? "musl" : "glibc";
  return {
    version,
    cpu,
    dev: true,
    ...(os[0] === "linux" && { libc: [libc] }),
    optional: true,
    os,
  };
}

if (import.meta.main) {
  const file = resolve(import.meta.dirname, "../package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const missing = missingFromLock(lock);
  for (const [name, version] of missing) {
    lock.packages[`node_modules/${name}`] = entryFromName(name, version);
  }
  const { "": root, ...others } = lock.packages;
  const sorted = Object.entries(others).sort(([one], [other]) => (one < other ? -1 : 1));
  lock.packages = Object.fromEntries([["", root!], ...sorted]);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.size} packages of other platforms added to package-lock.json`);
}
