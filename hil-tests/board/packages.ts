// What the board needs from Debian: installed here where the machine lets us, within a bound, else
// the place is not here and says why.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const INSTALL_MS_MAX = 4 * 60_000;
const PACKAGES = join(import.meta.dirname, "packages.txt");

/** Null when everything is installed; else why the board cannot be had, as a sentence. */
export async function installPackages(say: (line: string) => void): Promise<string | null> {
  const missing = missingPackages();
  if (missing.length === 0) return null;
  if (!existsSync("/usr/bin/apt-get")) {
    return `the virtual board needs Debian's ${missing.join(", ")}; there is no apt-get here`;
  }
  const root = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (root.length > 0 && spawnSync("sudo", ["-n", "true"]).status !== 0) {
    return `the virtual board needs root, to make its disk and to install ${missing.join(", ")}`;
  }
  say(`board: installing ${missing.join(", ")}`);
  const startedAt = performance.now();
  const apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60"];
  const install = [...apt, "-y", "--no-install-recommends", "install", ...missing];
  for (const command of [[...apt, "update"], install]) {
    const [program, ...args] = [...root, "env", "DEBIAN_FRONTEND=noninteractive", ...command];
    const left = INSTALL_MS_MAX - (performance.now() - startedAt);
    const { status, stderr } = spawnSync(program!, args, {
      timeout: Math.max(left, 1),
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (status !== 0) {
      const why = stderr.trim().split("\n").at(-1) || "it took too long";
      return `the virtual board's Debian packages could not be installed: ${why}`;
    }
  }
  return null;
}

function missingPackages(): readonly string[] {
  const wanted = readFileSync(PACKAGES, "utf8").trim().split("\n");
  // A name and a version for each; a package that was removed has no version.
  const { stdout } = spawnSync("dpkg-query", ["-W", ...wanted], { encoding: "utf8" });
  const installed = new Set(
    (stdout ?? "")
      .split("\n")
      .map((line) => line.split("\t"))
      .filter(([, version]) => version)
      .map(([name]) => name!.split(":")[0]!),
  );
  return wanted.filter((name) => !installed.has(name));
}
