// The witness's side of HTTP: bounds what comes in, and puts the witness's verdict into a status.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text } from "../../runtime/ledger/bytes.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Witness, WitnessAnswer } from "./witness.ts";
import { ADD_CHECKPOINT, REQUEST_BYTES_MAX, SIZE_TYPE } from "./witness-request.ts";

/** At once: a thousand controllers that come back from the same outage are served in a minute. */
const BURST_MAX = 100;
/** A verification costs a millisecond, a synced file several: more would be an attack. */
const PER_SECOND_MAX = 20;

export interface WitnessListenerOptions {
  readonly witness: Witness;
  /** Milliseconds, of a clock that never goes back. */
  readonly mono: () => number;
  readonly log: Log;
}

export function witnessListener({ witness, mono, log }: WitnessListenerOptions): RequestListener {
  let left = BURST_MAX;
  let refilledAt = mono();
  const mayCome = () => {
    const now = mono();
    left = Math.min(BURST_MAX, left + ((now - refilledAt) * PER_SECOND_MAX) / 1_000);
    refilledAt = now;
    if (left < 1) return false;
    left--;
    return true;
  };
  return (request, response) => {
    const path = request.url?.split("?")[0];
    if (path !== ADD_CHECKPOINT) return say(response, 404, `only ${ADD_CHECKPOINT} is here`);
    if (request.method !== "POST") {
      response.setHeader("Allow", "POST");
      return say(response, 405, "a checkpoint is posted");
    }
    if (!mayCome()) {
      response.setHeader("Retry-After", "5");
      return say(response, 429, "too many requests");
    }
    readBody(request).then(
      (body) => {
        if (body === null) {
          response.setHeader("Connection", "close");
          say(response, 413, `at most ${REQUEST_BYTES_MAX} bytes are read`);
        } else answer(response, judge(witness, body), log);
      },
      // Whoever hangs up in the middle is told nothing.
      (error: unknown) => log.debug("a request was not read", { reason: reasonOf(error) }),
    );
  };

  function judge(of: Witness, body: Uint8Array): WitnessAnswer | null {
    const words = text(body);
    if (words === null) return { status: 400, reason: "it is not UTF-8" };
    try {
      return of.addCheckpoint(words);
    } catch (error) {
      // The disk, most likely: nothing was signed, and it may be asked again.
      log.error("a checkpoint could not be kept; it was not cosigned", { reason: reasonOf(error) });
      return null;
    }
  }
}

function answer(response: ServerResponse, verdict: WitnessAnswer | null, log: Log): void {
  if (verdict === null) say(response, 500, "it could not be kept, so it was not cosigned");
  else if ("size" in verdict) say(response, verdict.status, String(verdict.size), SIZE_TYPE);
  else if ("reason" in verdict) {
    log.warn("a checkpoint was refused", { status: verdict.status, reason: verdict.reason });
    say(response, verdict.status, verdict.reason);
  } else {
    response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(verdict.cosignature);
  }
}

function say(
  response: ServerResponse,
  status: number,
  words: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, { "Content-Type": type });
  response.end(`${words}\n`);
}

/** Null where it is too long. What comes after that is let go by; the server bounds its time. */
function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > REQUEST_BYTES_MAX) resolve(null);
      else chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the connection was closed")));
  });
}
