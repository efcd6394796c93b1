// A Firmata board in software, an OPC UA server, and what this machine's own kernel says: for the
// places on this machine.

import { statfs } from "node:fs/promises";
import { findProgram } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { freePort } from "../instance.ts";
import type { Binding } from "./local-place.ts";

/** The driver's own peer speaks the protocol itself; no part of the driver is in it. */
export const firmataBinding: Binding = {
  provides: ["firmataBoard", "firmataPlug"],
  missing: () => (findProgram("socat") === undefined ? "socat is not installed" : null),
  async open({ cleanup }) {
    const { FirmataPeer } = await import("../../drivers/firmata/test-rig.ts");
    const peer = new FirmataPeer(findProgram("socat")!);
    cleanup.defer(() => peer.dispose());
    await peer.plug();
    const firmataBoard = {
      bus: { driver: "firmata", port: peer.path },
      device: {},
      analogPoint: { analog: 0 },
      async analog(value: number) {
        peer.analog[0] = value;
      },
      async fallSilent() {
        peer.isSilent = true;
      },
      async speakAgain() {
        peer.isSilent = false;
      },
    };
    const firmataPlug = { unplug: () => peer.unplug(), plug: () => peer.plug() };
    return { firmataBoard, firmataPlug };
  },
};

/** A server of node-opcua's, as another program on the network. */
export const opcuaBinding: Binding = {
  provides: ["opcuaServer", "opcuaService"],
  missing: () => null,
  async open({ cleanup }) {
    // A second to load: only who needs it waits for it.
    const { serve } = await import("../../drivers/opcua-client/test-rig.ts");
    const scratch = cleanup.use(scratchDirectory());
    const options = { pki: scratch.at("pki"), port: await freePort() };
    let plant: Awaited<ReturnType<typeof serve>> | null = await serve(options);
    const opcuaService = {
      async stop() {
        await plant?.close();
        plant = null;
      },
      async start() {
        plant ??= await serve(options);
      },
    };
    cleanup.defer(() => opcuaService.stop());
    const opcuaServer = {
      bus: {
        driver: "opcua-client",
        endpoint: plant.endpoint,
        security: { mode: "none" },
      },
      device: { timeout: "1s" },
      point: { node: "nsu=http://example.com/machine;s=Spindle.Load" },
      async set(value: number) {
        plant?.set("Load", value);
      },
    };
    return { opcuaServer, opcuaService };
  },
};

/** The controller itself: the size of its disk, which both sides ask the kernel for. */
export const linuxBinding: Binding = {
  provides: ["linuxSensor"],
  missing: () => null,
  async open() {
    const linuxSensor = {
      bus: { driver: "linux" },
      device: {},
      point: { disk: { mount: "/", quantity: "total" } },
      async reading() {
        const { blocks, bsize } = await statfs("/");
        return blocks * bsize;
      },
    };
    return { linuxSensor };
  },
};
