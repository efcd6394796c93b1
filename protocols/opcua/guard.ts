// A guard around a known fault of the OPC UA library, pinned to the version in which it was seen:
// input for a packet assembler that its connection has already let go raises an error event that
// nobody handles, and an unhandled error event ends a Node process. With the guard such input is
// dropped. Remove this file when the library is mended; the gateway also runs in a process of its
// own, apart from metering, for the faults that nobody knows yet.

import manifest from "node-opcua/package.json" with { type: "json" };
import { PacketAssembler } from "node-opcua-packet-assembler";
import type { Log } from "../../runtime/signal/log.ts";

/** The version that was read and tried. */
export const GUARDED_VERSION = "2.186.4";

let installed = false;

/** Call once before the first server listens; a second call changes nothing. */
export function guardPacketAssembler(log: Log, version: string = manifest.version): void {
  if (version !== GUARDED_VERSION) {
    log.warn("The OPC UA library is not the version that its guard was written for.", {
      version,
      guarded: GUARDED_VERSION,
    });
  }
  if (installed) return;
  installed = true;
  const feed = PacketAssembler.prototype.feed;
  PacketAssembler.prototype.feed = function guarded(this: PacketAssembler, data: Buffer): void {
    // Without a listener nobody is left who could read a message or answer an error.
    if (this.listenerCount("error") === 0) return;
    feed.call(this, data);
  };
}
