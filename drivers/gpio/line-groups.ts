// Which points share a line, and how each line is to be requested. A line can be requested once:
// a count and a speed of one pick-up read the same edges.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Chip, Level, LineRequest } from "./backend.ts";
import { type ResolvedLine, resolveLine } from "./resolve.ts";
import type { PointSettings } from "./settings.ts";

export interface NamedPoint {
  readonly name: string;
  readonly settings: PointSettings;
}

export interface LineGroup {
  readonly title: string;
  /** The points that read the line, by their position in the device. */
  readonly indexes: readonly number[];
  readonly request: LineRequest;
  /** Taking the line, and letting it go, could change its level: it is only looked for. */
  readonly isLeftAlone: boolean;
  /** The level at the end; null for what is no output. */
  readonly safe: Level | null;
}

/** Outputs come last: where an input is refused, no output has moved. */
export function lineGroups(
  points: readonly NamedPoint[],
  chips: readonly Chip[],
  onlyLooks = false,
): readonly LineGroup[] {
  const groups = new Map<string, LineGroup>();
  for (const [index, { name, settings }] of points.entries()) {
    const resolved = resolveLine(settings.line, chips);
    const key = `${resolved.chip.name} ${resolved.line.offset}`;
    const isOutput = settings.output !== undefined;
    const { isUsed, direction } = resolved.line;
    const request = requestOf(resolved, settings, onlyLooks);
    const group = groups.get(key);
    if (group !== undefined && !areAlike(group.request, request)) {
      throw unlike(points[group.indexes[0]!]!.name, name, resolved.title);
    }
    groups.set(key, {
      title: resolved.title,
      indexes: [...(group?.indexes ?? []), index],
      request,
      isLeftAlone: onlyLooks && isOutput && !isUsed && direction !== "input",
      safe: onlyLooks ? null : (settings.output?.safe ?? null),
    });
  }
  const all = [...groups.values()];
  return [...all.filter(({ safe }) => safe === null), ...all.filter(({ safe }) => safe !== null)];
}

function requestOf(
  { chip, line, title }: ResolvedLine,
  settings: PointSettings,
  onlyLooks: boolean,
): LineRequest {
  const { activeLow, bias, output, debounce } = settings;
  const common = { chip, offset: line.offset, title, activeLow, bias };
  if (output === undefined) {
    const edges = settings.input ? "both" : "rising";
    return { ...common, mode: { kind: "input", edges, debounceMs: debounce } };
  }
  if (onlyLooks) return { ...common, mode: { kind: "as-is" } };
  const start = output.start === "safe" ? output.safe : output.start;
  return { ...common, mode: { kind: "output", drive: output.drive, start } };
}

/** Two outputs would write each other's level. */
function areAlike(one: LineRequest, other: LineRequest): boolean {
  return (
    one.mode.kind === "input" &&
    other.mode.kind === "input" &&
    one.mode.edges === other.mode.edges &&
    one.mode.debounceMs === other.mode.debounceMs &&
    one.activeLow === other.activeLow &&
    one.bias === other.bias
  );
}

function unlike(one: string, other: string, title: string): Fault {
  return new Fault(
    "SETTING_INVALID",
    `${one} and ${other} want ${title} in different ways.`,
    "Points may share a line as `count`, `frequency` and `speed`, or as `input`, " +
      "with the same `activeLow`, `bias` and `debounce`.",
  );
}
