// Reads the environment file of a place: which resource is bound to what, and with which numbers.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { schema } from "../runtime/schema/schema.ts";
import { type Environment, PLACES, type PlaceName, RESOURCE_NAMES } from "./place.ts";

const settings = schema.record(schema.string(), schema.unknown());

const environmentFile = schema.strictObject({
  place: schema.enum(PLACES),
  resources: schema.partialRecord(schema.enum(RESOURCE_NAMES), settings),
  settings: settings.default({}),
});

export function environmentPath(place: PlaceName): string {
  return join(import.meta.dirname, "places", `${place}.yaml`);
}

/** Null where nobody has described such a place here. */
export function readEnvironment(place: PlaceName): Environment | null {
  const path = environmentPath(place);
  if (!existsSync(path)) return null;
  const parsed = environmentFile.safeParse(parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${schema.prettifyError(parsed.error)}`);
  if (parsed.data.place !== place) throw new Error(`${path} describes "${parsed.data.place}"`);
  return parsed.data as Environment;
}
