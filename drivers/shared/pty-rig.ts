// For tests: a serial line without hardware. socat joins two pseudo-terminals; one end is the port
// under test, the other is where the test, or an independent program, plays the device.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Both ends are there within milliseconds; a machine under load gets more. */
const START_WAIT_MS = 5_000;
const LOOK_EVERY_MS = 5;

export class PtyLine {
  /** For the driver under test. */
  readonly port: string;
  /** For who plays the device. */
  readonly far: string;
  readonly #folder: string;
  readonly #socat: string;
  #process: ChildProcess | null = null;

  /** `socat` as `requires(context, "socat")` gives it. */
  constructor(socat: string) {
    this.#socat = socat;
    this.#folder = mkdtempSync(join(tmpdir(), "tt-pty-"));
    this.port = join(this.#folder, "port");
    this.far = join(this.#folder, "far");
  }

  /** Plugs the line in; its names stay, its pseudo-terminals are others each time. */
  async plug(): Promise<void> {
    const ends = [this.port, this.far].map((link) => `pty,raw,echo=0,link=${link}`);
    this.#process = spawn(this.#socat, ends, { stdio: "ignore" });
    for (let waitedMs = 0; !existsSync(this.port) || !existsSync(this.far); ) {
      if (waitedMs >= START_WAIT_MS) throw new Error("socat made no pseudo-terminals");
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      waitedMs += LOOK_EVERY_MS;
    }
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
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
