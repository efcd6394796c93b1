// A place whose resources are made on this machine, for each scenario, by the bindings of the place
// and with the numbers of its environment file.

import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { Controller, REPOSITORY } from "../instance.ts";
import type {
  Environment,
  Opened,
  Place,
  PlaceName,
  ResourceName,
  Resources,
  Settings,
} from "../place.ts";

/** What a binding is opened with. */
export interface BindingContext {
  /** The numbers of one resource; empty where the environment file gives none. */
  settings(name: ResourceName): Settings;
  readonly wanted: ReadonlySet<ResourceName>;
  readonly seed: number;
  /** Ends what was opened, in reverse order. */
  readonly cleanup: AsyncDisposableStack;
}

/** Resources that come together, and how they are had. */
export interface Binding {
  readonly provides: readonly ResourceName[];
  /** What this machine lacks, as a sentence; null where nothing is. Asked once. */
  missing(): string | null;
  open(context: BindingContext): Promise<Partial<Resources>>;
  /** The software at the other end, known once it was opened. */
  readonly software?: (() => Readonly<Record<string, string>>) | undefined;
}

export interface LocalPlaceParts {
  readonly environment: Environment;
  readonly seed: number;
  readonly bindings: readonly Binding[];
  readonly start: Place["start"];
  /** Where the product is not this checkout. */
  readonly command?: Place["command"];
  readonly versions?: Place["versions"];
}

export class LocalPlace implements Place {
  readonly name: PlaceName;
  readonly seed: number;
  readonly #parts: LocalPlaceParts;
  readonly #missing = new Map<Binding, string | null>();

  constructor(parts: LocalPlaceParts) {
    this.name = parts.environment.place;
    this.seed = parts.seed;
    this.#parts = parts;
  }

  missing(resource: ResourceName): string | null {
    const { environment, bindings } = this.#parts;
    const binding = bindings.find(({ provides }) => provides.includes(resource));
    if (environment.resources[resource] === undefined || binding === undefined) {
      return notBound(this.name, resource);
    }
    if (!this.#missing.has(binding)) this.#missing.set(binding, binding.missing());
    return this.#missing.get(binding) ?? null;
  }

  async open<Names extends ResourceName>(
    names: readonly Names[],
  ): Promise<Opened<Pick<Resources, Names>>> {
    const { environment, bindings, seed } = this.#parts;
    const cleanup = new AsyncDisposableStack();
    const wanted: ReadonlySet<ResourceName> = new Set(names);
    const settings = (name: ResourceName) => environment.resources[name] ?? {};
    let resource: Partial<Resources> = {};
    try {
      for (const binding of bindings) {
        if (!binding.provides.some((name) => wanted.has(name))) continue;
        const opened = await binding.open({ settings, wanted, seed, cleanup });
        resource = { ...resource, ...opened };
      }
    } catch (error) {
      await cleanup.disposeAsync();
      throw error;
    }
    const close = () => cleanup.disposeAsync();
    return { resource: resource as Pick<Resources, Names>, close };
  }

  start: Place["start"] = (machine) => this.#parts.start(machine);

  async command(...args: readonly string[]) {
    if (this.#parts.command) return await this.#parts.command(...args);
    await using controller = new Controller();
    return await controller.command(...args);
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    const software = this.#parts.bindings.map((binding) => binding.software?.() ?? {});
    const own = { ...productVersions(), kernel: release() };
    return { ...((await this.#parts.versions?.()) ?? own), ...Object.assign({}, ...software) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The sentence by which a report tells what no place of its kind has from what is broken here. */
function notBound(place: PlaceName, resource: ResourceName): string {
  return `the place ${place} has no ${resource}`;
}

function productVersions(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const { "modbus-serial": modbus, serialport } = manifest.dependencies;
  return {
    telltale: manifest.version,
    node: process.version,
    ...(modbus && { "modbus-serial": modbus }),
    ...(serialport && { serialport }),
  };
}
