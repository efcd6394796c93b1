// What the diagnosis has learned, on the disk: one JSON file that is replaced as a whole.

import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { fileExists, readTextFile, setAside } from "./files.ts";

/** 32 waveforms with some operating states each stay far below. */
const BYTES_MAX = 16e6;

export class LearnedFile {
  readonly #path: string;
  readonly #log: Log;
  #saving: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Null where there is none. One that cannot be read is set aside: learning begins anew. */
  load(): unknown {
    if (!fileExists(this.#path)) return null;
    try {
      return JSON.parse(readTextFile(this.#path, BYTES_MAX));
    } catch (error) {
      const aside = setAside([this.#path]);
      this.#log.error("what was learned is lost; learning begins anew", {
        reason: reasonOf(error),
        aside,
      });
      return null;
    }
  }

  /** Never rejects: a disk that refuses costs what was learned since, not a single hour. */
  save(learned: object): Promise<void> {
    this.#saving = this.#saving.then(() => this.#write(JSON.stringify(learned)));
    return this.#saving;
  }

  async #write(text: string): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    try {
      {
        await using file = await open(temporary, "w", 0o640);
        await file.writeFile(text);
        await file.sync();
      }
      await rename(temporary, this.#path);
      await using directory = await open(dirname(this.#path), "r");
      await directory.sync();
    } catch (error) {
      this.#log.error("what was learned could not be saved", { reason: reasonOf(error) });
    }
  }
}
