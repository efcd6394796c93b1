// What stays outside the bundle: packages with machine code, and the few that these need. dist/
// gets them for both kinds of controller, linux on x64 and on arm64, so that nothing is compiled
// and nothing is fetched there.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const MODULES = join(ROOT, "node_modules");
const ARCHITECTURES = ["x64", "arm64"] as const;
type Architecture = (typeof ARCHITECTURES)[number];

const FETCH_MS_MAX = 60_000;
const COMPILE_MS_MAX = 120_000;

/**
 * Packages that are copied as they are, each with the parts of it that run; a package without a
 * list is small. Those named after the first of a group are what it requires.
 */
const COPIED: Readonly<Record<string, readonly string[] | null>> = {
  "better-sqlite3": ["lib", ...ARCHITECTURES.map((arch) => `prebuilds/linux-${arch}.node`)],
  "@serialport/bindings-cpp": ["dist", "node_modules", ...prebuilds()],
  "@serialport/bindings-interface": null,
  "@serialport/parser-delimiter": null,
  "@serialport/parser-readline": null,
  "node-gyp-build": null,
  debug: null,
  ms: null,
  koffi: ["index.js", "index.cjs", "src/koffi/index.js", "src/koffi/index.cjs", "src/koffi/src"],
  onoff: ["onoff.js"],
  "lodash.debounce": null,
  epoll: ["epoll.js"],
  bindings: null,
  "file-uri-to-path": null,
};

/** What the bundler leaves to Node; the others of `COPIED` are reached through these. */
export const NATIVE_PACKAGES = [
  "better-sqlite3",
  "@serialport/bindings-cpp",
  "koffi",
  "onoff",
] as const;

/** Sources, type declarations and maps do not run. */
const NEVER_RUNS =
  /\.(?:d\.[mc]?ts|map|md|cc|hh?|inc|S|asm|gyp|test\.js)$|\/(?:test|tests|docs?|\.github)$/;

export interface Part {
  readonly file: string;
  readonly bytes: number;
}

/** Copies them into `directory`/node_modules; gives the addons, and says what could not be had. */
export function copyNative(
  directory: string,
  say: (line: string) => void = console.log,
): readonly Part[] {
  const target = join(directory, "node_modules");
  for (const [name, parts] of Object.entries(COPIED)) {
    if (existsSync(join(MODULES, name))) copyPackage(name, parts, target);
    else say(`without ${name}: it is not installed`);
  }
  for (const arch of ARCHITECTURES) {
    provideKoffi(arch, target, say);
    if (existsSync(join(MODULES, "epoll"))) compileEpoll(arch, target, say);
  }
  return readdirSync(target, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".node"))
    .map((file) => ({ file, bytes: statSync(join(target, file)).size }));
}

function copyPackage(name: string, parts: readonly string[] | null, target: string): void {
  const source = join(MODULES, name);
  const filter = (path: string) => !NEVER_RUNS.test(path.slice(source.length));
  const copied = parts === null ? readdirSync(source) : ["package.json", ...parts];
  const licences = readdirSync(source).filter((file) => /^licen[cs]e/i.test(file));
  for (const part of new Set([...copied, ...licences])) {
    if (!existsSync(join(source, part))) continue;
    cpSync(join(source, part), join(target, name, part), { recursive: true, filter });
  }
}

/** The package has them for eight platforms; two are ours. */
function prebuilds(): readonly string[] {
  return ARCHITECTURES.map((arch) => `prebuilds/linux-${arch}`);
}

/** npm installs koffi's addon for this machine only; the other kind is fetched, and checked. */
function provideKoffi(arch: Architecture, target: string, say: (line: string) => void): void {
  const name = `@koromix/koffi-linux-${arch}`;
  const file = `linux_${arch}/koffi.node`;
  const installed = join(MODULES, name);
  const source = existsSync(join(installed, file)) ? installed : fetchPackage(name, say);
  if (source === null) return;
  for (const part of ["package.json", "index.js", file]) {
    cpSync(join(source, part), join(target, name, part));
  }
}

/** The folder of an unpacked package whose archive has the checksum of the lock; null without. */
function fetchPackage(name: string, say: (line: string) => void): string | null {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`]!;
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(base, "telltale/packages", `${name.replace("/", "-")}-${version}`);
  if (existsSync(join(folder, "package/package.json"))) return join(folder, "package");
  mkdirSync(folder, { recursive: true });
  const packed = run("npm", ["pack", "--silent", `${name}@${version}`], folder, FETCH_MS_MAX);
  const archive = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (packed !== null || archive === undefined) {
    say(`without ${name}: npm could not fetch it: ${packed ?? "no archive"}`);
    return null;
  }
  const sum = createHash("sha512")
    .update(readFileSync(join(folder, archive)))
    .digest("base64");
  if (`sha512-${sum}` !== integrity) {
    throw new Error(`${name}@${version} is not the package that package-lock.json names`);
  }
  // Under another name until it is whole: an unpacking that is cut short must not be found above.
  const unpacking = mkdtempSync(join(folder, "unpacking-"));
  try {
    const problem = run("tar", ["-xzf", archive, "-C", unpacking], folder, FETCH_MS_MAX);
    if (problem !== null) throw new Error(`${name} cannot be unpacked: ${problem}`);
    rmSync(join(folder, "package"), { recursive: true, force: true });
    renameSync(join(unpacking, "package"), join(folder, "package"));
  } finally {
    rmSync(unpacking, { recursive: true, force: true });
  }
  return join(folder, "package");
}

const COMPILERS = {
  x64: process.arch === "x64" ? "g++" : "x86_64-linux-gnu-g++",
  arm64: process.arch === "arm64" ? "g++" : "aarch64-linux-gnu-g++",
} as const satisfies Readonly<Record<Architecture, string>>;

/**
 * Compiled against the headers of the pinned Node and not taken from node_modules: what npm built
 * there may be for another Node. It is one file, and a machine without it has `onoff` refused, and
 * the character device instead.
 */
function compileEpoll(arch: Architecture, target: string, say: (line: string) => void): void {
  const include = join(MODULES, `node-linux-${process.arch}/include/node`);
  const compiler = COMPILERS[arch];
  const source = join(MODULES, "epoll/src/epoll.cc");
  if (!existsSync(include) || !existsSync(source)) {
    say(`without epoll for ${arch}: the headers of Node are not installed`);
    return;
  }
  // Where `bindings`, which epoll asks for its addon, looks for one of several platforms.
  const abi = modulesVersion(include);
  const output = join(target, `epoll/lib/binding/node-v${abi}-linux-${arch}/epoll.node`);
  mkdirSync(dirname(output), { recursive: true });
  const flags = ["-shared", "-fPIC", "-O2", "-std=gnu++20", "-w", "-DNODE_GYP_MODULE_NAME=epoll"];
  const headers = ["-I", include, "-I", join(MODULES, "nan")];
  const args = [...flags, ...headers, "-DBUILDING_NODE_EXTENSION", source, "-o", output];
  const problem = run(compiler, args, ROOT, COMPILE_MS_MAX);
  if (problem !== null) say(`without epoll for ${arch}: ${compiler}: ${problem}`);
}

function modulesVersion(include: string): string {
  const text = readFileSync(join(include, "node_version.h"), "utf8");
  return /^#define NODE_MODULE_VERSION (\d+)/m.exec(text)![1]!;
}

/** Null when it has worked, else why not. */
function run(program: string, args: readonly string[], cwd: string, ms: number): string | null {
  const { error, status, signal, stderr } = spawnSync(program, args, {
    cwd,
    timeout: ms,
    encoding: "utf8",
  });
  if (error) return error.message;
  if (status === 0) return null;
  return stderr.trim().split("\n").slice(-3).join("; ") || `ended with ${signal ?? status}`;
}
