// Randomness and the identity that is made from it once.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFileAtomic } from "./files.ts";

/** 128 random bits in hexadecimal. */
export function randomId(): string {
  return randomBytes(16).toString("hex");
}

/** 0 ≤ random < 1: for jitter, where nothing depends on it. */
export function random(): number {
  return Math.random();
}

/** The controller's id: made at first start, then always the same. */
export function controllerId(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const id = randomId();
  writeFileAtomic(file, `${id}\n`);
  return id;
}
