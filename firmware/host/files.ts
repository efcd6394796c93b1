// The file system behind a few words of ours: bounded reads that say what is wrong in a sentence,
// and writes that a power cut leaves either done or undone.

import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

/** Why a file could not be read. The Fault's message is `file: reason`. */
function unreadable(file: string, reason: string, remedy: string, cause?: unknown): Fault {
  return new Fault("MACHINE_FILE_INVALID", `${file}: ${reason}`, remedy, { cause });
}

const OPEN_FAILURES: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOENT: ["there is no such file", "Look at the spelling, or write one with `telltale init`."],
  ENOTDIR: ["there is no such file", "A part of the path is a file, not a directory."],
  EACCES: ["the file may not be read", "Give this user the right to read it (chmod, chown)."],
  EPERM: ["the file may not be read", "Give this user the right to read it (chmod, chown)."],
  ELOOP: ["its symbolic links lead in a circle", "Name the file itself."],
  ENAMETOOLONG: ["the name is too long", "Name a file with a shorter path."],
};

/**
 * The bytes of a regular file of at most `bytesMax`; its size is looked at before anything is read.
 * @throws Fault MACHINE_FILE_INVALID
 */
export function readFileBytes(file: string, bytesMax: number): Uint8Array {
  let descriptor: number;
  try {
    // Without O_NONBLOCK a named pipe that nobody writes would hold us here for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const [reason, remedy] = OPEN_FAILURES[codeOf(error)] ?? [
      `the file cannot be opened (${reasonOf(error)})`,
      "Look at the disk and the rights of the file.",
    ];
    throw unreadable(file, reason, remedy, error);
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) {
      throw unreadable(file, "it is a directory", "Name the machine file that is in it.");
    }
    if (!stats.isFile()) {
      throw unreadable(file, "it is no regular file", "Write it to a file first.");
    }
    if (stats.size > bytesMax) throw tooLarge(file, stats.size, bytesMax);
    return readAll(descriptor, file, bytesMax);
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, file: string, bytesMax: number): Uint8Array {
  // One byte more than allowed, so that a file that grows meanwhile is noticed.
  const buffer = new Uint8Array(bytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    let count: number;
    try {
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    } catch (error) {
      throw unreadable(file, `reading failed (${reasonOf(error)})`, "Look at the disk.", error);
    }
    if (count === 0) return buffer.slice(0, length);
    length += count;
  }
  throw tooLarge(file, length, bytesMax);
}

function tooLarge(file: string, bytes: number, bytesMax: number): Fault {
  return unreadable(
    file,
    `it has ${bytes} bytes, more than the ${bytesMax} that are allowed`,
    "Is it the right file? A machine with 1,000 signals needs half of that.",
  );
}

/**
 * The text of a file of at most `bytesMax`, in UTF-8.
 * @throws Fault MACHINE_FILE_INVALID
 */
export function readTextFile(file: string, bytesMax: number): string {
  const bytes = readFileBytes(file, bytesMax);
  const text = decodeText(bytes);
  if (text !== null) return text;
  throw unreadable(file, "it is not text in UTF-8", "Save it as UTF-8.");
}

/** Null where the bytes are not UTF-8. A byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** What a small JSON file of our own holds; null where there is none or it is no JSON. */
export function readJson(file: string): unknown {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Renames files out of the way, those that are there; gives the new name of the first. */
export function setAside(files: readonly string[]): string {
  const mark = new Date().toISOString().replaceAll(":", "-");
  for (const file of files) if (existsSync(file)) renameSync(file, `${file}.${mark}`);
  return `${files[0]}.${mark}`;
}

/** Moves files by name, those that are there, in this order. */
export function moveFiles(from: string, to: string, names: readonly string[]): void {
  for (const name of names) {
    if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
  }
  syncDirectory(to);
}

/** Removes a directory of ours with all that is in it; harmless where there is none. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Whether there is such a directory with anything in it, or something else of that name. */
export function directoryHasFiles(directory: string): boolean {
  if (!existsSync(directory)) return false;
  return !statSync(directory).isDirectory() || readdirSync(directory).length > 0;
}

export function fileExists(file: string): boolean {
  return existsSync(file);
}

/** Whether the group or all others have any right to a file that is there. */
export function isOpenToOthers(file: string): boolean {
  return (statSync(file).mode & 0o077) !== 0;
}

/** Whether two paths lead to one file. False where either is not there. */
export function sameFile(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}

/** @throws Fault DATA_UNUSABLE */
export function ensureDirectory(directory: string): void {
  try {
    makeDirectories(resolve(directory));
  } catch (cause) {
    const reason = NOT_MADE[codeOf(cause)] ?? reasonOf(cause);
    throw new Fault(
      "DATA_UNUSABLE",
      `the data directory ${directory} cannot be made: ${reason}`,
      "name another one with --data, or let an administrator make it and give it to this user",
      { cause },
    );
  }
}

/**
 * One by one: where the system makes no directories at all, as in /proc, Node's own recursion goes
 * on for ever, and it says ENOENT of a read-only disk.
 */
function makeDirectories(directory: string): void {
  if (existsSync(directory) && statSync(directory).isDirectory()) return;
  if (dirname(directory) !== directory) makeDirectories(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o750 });
  } catch (error) {
    // Another process of ours may have been quicker.
    if (!existsSync(directory) || !statSync(directory).isDirectory()) throw error;
  }
}

const NOT_MADE: Readonly<Record<string, string>> = {
  EEXIST: "it is a file",
  ENOTDIR: "a part of its path is a file",
  EROFS: "the disk is read-only",
  EACCES: "this user may not write there",
};

/**
 * Replaces a file so that after a power cut either the old or the new content is there, whole. One
 * writer per file: the name of the temporary one is fixed, so that a crash leaves at most one
 * behind.
 */
export function writeFileAtomic(file: string, content: Uint8Array | string): void {
  writeAtomic(file, content, null);
}

function writeAtomic(file: string, content: Uint8Array | string, like: Stats | null): void {
  const temporary = `${file}.tmp`;
  writeSynced(temporary, content, "w", like);
  renameSync(temporary, file);
  syncDirectory(dirname(file));
}

/**
 * Writes a file that only its owner may read, whole or not at all. What an earlier crash left under
 * the temporary name is removed: its rights could be others.
 */
export function writeSecret(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.tmp`;
  rmSync(temporary, { force: true });
  writeSynced(temporary, content, "wx", null, 0o600);
  renameSync(temporary, file);
  syncDirectory(dirname(file));
}

/**
 * Replaces a file of somebody's and keeps the one before as `.bak` beside it. Both have the rights
 * and the owner that it had: a file made by root would be closed to the meter, and one that all may
 * read would show what only some should see. A link goes on leading to its file. Gives the name of
 * the old one.
 */
export function replaceKeepingOld(file: string, content: string): string {
  const target = realpathSync(file);
  const like = statSync(target);
  const old = `${file}.bak`;
  writeAtomic(old, readFileSync(target), like);
  writeAtomic(target, content, like);
  return old;
}

/** Writes a file that is not there yet; false where it is. */
export function writeNewFile(file: string, content: string | Uint8Array, mode = 0o644): boolean {
  try {
    writeSynced(file, content, "wx", null, mode);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  syncDirectory(dirname(file));
  return true;
}

/** @param like whose owner and rights the file gets, before anything is in it. */
function writeSynced(
  file: string,
  content: Uint8Array | string,
  flag: "w" | "wx",
  like: Stats | null,
  mode = like === null ? 0o644 : 0o600,
): void {
  const descriptor = openSync(file, flag, mode);
  try {
    if (like !== null) giveTo(descriptor, like);
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Only where it differs: who may write a file may not always give one away. */
function giveTo(descriptor: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(descriptor);
  if (own.uid !== uid || own.gid !== gid) fchownSync(descriptor, uid, gid);
  fchmodSync(descriptor, mode & 0o7777);
}

/** A rename is durable once the directory that holds the name is. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
