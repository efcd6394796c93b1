// A controller with an OPC UA server: its variables arrive, and when it is gone so are they.

import type { MachineParts, OpcuaServerPeer } from "../place.ts";
import { scenario } from "../scenario.ts";
import { isBad, isGood } from "./expect.ts";

function plantMachine(server: OpcuaServerPeer): MachineParts {
  return {
    buses: { press: server.bus },
    devices: { spindle: { bus: "press", every: "200ms", ...server.device } },
    signals: { load: { device: "spindle", ...server.point } },
  };
}

export const opcuaClientScenarios = [
  scenario(
    "a variable arrives, is gone with its server, and is back with it",
    { driver: "opcua-client", requires: ["opcuaServer", "opcuaService"] },
    async ({ opcuaServer, opcuaService, start, figure }) => {
      await opcuaServer.set(12.5);
      const instance = await start(plantMachine(opcuaServer));
      await instance.untilValue("load", isGood(12.5));
      await opcuaServer.set(13.5);
      await instance.untilValue("load", isGood(13.5));
      await opcuaService.stop();
      await instance.untilValue("load", isBad);
      await opcuaService.start();
      await opcuaServer.set(14.5);
      const startedAt = performance.now();
      await instance.untilValue("load", isGood(14.5));
      figure("good again after", `${Math.round(performance.now() - startedAt)} ms`);
    },
  ),
];
