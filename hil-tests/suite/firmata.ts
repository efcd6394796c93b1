// A Firmata board: what its inputs are arrives, and a board that falls silent or away has no
// values.

import type { FirmataBoard, MachineParts } from "../place.ts";
import { scenario } from "../scenario.ts";
import { isBad, isGood } from "./expect.ts";

function boardMachine(board: FirmataBoard): MachineParts {
  return {
    buses: { arduino: board.bus },
    devices: { board: { bus: "arduino", ...board.device, check: "250ms" } },
    signals: { level: { device: "board", ...board.analogPoint } },
  };
}

export const firmataScenarios = [
  scenario(
    "an analog input arrives, and a board that says nothing any more has no value",
    { driver: "firmata", requires: ["firmataBoard"] },
    async ({ firmataBoard, start }) => {
      await firmataBoard.analog(512);
      const instance = await start(boardMachine(firmataBoard));
      await instance.untilValue("level", isGood(512));
      await firmataBoard.analog(700);
      await instance.untilValue("level", isGood(700));
      await firmataBoard.fallSilent();
      await instance.untilValue("level", isBad);
      await firmataBoard.speakAgain();
      await instance.untilValue("level", isGood(700));
    },
  ),
  scenario(
    "a board that is pulled out and put back is read again without a restart",
    { driver: "firmata", requires: ["firmataBoard", "firmataPlug"] },
    async ({ firmataBoard, firmataPlug, start, figure }) => {
      await firmataBoard.analog(300);
      const instance = await start(boardMachine(firmataBoard));
      await instance.untilValue("level", isGood(300));
      await firmataPlug.unplug();
      await instance.untilValue("level", isBad);
      await firmataPlug.plug();
      const pluggedAt = performance.now();
      await instance.untilValue("level", isGood(300));
      figure("good again after", `${Math.round(performance.now() - pluggedAt)} ms`);
    },
  ),
];
