// A request and its answer, and a write with a look at what became of it.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { PointIndex } from "../driver.ts";
import { bytesOf, parseEscapes, showBytes } from "./byte-text.ts";
import { Expression } from "./expression.ts";
import type { Frames, SerialDeviceParts } from "./frames.ts";
import { writeText } from "./point.ts";

/** What a device keeps of a written number: as many digits as a 32-bit float has. */
const READ_BACK_RELATIVE = 1e-6;

/** What both kinds of device do to write. */
export async function write(
  parts: SerialDeviceParts,
  frames: Frames,
  point: PointIndex,
  raw: number,
): Promise<void> {
  const { line, settings, points, wire } = parts;
  const { name, settings: wanted } = points[point]!;
  const refused = (why: string, remedy: string) =>
    new Fault("WRITE_REFUSED", `${frames.place}: ${name} ${why}.`, remedy);
  if (wanted.write === undefined) {
    throw refused("can only be read", "Give it `write` where the device takes a value.");
  }
  const text = writeText(wanted.write, raw);
  const request = text === null ? null : parseEscapes(text);
  if (request === null) throw refused(`cannot be ${raw}`, "Write a number.");
  // Never repeated: whether an unanswered write was carried out cannot be known from here.
  if (wanted.answer === undefined) {
    const begin = () => wire.sent(request);
    const { timeout: timeoutMs } = settings;
    await line.ask({ request, timeoutMs, place: frames.place, begin, answer: null });
  } else {
    const answer = new Expression(wanted.answer, settings.frameMax, frames.budget);
    const isYes = (frame: Buffer) => answer.exec(frame.toString("latin1")) !== null;
    // Who speaks unasked goes on with it: the answer is the frame that fits, whenever it comes.
    const isAsked = settings.request !== undefined;
    const { bytes } = await ask(parts, frames, request, isAsked ? () => true : isYes);
    if (!isYes(bytes)) {
      throw refused(
        `was answered with ${showBytes(bytes)}`,
        "Write a value that the device takes.",
      );
    }
  }
  if (settings.request === undefined) return;
  const answer = await ask(parts, frames, bytesOf(settings.request));
  const found = frames.valueOf(point, answer.bytes);
  const sent = Number(writeText(/\{value(?::\d)?\}/.exec(wanted.write)![0], raw));
  const isSame =
    typeof found === "number" && Math.abs(found - sent) <= Math.abs(sent) * READ_BACK_RELATIVE;
  if (!isSame) {
    throw refused(
      `was set to ${sent} but reads back ${found}`,
      "Write a value that the device takes.",
    );
  }
}

/** Sends a request and gives the frame that answers it. */
export async function ask(
  { line, settings, wire }: SerialDeviceParts,
  frames: Frames,
  request: Uint8Array,
  isOurs = (bytes: Buffer) => frames.isOurs(bytes),
): Promise<{ readonly bytes: Buffer; readonly at: Mono }> {
  const { framer, place } = frames;
  let found: { bytes: Buffer; at: Mono } | null = null;
  let strange: Buffer | null = null;
  const begin = () => {
    // Where it speaks unasked, the beginning of a frame may have come before.
    framer.reset(settings.request !== undefined || settings.checksum === undefined);
    wire.sent(request);
  };
  const answer = (chunk: Uint8Array, at: Mono) => {
    for (const piece of framer.take(chunk, at)) {
      wire.received(piece.bytes);
      if (piece.kind !== "frame") throw frames.faultOf(piece);
      if (isOurs(piece.bytes)) found ??= { bytes: piece.bytes, at };
      else strange = piece.bytes;
    }
    return found !== null;
  };
  try {
    await line.ask({ request, timeoutMs: settings.timeout, place, begin, answer });
  } catch (error) {
    const rest = framer.held.length > 0 ? framer.held : strange;
    if (framer.held.length > 0) wire.received(framer.held);
    if (!(error instanceof Fault) || error.code !== "BUS_TIMEOUT" || rest === null) throw error;
    throw new Fault(
      "BUS_WRONG_ANSWER",
      `${place} sent ${showBytes(rest)}, which is no answer to this request.`,
      "Compare baud rate, parity, `framing` and `when` with what the device's manual says.",
      { cause: error },
    );
  }
  return found!;
}
