// `npm run verify-page`: makes dist/verify.html, the page that checks a statement: one file with
// everything in it, which a browser opens from disk and which may not use any network.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { PAGE_STYLE } from "../runtime/ledger/page-style.ts";

const ROOT = resolve(import.meta.dirname, "..");
const SOURCES = join(import.meta.dirname, "verify-page");

/** The whole page as text. */
export async function verifyPage(): Promise<string> {
  const script = await bundled("page.js");
  const style = PAGE_STYLE + readFileSync(join(SOURCES, "page.css"), "utf8");
  const worker = await bundled("page-worker.ts");
  const parts: readonly (readonly [place: string, part: string])[] = [
    ['content="policy"', `content="${policyOf(script)}"`],
    ["<!-- style -->", `<style>${style}</style>`],
    ["<!-- worker -->", `<script type="text/plain" id="worker-code">${worker}</script>`],
    ["<!-- script -->", `<script>${script}</script>`],
  ];
  const template = readFileSync(join(SOURCES, "page.html"), "utf8");
  return parts.reduce((page, [place, part]) => {
    const [before, after, ...more] = page.split(place);
    assert(after !== undefined && more.length === 0, `the page has no one place for ${place}`);
    return before + part + after;
  }, template);
}

/** Nothing may be loaded from anywhere; the worker is made of text that stands in the page. */
function policyOf(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SOURCES, file)],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2023",
    minify: true,
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}

export async function writeVerifyPage(file: string): Promise<number> {
  const page = await verifyPage();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  return Buffer.byteLength(page);
}

if (import.meta.main) {
  const file = join(ROOT, "dist/verify.html");
  const bytes = await writeVerifyPage(file);
  console.log(`${(bytes / 1024).toFixed(0)} KiB  dist/verify.html`);
}
