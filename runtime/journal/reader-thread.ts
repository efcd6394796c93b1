// Entry of the reading thread: answers questions to the journal at the pace of whoever asks.

import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../signal/fault.ts";
import { JournalReader } from "./reader.ts";
import type { FromReader, ReaderRequest, ToReader } from "./thread-messages.ts";

const port = parentPort!;
const reader = new JournalReader((workerData as { path: string }).path);

function answer(request: ReaderRequest): FromReader["value"] {
  switch (request.t) {
    case "page":
      return reader.page(request.position, request.limit, request.filter);
    case "acknowledged":
      return reader.acknowledged();
    case "usage-days":
      return reader.usageDays(request.days);
    case "remembered":
      return reader.remembered();
  }
}

port.on("message", ({ id, request }: ToReader) => {
  let reply: FromReader;
  try {
    const value = answer(request);
    reply = value === undefined ? { id } : { id, value };
  } catch (error) {
    reply = { id, error: reasonOf(error) };
  }
  port.postMessage(reply);
});
