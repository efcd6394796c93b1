// Reads source files for the house rules (tidy.test.ts): which files there are, and for each one
// its text with comments and the insides of strings blanked out, so that a rule about code cannot
// be triggered by prose. It knows just enough of the language for that.

import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = import.meta.dirname;

export interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** `text` with comments and the insides of strings replaced by spaces: offsets stay. */
  readonly code: string;
  /** `text` with comments kept and everything else replaced by spaces. */
  readonly comments: string;
  readonly imports: readonly Import[];
}

interface Import {
  readonly specifier: string;
  readonly offset: number;
}

/** Every file that is, or would be, under version control. */
export function trackedFiles(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" })
    .split("\n")
    .filter((path) => lstatSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile());
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export function readSource(path: string): Source {
  return parseSource(path, readText(path));
}

/** Where an offset stands, as an editor understands it. */
export function place(source: Pick<Source, "path" | "text">, offset: number): string {
  return `${source.path}:${source.text.slice(0, offset).split("\n").length}`;
}

export function parseSource(path: string, text: string): Source {
  const { code, comments, strings } = split(text);
  const imports = strings.filter(
    ({ start }) => /["']/.test(text[start - 1]!) && IMPORTS.test(code.slice(0, start - 1)),
  );
  return {
    path,
    text,
    code,
    comments,
    imports: imports.map(({ start, end }) => ({
      specifier: text.slice(start, end),
      offset: start,
    })),
  };
}

/** What stands before a string that names a module. */
const IMPORTS = /\b(?:from|import|(?:import|require|import\.meta\.resolve)\s*\()\s*$/;

/** What stands before a `/` that begins a regular expression; after anything else it divides. */
const BEFORE_EXPRESSION = /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|of|in))\s*$/;
const EXPRESSION = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

interface Range {
  readonly start: number;
  readonly end: number;
}

function split(text: string): { code: string; comments: string; strings: readonly Range[] } {
  const comments: Range[] = [];
  const strings: Range[] = [];
  const expressions: Range[] = [];
  // Depth of braces within each open `${`, so that its end is told from the end of an object.
  const substitutions: number[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const two = text.slice(at, at + 2);
    const one = text[at]!;
    if (two === "//" || (two === "#!" && at === 0)) {
      at = indexAfter(text, "\n", at) - 1;
      comments.push({ start, end: at });
    } else if (two === "/*") {
      at = indexAfter(text, "*/", at + 2);
      comments.push({ start, end: at });
    } else if (one === '"' || one === "'") {
      at = endOfString(text, at + 1, one);
      strings.push({ start: start + 1, end: at - 1 });
    } else if (one === "`" || (one === "}" && substitutions.at(-1) === 0)) {
      if (one === "}") substitutions.pop();
      const end = endOfTemplatePart(text, at + 1);
      strings.push({ start: start + 1, end });
      const opens = text[end] === "$";
      if (opens) substitutions.push(0);
      at = end + (opens ? 2 : 1);
    } else if (one === "/" && BEFORE_EXPRESSION.test(text.slice(Math.max(0, at - 20), at))) {
      EXPRESSION.lastIndex = at;
      at += EXPRESSION.exec(text)?.[0].length ?? 1;
      expressions.push({ start, end: at });
    } else {
      if (one === "{" && substitutions.length > 0) substitutions[substitutions.length - 1]! += 1;
      if (one === "}" && substitutions.length > 0) substitutions[substitutions.length - 1]! -= 1;
      at += 1;
    }
  }
  const code = blank(text, [...comments, ...strings, ...expressions]);
  return { code, comments: keep(text, comments), strings };
}

function indexAfter(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? text.length + 1 : found + what.length;
}

function endOfString(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") {
    at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

/** The position of the closing backtick, or of the `$` of the next `${`. */
function endOfTemplatePart(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "`" && text.slice(at, at + 2) !== "${") {
    at += text[at] === "\\" ? 2 : 1;
  }
  return at;
}

function blank(text: string, ranges: readonly Range[]): string {
  const characters = [...text.split("")];
  for (const { start, end } of ranges) {
    for (let at = start; at < end && at < characters.length; at++) {
      if (characters[at] !== "\n") characters[at] = " ";
    }
  }
  return characters.join("");
}

function keep(text: string, ranges: readonly Range[]): string {
  const characters = text.replace(/[^\n]/g, " ").split("");
  for (const { start, end } of ranges) {
    for (let at = start; at < end && at < characters.length; at++) characters[at] = text[at]!;
  }
  return characters.join("");
}
