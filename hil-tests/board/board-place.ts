// The place `board`: one virtual board for all scenarios of a run. The drivers in it meet the
// kernel's own GPIO, USB serial, CAN, I2C and watchdog; peers run on the host, at the far end of
// what QEMU emulates.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type {
  Environment,
  Instance,
  MachineParts,
  Opened,
  OpenPlace,
  Place,
  ResourceName,
  Resources,
} from "../place.ts";
import { BoardInstance, TELLTALE } from "./board-instance.ts";
import { type BoardContext, boardBindings } from "./board-resources.ts";
import { Guest } from "./guest.ts";
import { boardImage, makeProductDisk } from "./image.ts";
import { installPackages } from "./packages.ts";

const say = (line: string) => console.log(line);

export const openBoard: OpenPlace = async (environment, { seed }) => {
  const missing = await installPackages(say);
  if (missing !== null) return { notHere: missing };
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
  const image = await boardImage(say).catch((error: unknown) => reasonOf(error));
  if (typeof image === "string") return { notHere: image };
  say(`board: ${seconds()} s  the system is there`);
  const folder = mkdtempSync(join(tmpdir(), "board-"));
  const product = join(folder, "product.ext4");
  await makeProductDisk(product);
  say(`board: ${seconds()} s  the product is built`);
  const guest = new Guest({ image, product, folder });
  try {
    const bootMs = await guest.boot();
    say(`board: ${seconds()} s  booted in ${(bootMs / 1_000).toFixed(1)} s; ${folder}/console.log`);
    const place = new BoardPlace({ environment, seed, guest, folder });
    await place.readyDevices();
    return place;
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
};

interface Parts {
  readonly environment: Environment;
  readonly seed: number;
  readonly guest: Guest;
  readonly folder: string;
}

class BoardPlace implements Place {
  readonly name = "board";
  readonly seed: number;
  readonly #parts: Parts;
  readonly #running = new Set<BoardInstance>();
  readonly #context: BoardContext;
  #instances = 0;
  #versions: Readonly<Record<string, string>> | null = null;
  /** What is done after a boot; gives what did not come back. Never rejects. */
  #ready: Promise<readonly Error[]> = Promise.resolve([]);

  constructor(parts: Parts) {
    this.seed = parts.seed;
    this.#parts = parts;
    const { guest, environment } = parts;
    this.#context = {
      guest,
      seed: parts.seed,
      folder: parts.folder,
      devices: {},
      settings: (name) => environment.resources[name] ?? {},
      restorePower: () => this.#restorePower(),
    };
    guest.link.onReboot = () => {
      this.#ready = this.#recover().catch((error: unknown) => [error as Error]);
    };
  }

  missing(resource: ResourceName): string | null {
    const { environment } = this.#parts;
    const binding = boardBindings.find(({ provides }) => provides.includes(resource));
    if (environment.resources[resource] === undefined || binding === undefined) {
      return `the place board has no ${resource}`;
    }
    return binding.missing();
  }

  async open<Names extends ResourceName>(
    names: readonly Names[],
  ): Promise<Opened<Pick<Resources, Names>>> {
    await this.#ready;
    const cleanup = new AsyncDisposableStack();
    let resource: Partial<Resources> = {};
    try {
      for (const binding of boardBindings) {
        if (!binding.provides.some((name) => names.some((wanted) => wanted === name))) continue;
        resource = { ...resource, ...(await binding.open(this.#context, cleanup)) };
      }
    } catch (error) {
      await cleanup.disposeAsync();
      throw error;
    }
    const close = () => cleanup.disposeAsync();
    return { resource: resource as Pick<Resources, Names>, close };
  }

  async start(machine: MachineParts): Promise<Instance> {
    await this.#ready;
    this.#instances += 1;
    const running = new BoardInstance(this.#parts.guest.link, this.#instances);
    this.#running.add(running);
    return await running.open(machine);
  }

  async command(...args: readonly string[]) {
    await this.#ready;
    const { ended } = await this.#parts.guest.link.start([...TELLTALE, ...args]);
    const { status, out, error } = await ended;
    return { status: status ?? -1, out, error };
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    await this.#ready;
    this.#versions ??= await this.#askVersions();
    return this.#versions;
  }

  async #askVersions(): Promise<Readonly<Record<string, string>>> {
    const { guest } = this.#parts;
    const command = `uname -r; node --version; ${TELLTALE.join(" ")} --version`;
    const [kernel = "", node = "", telltale = ""] = (await guest.link.run(command)).split("\n");
    return { telltale: telltale.replace("telltale ", ""), node, kernel, ...guest.versions };
  }

  /** The kernel's simulated devices; after each boot again. */
  async readyDevices(): Promise<void> {
    const said = await this.#parts.guest.link.run("/product/devices.sh", 60_000);
    const found = said.split("\n").map((line) => line.split(" ") as [string, string]);
    Object.assign(this.#context.devices, Object.fromEntries(found));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.guest[Symbol.asyncDispose]();
    rmSync(this.#parts.folder, { recursive: true, force: true });
  }

  /** The service manager's part: what ran before a reset or a power cut runs again. */
  async #recover(): Promise<readonly Error[]> {
    await this.readyDevices();
    const running = [...this.#running].filter(({ isStopped }) => !isStopped);
    const started = await Promise.allSettled(running.map((instance) => instance.start()));
    return started.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason as Error] : [],
    );
  }

  async #restorePower(): Promise<void> {
    const { guest } = this.#parts;
    await guest.boot();
    const [failure] = await this.#ready;
    if (failure) throw failure;
  }
}
