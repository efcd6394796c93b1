// The part of the verify page that computes: one message in, progress and one answer out. It runs
// in a browser's worker, beside the page, so that the page stays alive meanwhile.

import { verdictMarkup } from "../../runtime/ledger/verdict-page.ts";
import { verifyStatement } from "../../runtime/ledger/verify.ts";
import { schema } from "../../runtime/schema/schema.ts";

interface Asked {
  readonly file: string;
  readonly statement: ArrayBuffer;
  readonly contract: string | null;
  readonly witnessed: string | null;
  readonly key: string | null;
}

/** What of a worker's own words is used here; the types of a browser are not those of Node. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Asked }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

// The page forbids code that is made at run time, as the library would like to.
schema.config({ jitless: true });

scope.onmessage = ({ data }) => {
  const { file, statement, contract, witnessed, key } = data;
  const verdict = verifyStatement(new Uint8Array(statement), {
    now: Date.now(),
    ...(key !== null && { key }),
    ...(contract !== null && { contract: { text: contract } }),
    ...(witnessed !== null && { witnessed }),
    onProgress: (done, total) => scope.postMessage({ share: done / Math.max(1, total) }),
  });
  const title = `${verdict.valid ? "Valid" : "Not valid"}: ${file}`;
  scope.postMessage({ markup: verdictMarkup(file, verdict).text, title });
};
