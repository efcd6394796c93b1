// Looks what there is on a serial line: the ports of this machine, and what is heard on the given
// one at the usual rates. It sends nothing, so a device that waits to be asked stays unheard.

import { sleep } from "../../runtime/signal/timers.ts";
import type { Found, ScanContext } from "../driver.ts";
import { pathOfPort } from "../shared/serial-port.ts";
import { describePort, listSerialPorts } from "../shared/serial-ports.ts";
import { showBytes } from "./byte-text.ts";
import { openLink } from "./link.ts";
import type { BusSettings } from "./settings.ts";

const USUAL_RATES = [9_600, 19_200, 115_200, 4_800, 38_400, 57_600, 2_400, 1_200] as const;

/** A receiver for positions says something each second. */
const LISTEN_MS = 1_200;

/** More says no more. */
const KEPT_BYTES_MAX = 4_096;

export async function* scan(context: ScanContext<BusSettings>): AsyncIterable<Found> {
  const { settings, stop, progress } = context;
  for (const port of await listSerialPorts()) {
    const where = port.byId === null ? port.path : pathOfPort(port.byId);
    yield { where, what: describePort(port), settings: { port: port.byId ?? port.path } };
  }
  if (settings.tcp !== undefined) {
    progress(`listening to ${settings.tcp}`);
    yield* describe(settings.tcp, await listen(context, settings), {});
    return;
  }
  const rates = new Set([settings.baudRate, ...USUAL_RATES]);
  for (const baudRate of rates) {
    if (stop.aborted) return;
    progress(`listening to ${settings.port} at ${baudRate} baud`);
    const heard = await listen(context, { ...settings, baudRate });
    yield* describe(`${baudRate} baud`, heard, { port: settings.port, baudRate });
  }
}

async function listen(
  { timers, stop }: ScanContext<BusSettings>,
  settings: BusSettings,
): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  const link = await openLink(settings, "The scan", timers, {
    onBytes(chunk) {
      if (bytes < KEPT_BYTES_MAX) kept.push(chunk);
      bytes += chunk.length;
    },
    // What was heard until then is told; the next rate opens the port again, or says why not.
    onEnd() {},
  });
  await sleep(timers, LISTEN_MS, stop);
  await link.close();
  return Buffer.concat(kept);
}

function* describe(
  where: string,
  heard: Buffer,
  settings: Readonly<Record<string, unknown>>,
): Iterable<Found> {
  if (heard.length === 0) return;
  const share = Math.round(100 * printableShare(heard));
  yield { where, what: `${share} % of what is heard is text: ${showBytes(heard)}`, settings };
}

/** A wrong rate gives bytes beyond 127 and control characters; a right one need not give text. */
export function printableShare(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const isText = (byte: number) =>
    (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;
  return bytes.filter(isText).length / bytes.length;
}
