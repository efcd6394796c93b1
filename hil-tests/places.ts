// The table of places: how each is opened from its environment file, or why it is not here.

import { relative } from "node:path";
import { openBench } from "./bench/bench-place.ts";
import { environmentPath, readEnvironment } from "./environment.ts";
import { REPOSITORY } from "./instance.ts";
import { openPty, openSimulated } from "./local/places.ts";
import type { OpenPlace, Place, PlaceName } from "./place.ts";

const OPEN: Readonly<Record<PlaceName, OpenPlace>> = {
  simulated: openSimulated,
  pty: openPty,
  board: async (environment, options) => {
    // Loaded when it is asked for: the image's maker needs the bundler.
    const { openBoard } = await import("./board/board-place.ts");
    return await openBoard(environment, options);
  },
  bench: openBench,
};

export async function openPlace(
  name: PlaceName,
  seed: number,
): Promise<Place | { readonly notHere: string }> {
  const environment = readEnvironment(name);
  if (environment === null) {
    const file = relative(REPOSITORY, environmentPath(name));
    return { notHere: `nobody has wired a ${name} here: ${file} is not there` };
  }
  return await OPEN[name](environment, { seed });
}
