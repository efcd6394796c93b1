#!/usr/bin/env node
// Sets a checkout up: packages, the pinned Node 24, the one addon that needs a compiler, a
// self-check. It runs before `npm start` and `npm test` on whatever Node >= 20 the machine has, so
// it is plain JavaScript without packages. It may be run again at any time and by two at once.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, say, withLock } from "./setup-lock.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MODULES = path.join(ROOT, "node_modules");
const STAMP = path.join(MODULES, ".telltale-setup.json");
const LOCK = path.join(ROOT, ".telltale", "setup.lock");
const NODE_PACKAGE = `node-linux-${process.arch}`;
const NODE_24 = path.join(MODULES, ".bin", "node");

/**
 * Raised when the steps below change, so that checkouts that were set up by older ones run them.
 */
const STEPS_VERSION = 1;
/** The slowest line that is still a line: 150 MB at about 2 Mbit/s. */
const INSTALL_MS_MAX = 15 * 60_000;
const BUILD_MS_MAX = 5 * 60_000;
const CHECK_MS_MAX = 60_000;
const LOCK_WAIT_MS_MAX = INSTALL_MS_MAX + BUILD_MS_MAX;
const PROGRESS_EVERY_MS = 5_000;
/**
 * What is kept of a program's output, to be shown when it fails: npm says the cause first, gyp
 * last.
 */
const OUTPUT_KEPT_MAX = 65_536;
const HEAD_LINES_MAX = 10;
const TAIL_LINES_MAX = 15;

const COMPILERS = ["make", "g++", "python3"];

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    // An absent, half-written or foreign file answers like none: the step it stands for runs again.
    return null;
  }
}

// --- What this machine is ------------------------------------------------------------------------

function checkMachine() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: Node 20 or later is needed to set up.\n` +
        "Debian 12 with `apt install nodejs` has 18; nodesource.com and nvm have later ones.",
    );
  }
  if (process.platform !== "linux") {
    throw new SetupError(`${process.platform} is not supported: Telltale runs on Linux.`);
  }
  if (process.arch !== "x64" && process.arch !== "arm64") {
    throw new SetupError(
      `The processor architecture ${process.arch} is not supported: x64 and arm64 are.\n` +
        "A Raspberry Pi 3 or later needs the 64-bit edition of Raspberry Pi OS.",
    );
  }
}

/** Asked only when something is to be installed: the report takes a few milliseconds. */
function checkLibrary() {
  process.report.excludeNetwork = true;
  if (process.report.getReport().header.glibcVersionRuntime === undefined) {
    throw new SetupError("This Linux has musl, not glibc. Debian, Ubuntu and Raspberry Pi OS fit.");
  }
}

function findOnPath(program) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.find((folder) => {
    try {
      fs.accessSync(path.join(folder, program), fs.constants.X_OK);
      return true;
    } catch {
      // Absent and not executable are the same answer here.
      return false;
    }
  });
}

function missingCompilers() {
  return COMPILERS.filter((program) => findOnPath(program) === undefined);
}

// --- What was set up already ---------------------------------------------------------------------

function wantedKey() {
  const wanted = readJson(path.join(ROOT, "package.json"));
  const { dependencies, optionalDependencies, devDependencies, bin } = wanted;
  return createHash("sha256")
    .update(fs.readFileSync(path.join(ROOT, "package-lock.json")))
    .update(JSON.stringify({ dependencies, optionalDependencies, devDependencies, bin }))
    .update(`${STEPS_VERSION} ${process.arch}`)
    .digest("hex");
}

function isLink(file) {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The stamp, where it is of these packages and nothing that it lacked has come since. */
function finishedStamp(key) {
  const stamp = readJson(STAMP);
  if (stamp?.key !== key || !fs.existsSync(NODE_24)) return null;
  if (stamp.gpioLacks.length > 0 && missingCompilers().length === 0) return null;
  return stamp;
}

/** True where `npm ci` or `npm install` already put exactly the locked packages in place. */
function packagesAreThere() {
  const wanted = readJson(path.join(ROOT, "package-lock.json"))?.packages;
  const found = readJson(path.join(MODULES, ".package-lock.json"))?.packages;
  if (!wanted || !found || !fs.existsSync(NODE_24)) return false;
  return Object.entries(wanted).every(([folder, { version, optional, peer }]) => {
    if (folder === "") return true;
    if (found[folder] === undefined) return optional === true || peer === true;
    return (
      found[folder].version === version && fs.existsSync(path.join(ROOT, folder, "package.json"))
    );
  });
}

// --- Programs ------------------------------------------------------------------------------------

/** Runs a program; its output is kept within a bound and shown only if it fails. */
function run(command, args, { env = process.env, timeoutMs, progress }) {
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_KEPT_MAX);
    };
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    const ticker = setInterval(() => {
      say(`  still ${progress}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    }, PROGRESS_EVERY_MS);
    child.on("error", (error) => {
      clearInterval(ticker);
      reject(new SetupError(`${command} cannot be started: ${error.message}`));
    });
    child.on("close", (status, signal) => {
      clearInterval(ticker);
      resolve({ ok: status === 0, how: signal ?? `status ${status}`, said: excerpt(output) });
    });
  });
}

function excerpt(output) {
  const lines = output.trimEnd().split("\n");
  const left = lines.length - HEAD_LINES_MAX - TAIL_LINES_MAX;
  if (left <= 0) return lines.join("\n");
  const head = lines.slice(0, HEAD_LINES_MAX);
  return [...head, `[${left} lines left out]`, ...lines.slice(-TAIL_LINES_MAX)].join("\n");
}

/** npm as it called us, else the one on the path. */
function npm(args, options) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith("npm-cli.js")
    ? run(process.execPath, [cli, ...args], options)
    : run("npm", args, options);
}

function checkNpm() {
  const fromCaller = /\bnpm\/(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1];
  const asked = () => spawnSync("npm", ["--version"], { encoding: "utf8" }).stdout;
  const major = Number(fromCaller ?? /^\d+/.exec(asked() ?? "")?.[0]);
  if (!major) throw new SetupError("npm is not on the path; it comes with Node.");
  if (major < 9) throw new SetupError(`npm ${major} is too old: npm 9 or later is needed.`);
}

// --- The steps -----------------------------------------------------------------------------------

async function installPackages() {
  if (packagesAreThere()) {
    say("packages: already installed as locked");
    return;
  }
  const count = Object.keys(readJson(path.join(ROOT, "package-lock.json"))?.packages ?? {}).length;
  say(`packages: installing ${count} from the npm registry (about 500 MB on disk) …`);
  const startedAt = Date.now();
  const flags = ["--ignore-scripts", "--include=dev", "--include=optional", "--loglevel=error"];
  const result = await npm(["ci", ...flags, "--no-audit", "--no-fund", "--no-progress"], {
    timeoutMs: INSTALL_MS_MAX,
    progress: "installing",
  });
  if (!result.ok) {
    throw new SetupError(
      `npm ci ended with ${result.how}:\n${result.said}\n\nWhat to try: is the npm registry ` +
        "reachable (`npm ping`)? Is the disk full (`df -h .`)?\nThen run `npm run setup` again; " +
        "it goes on from the beginning and harms nothing.",
    );
  }
  if (!fs.existsSync(NODE_24)) {
    throw new SetupError(
      `npm did not install the optional package ${NODE_PACKAGE}, which carries Node 24.\n` +
        "npm leaves optional packages out where they cannot be fetched or where its settings say " +
        "omit=optional.\nWhat to try: `npm config get omit`, then `npm run setup` again.",
    );
  }
  say(`packages: installed in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

/** The command of the package itself is linked by hand: npm links only those of dependencies. */
function linkCommand() {
  const { bin } = readJson(path.join(ROOT, "package.json"));
  for (const [name, file] of Object.entries(bin ?? {})) {
    const link = path.join(MODULES, ".bin", name);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.join("..", "..", file), link);
  }
}

/**
 * Loads a module in Node 24, never in the Node that runs this: better-sqlite3 13 ends Node 20 at
 * once.
 */
function loadInNode24(code) {
  const result = spawnSync(NODE_24, ["-e", code], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: CHECK_MS_MAX,
  });
  const ok = result.status === 0;
  const complaint = () => result.error?.message ?? (excerpt(result.stderr) || result.signal);
  return { ok, text: ok ? result.stdout.trim() : complaint() };
}

/**
 * `onoff` waits for edges through `epoll`, which ships as source. It is built against the headers
 * of the Node that will load it: npm's configuration may name the system's, whose addons Node 24
 * refuses. Returns what is lacking; GPIO over the character device and everything else works
 * without it.
 */
async function buildGpioAddon() {
  if (!fs.existsSync(path.join(MODULES, "epoll"))) return ["the optional package onoff"];
  if (loadInNode24('require("epoll")').ok) return [];
  const missing = missingCompilers();
  if (missing.length > 0) {
    say(`gpio: not built, because ${missing.join(", ")} is missing. It costs only edges of GPIO`);
    say("  pins through sysfs (`onoff`); the demo and everything else run. To have it:");
    say("  sudo apt install build-essential python3, then start again");
    return missing;
  }
  say("gpio: compiling epoll for Node 24 …");
  const env = {
    ...process.env,
    PATH: `${path.join(MODULES, ".bin")}${path.delimiter}${process.env.PATH ?? ""}`,
    npm_config_nodedir: path.join(MODULES, NODE_PACKAGE),
  };
  const result = await npm(["rebuild", "epoll", "--ignore-scripts=false", "--loglevel=error"], {
    env,
    timeoutMs: BUILD_MS_MAX,
    progress: "compiling",
  });
  const loaded = loadInNode24('require("epoll")');
  if (result.ok && loaded.ok) {
    say("gpio: compiled and loaded");
    return [];
  }
  say(`gpio: epoll could not be built (${result.how}). It costs only edges of GPIO pins through`);
  say("  sysfs (`onoff`); the demo and everything else run. It said:");
  say(`  ${(result.ok ? loaded.text : result.said).replaceAll("\n", "\n  ")}`);
  return ["a working build of epoll"];
}

function checkInNode24() {
  const { ok, text } = loadInNode24(`
    const Database = require("better-sqlite3");
    const database = new Database(":memory:");
    const sqlite = database.prepare("SELECT sqlite_version() AS version").get().version;
    database.close();
    console.log("Node " + process.versions.node + ", SQLite " + sqlite);`);
  if (!ok) {
    throw new SetupError(
      `The self-check with ${path.relative(ROOT, NODE_24)} failed:\n${text}\n\n` +
        "What to try: delete node_modules and run `npm run setup` again.",
    );
  }
  return text;
}

async function setUp(key) {
  const startedAt = Date.now();
  checkLibrary();
  checkNpm();
  await installPackages();
  const gpioLacks = await buildGpioAddon();
  linkCommand();
  const versions = checkInNode24();
  const stamp = { key, versions, gpioLacks };
  fs.writeFileSync(`${STAMP}.new`, `${JSON.stringify(stamp)}\n`);
  fs.renameSync(`${STAMP}.new`, STAMP);
  say(`ready in ${Math.round((Date.now() - startedAt) / 1000)} s: ${versions}`);
}

function describe({ versions, gpioLacks }) {
  return gpioLacks.length > 0 ? `${versions}; GPIO through sysfs lacks ${gpioLacks}` : versions;
}

async function main() {
  checkMachine();
  // A checkout that borrows another one's packages must not reinstall them under its feet.
  if (isLink(MODULES) && fs.existsSync(NODE_24)) {
    say(`node_modules is a link to ${fs.realpathSync(MODULES)}; it is used as it is`);
    return;
  }
  const key = wantedKey();
  const ready = finishedStamp(key);
  if (ready) {
    say(`ready: ${describe(ready)}`);
    return;
  }
  await withLock(LOCK, LOCK_WAIT_MS_MAX, async () => {
    const readyMeanwhile = finishedStamp(key);
    if (readyMeanwhile) say(`ready: ${describe(readyMeanwhile)}`);
    else await setUp(key);
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    error instanceof SetupError ? `setup: ${error.message}\n` : `${error.stack}\n`,
  );
  process.exitCode = 1;
}
