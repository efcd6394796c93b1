// The house rules as a test: each failure is one line that begins with `file:line`.

import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { missingFromLock } from "./deploy/complete-lock.ts";
import { faultPolicies } from "./runtime/signal/fault.ts";
import {
  BANS,
  CORE_LACKS,
  HOST,
  OUTSIDE,
  PACKAGE_ROOMS,
  ROOMS,
  ROOMS_OF_THEIR_OWN,
  TOUCH_FILES,
  WORKSHOP,
} from "./tidy-rules.ts";
import {
  parseSource,
  place,
  readSource,
  readText,
  type Source,
  trackedFiles,
} from "./tidy-source.ts";

const LINE_COLUMNS_MAX = 100;
const FILE_LINES_MAX = 400;
/** A file rarely passes this; "rarely" is one in ten. */
const FILE_LINES_USUAL = 300;
const LONG_FILES_SHARE_MAX = 0.1;

const files = trackedFiles();
const sources = files.filter((path) => /\.(?:ts|mjs|js)$/.test(path)).map(readSource);
const texts = files.filter((path) =>
  /\.(?:ts|mjs|js|css|html|md|ya?ml|json|sh|service)$/.test(path),
);
const product = sources.filter(
  ({ path }) => !isIn(path, [...WORKSHOP, ...OUTSIDE]) && !isTest(path),
);

function isIn(path: string, rooms: readonly string[]): boolean {
  return rooms.some((room) => (room.endsWith("/") ? path.startsWith(room) : path === room));
}

/** Tests, the rigs and fixtures beside them, and what stands at the root to run them. */
function isTest(path: string): boolean {
  return /(\.test|\/test-rig|-fixture)\.ts$/.test(path) || !path.includes("/");
}

/** One line for each match of the pattern in the code, or in another reading of the file. */
function matches(
  among: readonly Source[],
  pattern: RegExp,
  complaint: string,
  reading: "code" | "text" | "comments" = "code",
): readonly string[] {
  return among.flatMap((source) =>
    [...source[reading].matchAll(pattern)].map(
      ({ index, 0: found }) => `${place(source, index)} ${complaint}: ${found.trim()}`,
    ),
  );
}

describe("who may import whom", () => {
  const imports = sources.flatMap((source) =>
    source.imports.map((imported) => ({
      from: source.path,
      at: place(source, imported.offset),
      specifier: imported.specifier,
      target: imported.specifier.startsWith(".")
        ? posix.join(posix.dirname(source.path), imported.specifier)
        : null,
    })),
  );
  const ofTheProduct = new Set(product.map(({ path }) => path));

  test("a room imports only the rooms that the plan gives it", () => {
    const wrong = imports.flatMap(({ from, at, target }) => {
      if (target === null || !ofTheProduct.has(from)) return [];
      const row = ROOMS.find(({ room }) => from.startsWith(room));
      const own = ROOMS_OF_THEIR_OWN.includes(row?.room ?? "") ? [`${posix.dirname(from)}/`] : [];
      // A folder inside a driver's or protocol's folder belongs to that driver or protocol.
      const ownRoom = own.map((folder) => `${folder.split("/").slice(0, 2).join("/")}/`);
      return row && isIn(target, [...row.mayImport, ...ownRoom])
        ? []
        : [`${at} ${row?.room ?? "this folder"} may not import ${target}`];
    });
    expect(wrong).toEqual([]);
  });

  test("the product does not import its tests' helpers", () => {
    const wrong = imports.filter(
      ({ from, target }) => ofTheProduct.has(from) && target?.startsWith("runtime/testing/"),
    );
    expect(wrong.map(({ at, target }) => `${at} imports ${target}`)).toEqual([]);
  });

  test("a relative import ends in the name of a file", () => {
    const wrong = imports.filter(({ target }) => target && !/\.(?:ts|mjs|js|json)$/.test(target));
    expect(wrong.map(({ at, specifier }) => `${at} imports ${specifier}`)).toEqual([]);
  });

  test("each third-party package is imported in its room only", () => {
    const wrong = imports.flatMap(({ from, at, target, specifier }) => {
      if (target !== null || specifier.startsWith("node:") || !ofTheProduct.has(from)) return [];
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      const rooms = PACKAGE_ROOMS[name];
      if (!rooms) return [`${at} ${name} has no room in tidy-rules.ts`];
      return isIn(from, rooms) ? [] : [`${at} ${name} belongs to ${rooms.join(" or ")}`];
    });
    expect(wrong).toEqual([]);
  });

  test("the core opens no network and no process, and its ledger nothing of Node", () => {
    const wrong = imports.filter(({ from, specifier }) => {
      if (!ofTheProduct.has(from) || !from.startsWith("runtime/")) return false;
      const module = specifier.split("/")[0]!;
      return from.startsWith("runtime/ledger/")
        ? module.startsWith("node:")
        : CORE_LACKS.includes(module);
    });
    expect(wrong.map(({ at, specifier }) => `${at} imports ${specifier}`)).toEqual([]);
  });

  test("files are touched in the host and in drivers", () => {
    const wrong = imports.filter(
      ({ from, specifier }) =>
        /^(?:node:)?fs(?:\/|$)/.test(specifier) &&
        ofTheProduct.has(from) &&
        !isIn(from, TOUCH_FILES),
    );
    expect(wrong.map(({ at, specifier }) => `${at} imports ${specifier}`)).toEqual([]);
  });

  test("timers come from the host, not from Node's module", () => {
    const wrong = imports.filter(
      ({ from, specifier }) =>
        /^(?:node:)?timers(?:\/|$)/.test(specifier) && ofTheProduct.has(from) && !isIn(from, HOST),
    );
    expect(wrong.map(({ at, specifier }) => `${at} imports ${specifier}`)).toEqual([]);
  });
});

describe("what is touched in the host alone", () => {
  test.each(BANS)("$what", ({ pattern, allowedIn, what }) => {
    const watched = product.filter(({ path }) => !isIn(path, allowedIn));
    expect(matches(watched, pattern, `touches ${what}`)).toEqual([]);
  });
});

describe("how files look", () => {
  test("names are in kebab-case", () => {
    const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*$/;
    const wrong = files
      .filter((path) => /\.(?:ts|mjs|js|css|html)$/.test(path))
      .filter((path) => !path.split("/").every((part) => name.test(part) || part.startsWith(".")));
    expect(wrong.map((path) => `${path}:1 is not in kebab-case`)).toEqual([]);
  });

  test("a file begins with a comment that says what it is for", () => {
    const wrong = sources
      .filter(({ path }) => !path.endsWith(".test.ts"))
      .filter(({ text }) => !/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(text));
    expect(wrong.map(({ path }) => `${path}:1 begins without a comment`)).toEqual([]);
  });

  test(`a line of code has at most ${LINE_COLUMNS_MAX} columns`, () => {
    const wrong = sources.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          [...line].length > LINE_COLUMNS_MAX && !/https?:\/\/\S{40}/.test(line)
            ? [`${path}:${index + 1} has ${[...line].length} columns`]
            : [],
        ),
    );
    expect(wrong).toEqual([]);
  });

  test(`a file has ${FILE_LINES_MAX} lines at most, rarely more than ${FILE_LINES_USUAL}`, () => {
    const lengths = sources.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    const over = (lines: number) =>
      lengths
        .filter((file) => file.lines > lines)
        .map((file) => `${file.path}:${file.lines} is long`);
    expect(over(FILE_LINES_MAX)).toEqual([]);
    const long = over(FILE_LINES_USUAL);
    expect(long.length / sources.length, long.join("\n")).toBeLessThanOrEqual(LONG_FILES_SHARE_MAX);
  });

  test("nothing is exported as default, and no file only passes on what others export", () => {
    const config = sources.filter(({ path }) => path !== "vitest.config.ts");
    expect([
      ...matches(config, /\bexport\s+default\b|\bas\s+default\b/g, "exports a default"),
      ...matches(sources, /\bexport\s+\*/g, "passes everything on"),
      ...sources.filter(isBarrel).map(({ path }) => `${path}:1 is a barrel file`),
    ]).toEqual([]);
  });
});

function isBarrel({ code, path }: Source): boolean {
  if (/(?:^|\/)index\.ts$/.test(path)) return true;
  const left = code.replace(/\bexport\s+(?:type\s+)?\{[^}]*\}\s*from\s*"\s*";?/g, "");
  return left !== code && left.trim() === "";
}

describe("what is not left lying about", () => {
  // Written in halves, so that this file does not complain about itself.
  const later = new RegExp(`\\b(?:TO${"DO"}|FIX${"ME"}|X${"XX"})\\b`, "g");

  test("nothing is put off in a comment", () => {
    expect(textMatches(later, "puts something off")).toEqual([]);
  });

  test("types have no holes", () => {
    const hole = /:\s*any\b|\bas\s+any\b|<any\b|\bany\[\]/g;
    const order = /@ts-(?:ignore|expect-error|nocheck)/g;
    expect([
      ...matches(sources, hole, "has a hole in its types"),
      ...matches(sources, order, "silences the compiler", "comments"),
    ]).toEqual([]);
  });

  test("every test runs, or says while running why it cannot", () => {
    const modifier = /\b(?:test|it|describe|suite)\s*\.\s*(?:skip|only|todo|skipIf|runIf|fails)\b/g;
    const speechless = /\.skip\(\s*\)/g;
    const tests = sources.filter(({ path }) => isTest(path) || isIn(path, WORKSHOP));
    expect([
      ...matches(tests, modifier, "keeps a test from running"),
      ...matches(tests, speechless, "skips without a reason"),
    ]).toEqual([]);
  });

  test("no error is swallowed", () => {
    // Looked for in the whole text: a comment inside says why, and that is a decision.
    const block = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/;
    const handler = /\.catch\(\s*\([^)]*\)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/;
    const empty = new RegExp(`${block.source}|${handler.source}`, "g");
    const found = sources.flatMap((source) =>
      [...source.text.matchAll(empty)]
        .filter(({ index }) => source.code[index] !== " ")
        .map(({ index }) => `${place(source, index)} swallows an error`),
    );
    expect(found).toEqual([]);
  });

  test("no path of one machine and no host of a package registry stands in a file", () => {
    const paths = ["work", "farm", "root"].map((name) => `/${name}/`).join("|");
    const local = new RegExp(
      `(?<![\\w.$}/)])(?:${paths})|registry\\.npm${"js"}|deb\\.deb${"ian"}`,
      "g",
    );
    const temporary = new RegExp(`(?<![\\w.$}/)])/t${"mp"}/`, "g");
    expect([
      ...textMatches(local, "names this machine"),
      ...textMatches(temporary, "names this machine", (path) => !isTest(path)),
    ]).toEqual([]);
  });
});

function textMatches(
  pattern: RegExp,
  complaint: string,
  among: (path: string) => boolean = () => true,
): readonly string[] {
  return texts.filter(among).flatMap((path) => {
    const text = readText(path);
    return [...text.matchAll(pattern)].map(
      ({ index, 0: found }) => `${place({ path, text }, index)} ${complaint}: ${found}`,
    );
  });
}

/** The cells of the rows that begin with a code. */
function errorRows(): readonly (readonly string[])[] {
  const rows = readText("docs/errors.md")
    .split("\n")
    .filter((row) => /^\| `[A-Z_]+`/.test(row));
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("what has to stand somewhere else too", () => {
  test("each fault code stands in docs/errors.md with its policy and what to do", () => {
    const rows = errorRows();
    const wrong = Object.entries(faultPolicies).filter(([code, policy]) => {
      const [, reaction, meaning = "", remedy = ""] = rows.find((row) => row[0] === code) ?? [];
      return reaction !== policy || meaning.length < 20 || remedy.length < 20;
    });
    expect(wrong.map(([code]) => `docs/errors.md:1 lacks ${code}`)).toEqual([]);
  });

  test("docs/errors.md names no fault code that does not exist", () => {
    const unknown = errorRows().filter(([code]) => !(code! in faultPolicies));
    expect(unknown.map(([code]) => `docs/errors.md:1 ${code} does not exist`)).toEqual([]);
  });

  test("the lock file holds the packages of every platform, so that npm ci takes it", () => {
    const missing = missingFromLock(JSON.parse(readText("package-lock.json")));
    expect([...missing.keys()], "run: node deploy/complete-lock.ts").toEqual([]);
  });
});

describe("the reading of a source file", () => {
  test("comments, strings and regular expressions are no code", () => {
    const text = [
      'import { a } from "./a.ts"; // Date.now',
      "const b = `Math.random §{c ? `§{{ d: 1 }.d} process.env` : e} Date.now`; /* any */",
      'const f = /"[/]\\/`/.test(g) ? h / i : "\\"setTimeout"; Date.now();',
    ]
      .join("\n")
      .replaceAll("§", "$");
    const { code, imports } = parseSource("x.ts", text);
    expect(imports.map(({ specifier }) => specifier)).toEqual(["./a.ts"]);
    expect(code.match(/Date\.now|Math\.random|process\.env|any|setTimeout/g)).toEqual(["Date.now"]);
    expect(code.length).toBe(text.length);
    expect(place({ path: "x.ts", text }, code.indexOf("Date.now"))).toBe("x.ts:3");
  });

  test("imports of every form are found", () => {
    const text = [
      'import type { A } from "a";',
      'import "b";',
      'export { c } from "c";',
      'const d = await import("d");',
      'type E = import("e").E;',
      'const f = "from" + "f";',
      "const g = `§{from},§{to}`;",
    ]
      .join("\n")
      .replaceAll("§", "$");
    const { imports } = parseSource("x.ts", text);
    expect(imports.map(({ specifier }) => specifier)).toEqual(["a", "b", "c", "d", "e"]);
  });
});
