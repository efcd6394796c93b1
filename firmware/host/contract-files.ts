// The contracts that came with instructions, kept so that later instructions need not bring them:
// one file each, named by the hash of the contract's bytes.

import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { ContractTexts } from "../../runtime/ledger/commands.ts";

const HASH = /^[0-9a-f]{64}$/;

export class ContractFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Null where there is none that can be read. */
  async read(hash: string): Promise<ContractTexts | null> {
    if (!HASH.test(hash)) return null;
    try {
      return JSON.parse(await readFile(this.#file(hash), "utf8")) as ContractTexts;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Resolves when it is on the disk. */
  async keep(hash: string, { text, jws }: ContractTexts): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const temporary = `${this.#file(hash)}.part`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify({ text, jws }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#file(hash));
    const directory = await open(this.#directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #file(hash: string): string {
    return join(this.#directory, `${hash}.json`);
  }
}
