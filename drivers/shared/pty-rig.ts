// For tests: a serial line without hardware. socat joins two pseudo-terminals; one end is the port
// under test, the other is where the test, or an independent program, plays the device.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What socat says once both ends are there. */
const READY = "starting data transfer loop";

export class PtyLine {
  /** For the driver under test. */
  readonly port: string;
  /** For who plays the device. */
  readonly far: string;
  /** Where the two names are; for its owner alone. */
  readonly folder: string;
  readonly #socat: string;
  #process: ChildProcess | null = null;

  /** `socat` as `requires(context, "socat")` gives it. */
  constructor(socat: string) {
    this.#socat = socat;
    this.folder = mkdtempSync(join(tmpdir(), "tt-pty-"));
    this.port = join(this.folder, "port");
    this.far = join(this.folder, "far");
  }

  /** Plugs the line in; its names stay, its pseudo-terminals are others each time. */
  async plug(): Promise<void> {
    const ends = [this.port, this.far].map((link) => `pty,raw,echo=0,link=${link}`);
    const socat = spawn(this.#socat, ["-d", "-d", ...ends], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = socat;
    let said = "";
    for await (const text of socat.stderr
      .setEncoding("utf8")
      .iterator({ destroyOnReturn: false })) {
      said += text;
      if (said.includes(READY)) break;
    }
    socat.stderr.resume();
    if (!said.includes(READY)) throw new Error(`socat made no pseudo-terminals: ${said}`);
  }

  /** Pulls the line out: both ends hang up and their names are gone. */
  async unplug(): Promise<void> {
    const socat = this.#process;
    this.#process = null;
    if (socat === null || socat.exitCode !== null || socat.signalCode !== null) return;
    socat.kill();
    await once(socat, "exit");
    for (const link of [this.port, this.far]) rmSync(link, { force: true });
  }

  async dispose(): Promise<void> {
    await this.unplug();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
