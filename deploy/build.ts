// `npm run build`: makes dist/, the program as it is installed. One file for each process and
// thread, parts that they share or load later, the native addons, the page's files and the
// nodesets. It needs Node 24 and nothing else: no package is installed and nothing is compiled on a
// controller.

import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { hashOfSources } from "../firmware/host/code-hash.ts";
import { PROGRAMS, THREADS } from "../firmware/host/worker.ts";
import { NODESET_IMAGES } from "../protocols/opcua/nodesets.ts";
import { writeVerifyPage } from "./build-verify-page.ts";
import { copyNative, NATIVE_PACKAGES } from "./native-packages.ts";

const ROOT = resolve(import.meta.dirname, "..");
const MODULES = join(ROOT, "node_modules");

/**
 * What stays outside the bundle, and why. It is in dist/node_modules (`copyNative`) or never
 * reached.
 */
const EXTERNAL: readonly string[] = [
  // They look for their addons beside their own files.
  ...NATIVE_PACKAGES,
  // @ster5/global-mutex names it in an `await import` that node-opcua does not reach; it is not
  // installed in a checkout either.
  "proper-lockfile",
];

/** Packages from CommonJS ask for Node's modules through `require`, which ESM does not have. */
const BANNER = [
  'import { createRequire as telltaleCreateRequire } from "node:module";',
  "const require = telltaleCreateRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("\n");

/**
 * Packages that read files beside their own code, and which: node-opcua's server reads its version
 * from its manifest while it is loaded, and ends the process where that is missing.
 */
const READ_BY_PACKAGES: readonly string[] = ["node-opcua-server/package.json"];
const PACKAGES = "packages";

/**
 * In a bundle `import.meta.dirname` is the folder of the bundle. Packages get the folder that
 * stands for theirs in dist/packages instead, so that what they read beside their code is found
 * there.
 */
const packagesKeepTheirFolder: Plugin = {
  name: "packages-keep-their-folder",
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/node-opcua[^/]*\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.dirname")) return null;
      const folder = dirname(path.slice(path.lastIndexOf("/node_modules/") + 14));
      const own = `(import.meta.dirname + ${JSON.stringify(`/${PACKAGES}/${folder}`)})`;
      return { contents: text.replaceAll("import.meta.dirname", own), loader: "js" };
    });
  },
};

export interface Built {
  readonly file: string;
  readonly bytes: number;
}

/** Bundles the entries (name in dist → source file) into `directory`; gives what was written. */
export async function bundle(
  entries: Readonly<Record<string, string>>,
  directory: string,
): Promise<readonly Built[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { ...entries },
    outdir: directory,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // What only the gateway needs becomes a part that the meter never loads.
    splitting: true,
    chunkNames: "part-[hash]",
    // Names survive: a stack trace from the field has to be readable without the map.
    minifyWhitespace: true,
    sourcemap: "external",
    legalComments: "none",
    banner: { js: BANNER },
    external: [...EXTERNAL],
    // The bundle has no sources to make it of.
    define: { TELLTALE_CODE_HASH: JSON.stringify(hashOfSources(ROOT)) },
    plugins: [packagesKeepTheirFolder],
    metafile: true,
    logLevel: "warning",
  });
  return Object.entries(metafile.outputs)
    .filter(([file]) => file.endsWith(".js"))
    .map(([file, { bytes }]) => ({ file: basename(file), bytes }));
}

/** The page's files, for the gateway to serve from beside the program. */
export function copyPanel(directory: string): void {
  cpSync(join(ROOT, "protocols/panel/assets"), join(directory, "panel"), { recursive: true });
}

/** The register lists of real devices, for `telltale templates` and `telltale tags import`. */
export function copyTemplates(directory: string): void {
  cpSync(join(ROOT, "drivers/modbus/templates"), join(directory, "templates"), { recursive: true });
}

/** What findings lead on to, for the meter to read from beside the program. */
export function copyKnowledge(directory: string): void {
  cpSync(join(ROOT, "firmware/knowledge/built-in.yaml"), join(directory, "knowledge.yaml"));
}

/** The images of the nodesets that the address space loads; the XML files are not needed then. */
export function copyNodesets(directory: string): void {
  for (const image of NODESET_IMAGES) {
    cpSync(
      join(MODULES, "node-opcua-nodesets/nodesets", image),
      join(directory, "nodesets", image),
    );
  }
}

export function copyReadByPackages(directory: string): void {
  for (const file of READ_BY_PACKAGES) cpSync(join(MODULES, file), join(directory, PACKAGES, file));
}

/** Node reads the type of the files and `telltale --version` the version from here. */
function writePackage(directory: string): void {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const content = { name, version, license, type: "module", engines: { node: ">=24" } };
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
}

function show(built: readonly Built[]): void {
  const sorted = built.toSorted((one, other) => other.bytes - one.bytes);
  for (const { file, bytes } of sorted) {
    console.log(`${(bytes / 1024).toFixed(0).padStart(8)} KiB  ${file}`);
  }
  const total = built.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${(total / 1024).toFixed(0).padStart(8)} KiB  in all, without source maps`);
}

async function main(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const entries = { telltale: "firmware/main.ts", ...THREADS, ...PROGRAMS };
  const built = await bundle(entries, directory);
  const native = copyNative(directory);
  copyPanel(directory);
  copyTemplates(directory);
  copyKnowledge(directory);
  copyNodesets(directory);
  copyReadByPackages(directory);
  writePackage(directory);
  await writeVerifyPage(join(directory, "verify.html"));
  chmodSync(join(directory, "telltale.js"), 0o755);
  show([...built, ...native]);
}

if (import.meta.main) await main(join(ROOT, "dist"));
