// Wraps comments that are wider than a line may be; the formatter leaves them as they are. It is
// the second half of `npm run fix`: node deploy/wrap-comments.ts [FILE...], all files without any.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const COLUMNS_MAX = 100;
const ROOT = resolve(import.meta.dirname, "..");

const LINE = /^(\s*(?:\/\/|\*) )(\S.*)$/;
const ONE_LINE_BLOCK = /^(\s*)\/\*\* (.*) \*\/$/;
/** A list's item, a table's row, a tag: what begins here is a paragraph of its own. */
const OWN_PARAGRAPH = /^(?:[-*|@]|\d+\.) ?/;

/** A text with each over-wide comment wrapped, together with the rest of its paragraph. */
export function wrapComments(text: string): string {
  const lines = text.split("\n");
  const wrapped: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const block = ONE_LINE_BLOCK.exec(line);
    const match = LINE.exec(line);
    if (line.length <= COLUMNS_MAX || (!block && !match)) {
      wrapped.push(line);
      at += 1;
    } else if (block) {
      const indent = block[1]!;
      wrapped.push(`${indent}/**`, ...fill(`${indent} * `, block[2]!), `${indent} */`);
      at += 1;
    } else {
      const prefix = match![1]!;
      const end = endOfParagraph(lines, at + 1, prefix);
      const words = lines.slice(at, end).map((part) => part.slice(prefix.length).trim());
      wrapped.push(...fill(prefix, words.join(" ")));
      at = end;
    }
  }
  return wrapped.join("\n");
}

function endOfParagraph(lines: readonly string[], from: number, prefix: string): number {
  let end = from;
  while (end < lines.length) {
    const match = LINE.exec(lines[end]!);
    if (match?.[1] !== prefix || OWN_PARAGRAPH.test(match[2]!)) break;
    end += 1;
  }
  return end;
}

function fill(prefix: string, text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS_MAX) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(prefix + word);
    }
  }
  return lines;
}

function trackedSources(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.mjs", "*.js"];
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).split("\n").filter(Boolean);
}

if (import.meta.main) {
  const given = process.argv.slice(2).map((file) => resolve(file));
  const files = given.length > 0 ? given : trackedSources().map((file) => resolve(ROOT, file));
  for (const file of files.filter((path) => existsSync(path))) {
    const text = readFileSync(file, "utf8");
    const wrapped = wrapComments(text);
    if (wrapped === text) continue;
    writeFileSync(file, wrapped);
    console.log(`wrapped comments of ${file}`);
  }
}
