// Asks a witness to cosign a checkpoint (C2SP tlog-witness). It learns from the witness which size
// that has, brings the proof from there, and believes no answer whose cosignature is not right.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "../../runtime/ledger/bytes.ts";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import type { VerifierKey } from "../../runtime/ledger/keys.ts";
import { addSignature, parseSignatureLine } from "../../runtime/ledger/note.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { ADD_CHECKPOINT, parseSize, requestText, SIZE_TYPE } from "./witness-request.ts";

/** Of the whole exchange with its repeats. */
const EXCHANGE_MS_MAX = 30_000;
/** The witness may have been asked by another of our lives in between; not for ever. */
const TRIES_MAX = 3;
/** A few signature lines. In bytes. */
const ANSWER_BYTES_MAX = 16 * 1024;
const REASON_CHARACTERS_MAX = 200;

/**
 * - `unreachable` nobody answered in time
 * - `refused`     it does not know us, or is busy: it may be asked again later
 * - `ahead`       it has cosigned more leaves than there are here: this ledger was rolled back
 * - `fork`        it has cosigned another tree
 * - `bad-answer`  what answered is no witness, or not the one whose key is known
 */
export type WitnessTrouble = "unreachable" | "refused" | "ahead" | "fork" | "bad-answer";

export class WitnessFailed extends Error {
  readonly trouble: WitnessTrouble;

  constructor(trouble: WitnessTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

export interface WitnessAsk {
  /** Its address; `/add-checkpoint` is put behind it. */
  readonly url: string;
  /** Its cosignature key. */
  readonly key: VerifierKey;
  /** A signed note. */
  readonly checkpoint: string;
  /** The size that it is believed to have; 0 where nothing is known. */
  readonly old: number;
  /** The consistency proof from a size to that of the checkpoint, base64. */
  readonly proofFrom: (size: number) => Promise<readonly string[]>;
  readonly timers: Timers;
}

export interface Cosigned {
  /** The checkpoint with the witness's line. */
  readonly note: string;
  /** Seconds since 1970 by the witness's clock. */
  readonly time: number;
}

/** Rejects with a `WitnessFailed`, or as `proofFrom` does. */
export async function askWitness(ask: WitnessAsk): Promise<Cosigned> {
  const checkpoint = parseCheckpoint(ask.checkpoint);
  if (typeof checkpoint === "string") throw new RangeError(`the checkpoint ${checkpoint}`);
  const { size } = checkpoint;
  const ending = new AbortController();
  const deadline = ask.timers.after(EXCHANGE_MS_MAX, () => ending.abort());
  try {
    let old = ask.old;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (old > size) throw aheadOf(old, size);
      const proof = old === 0 || old === size ? [] : await ask.proofFrom(old);
      const body = requestText({ old, proof, checkpoint: ask.checkpoint });
      const answer = await post(addressOf(ask.url), body, ending.signal);
      const kept = answer.status === 409 && answer.type === SIZE_TYPE ? sizeOf(answer.body) : null;
      if (kept === null) return cosigned(ask, answer);
      if (kept === old) throw badAnswer(`it wants the size ${old}, which it was given`);
      old = kept;
    }
    throw badAnswer("it names another size each time");
  } finally {
    deadline.cancel();
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function cosigned({ key, checkpoint }: WitnessAsk, { status, body }: Answer): Cosigned {
  const said = body.trim().slice(0, REASON_CHARACTERS_MAX);
  if (status === 409 || status === 422) {
    throw new WitnessFailed("fork", `it has cosigned another tree (${status}: ${said})`);
  }
  if (status !== 200) throw new WitnessFailed("refused", `it answered ${status}: ${said}`);
  for (const line of body.split("\n")) {
    // A witness may have more keys than we know of.
    if (parseSignatureLine(line) === null) continue;
    const note = addSignature(checkpoint, line);
    const cosignature = verifyCosignature(note, key);
    if (cosignature !== null) return { note, time: cosignature.time };
  }
  throw badAnswer(`there is no right cosignature by ${key.name} in its answer`);
}

function addressOf(url: string): URL {
  return new URL(url.replace(/\/*$/, ADD_CHECKPOINT));
}

/** Rejects with a `WitnessFailed` where no whole answer came. */
function post(address: URL, body: string, signal: AbortSignal): Promise<Answer> {
  const ask = address.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const reason = signal.aborted
        ? `no answer within ${EXCHANGE_MS_MAX / 1_000} s`
        : error.message;
      reject(new WitnessFailed("unreachable", reason));
    };
    const headers = {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
    };
    // An agent would keep the connection for the next time, a quarter of an hour later.
    const asking: ClientRequest = ask(address, { method: "POST", headers, agent: false, signal });
    asking.once("error", fail);
    asking.once("response", (response) => readAnswer(response).then(resolve, fail));
    asking.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX)
      throw new Error(`it answered more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const body = text(Buffer.concat(chunks));
  if (body === null) throw new Error("its answer is no text");
  const type = response.headers["content-type"]?.split(";")[0]?.trim() ?? "";
  return { status: response.statusCode ?? 0, type, body };
}

function sizeOf(body: string): number {
  const size = parseSize(body.replace(/\n$/, ""));
  if (size === null) throw badAnswer("it says that its size is another, and not which");
  return size;
}

function aheadOf(kept: number, size: number): WitnessFailed {
  const message = `it has cosigned ${kept} leaves, here are ${size}: was an old disk put back?`;
  return new WitnessFailed("ahead", message);
}

function badAnswer(message: string): WitnessFailed {
  return new WitnessFailed("bad-answer", message);
}
