import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, createReadStream, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";

const BYTES = 4 * 1024 ** 3;
/** Node itself has some 60 MB, the plans of one channel a few more; the file has 4,096. */
const RSS_MAX_MB = 400;
const TIMEOUT_MS = 600_000;

test(
  "a recording of 4 GB is diagnosed in a small and fixed memory",
  async () => {
    using scratch = scratchDirectory();
    const file = scratch.at("long.f32");
    const descriptor = openSync(file, "w");
    const random = new SeededRandom(9);
    // Ten minutes of a live sensor, then one that is cut off: a hole, which takes no disk.
    const live = Float32Array.from({ length: 600_000 }, () => 0.05 * random.normal());
    for (let part = 0; part < 12; part++) writeSync(descriptor, live);
    ftruncateSync(descriptor, BYTES);
    closeSync(descriptor);

    const main = join(import.meta.dirname, "..", "main.ts");
    const args = [file, "--rate", "12000", "--rpm", "1782", "--bearing", "6205", "--json"];
    const child = spawn(process.execPath, [main, "diagnose", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let peakMb = 0;
    const looking = setInterval(async () => {
      peakMb = Math.max(peakMb, await residentMb(child.pid!));
    }, 200);
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    const [status] = await once(child, "close");
    clearInterval(looking);
    expect(status).toBe(0);
    const answer = JSON.parse(out) as Record<string, unknown>;
    expect(answer).toMatchObject({ verdict: "cannot-tell", samples: BYTES / 4 });
    expect(answer["findings"]).toMatchObject([{ fault: "sensor-stuck" }]);
    expect(peakMb).toBeGreaterThan(40);
    expect(peakMb).toBeLessThan(RSS_MAX_MB);
  },
  TIMEOUT_MS,
);

/** 0 where the process has ended. */
async function residentMb(pid: number): Promise<number> {
  let text = "";
  try {
    for await (const chunk of createReadStream(`/proc/${pid}/status`)) text += chunk;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1_024;
}
