// The lock of deploy/setup.mjs: two `npm start` in one checkout must not install at the same time.
// It is a folder, because making one either works or fails at once on every file system.

import * as fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A lock without an owner is one that is being made, for this long; then its maker was killed. */
const OWNERLESS_MS_MAX = 5_000;
const LOOK_EVERY_MS = 200;

/** Something that a person has to change; it is shown without a stack. */
export class SetupError extends Error {}

export function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

export async function withLock(lock, waitMsMax, work) {
  const startedAt = Date.now();
  let told = false;
  while (!takeLock(lock)) {
    if (Date.now() - startedAt > waitMsMax) {
      throw new SetupError(
        `Another setup holds ${lock} and does not end. If none runs, delete it.`,
      );
    }
    if (!told) say("another setup is at work in this checkout; waiting for it …");
    told = true;
    await wait(LOOK_EVERY_MS);
  }
  const release = () => fs.rmSync(lock, { recursive: true, force: true });
  const interrupted = (signal) => {
    release();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  try {
    return await work();
  } finally {
    release();
  }
}

function takeLock(lock) {
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  try {
    fs.mkdirSync(lock);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeDeadLock(lock);
    return false;
  }
  fs.writeFileSync(path.join(lock, "owner"), String(process.pid));
  return true;
}

/**
 * Whoever makes the folder `takeover` inside a dead lock may remove it, and looks again before
 * doing so: between the first look and the folder, another may have replaced the lock by its own.
 */
function removeDeadLock(lock) {
  const owner = ownerOf(lock);
  if (owner === null ? isYoung(lock) : isAlive(owner)) return;
  const takeover = path.join(lock, "takeover");
  try {
    fs.mkdirSync(takeover);
  } catch (error) {
    if (error.code === "EEXIST" || error.code === "ENOENT") return;
    throw error;
  }
  if (ownerOf(lock) === owner) fs.rmSync(lock, { recursive: true, force: true });
  else fs.rmSync(takeover, { recursive: true, force: true });
}

/** The process that made the lock; null where it has not said so yet, or the lock is gone. */
function ownerOf(lock) {
  try {
    return Number(fs.readFileSync(path.join(lock, "owner"), "utf8")) || null;
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

function isYoung(lock) {
  const stat = fs.statSync(lock, { throwIfNoEntry: false });
  return stat === undefined || Date.now() - stat.mtimeMs < OWNERLESS_MS_MAX;
}

function isAlive(owner) {
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}
