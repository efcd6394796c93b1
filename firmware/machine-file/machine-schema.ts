// The machine file's JSON Schema, for editors: completion, descriptions, and most mistakes
// underlined while somebody writes. `telltale check` knows more: references, limits that depend on
// each other.

import type { Driver } from "../../drivers/driver.ts";
import { inputSchema, type JsonSchema } from "../../runtime/schema/issues.ts";
import type { Schema } from "../../runtime/schema/schema.ts";
import {
  BEARINGS_MAX,
  bearingEntry,
  diagnoseKeys,
  diagnosisKeys,
  GEARS_MAX,
  gearEntry,
} from "./diagnose-schema.ts";
import { featureKeys, SLOW_FEATURES_MAX } from "./features-section.ts";
import {
  ALARMS_MAX,
  alarmKeys,
  allKeys,
  anyKeys,
  BUSES_MAX,
  busKeys,
  conditionKeys,
  DEVICES_MAX,
  deviceKeys,
  endpointsKeys,
  fileKeys,
  identityKeys,
  journalKeys,
  SIGNALS_MAX,
  signalKeys,
  WAVEFORMS_MAX,
  watchdogKeys,
  waveformKeys,
} from "./file-schema.ts";
import { findingsKeys } from "./findings-section.ts";
import {
  CONFLICTS_MAX,
  conflictKeys,
  counterKeys,
  hourRegisterKeys,
  ledgerKeys,
  modesKeys,
  SERVICES_MAX,
  serviceDuration,
  serviceEvents,
  serviceEventsWarning,
  serviceKeys,
  serviceWarning,
  timeKeys,
  usageKeys,
} from "./usage-schema.ts";

type Properties = Readonly<Record<string, unknown>>;

/** Keys of a map are names of ours; the pattern is the one that `check` uses. */
const NAME_PATTERN = "^[a-z][A-Za-z0-9]{0,62}$";

export function machineSchema(drivers: readonly Driver[]): JsonSchema {
  const file = bare(fileKeys);
  const properties = file["properties"] as Properties;
  const section = (key: string, content: JsonSchema) => ({
    ...content,
    description: (properties[key] as JsonSchema)["description"],
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Telltale machine file",
    type: "object",
    properties: {
      telltale: properties["telltale"],
      machine: section("machine", bare(identityKeys)),
      buses: section("buses", named(busEntry(drivers), BUSES_MAX)),
      devices: section("devices", named(entry(deviceKeys, drivers, "device"), DEVICES_MAX)),
      signals: section("signals", named(entry(signalKeys, drivers, "point"), SIGNALS_MAX)),
      waveforms: section("waveforms", named(waveformSchema(drivers), WAVEFORMS_MAX)),
      features: section("features", named(bare(featureKeys), SLOW_FEATURES_MAX)),
      diagnosis: section("diagnosis", bare(diagnosisKeys)),
      usage: section("usage", usageSchema()),
      alarms: section("alarms", named(alarmSchema(), ALARMS_MAX)),
      findings: section("findings", bare(findingsKeys)),
      knowledge: properties["knowledge"],
      journal: section("journal", bare(journalKeys)),
      time: section("time", bare(timeKeys)),
      ledger: section("ledger", bare(ledgerKeys)),
      watchdog: section("watchdog", bare(watchdogKeys)),
      endpoints: section("endpoints", bare(endpointsKeys)),
    },
    required: ["telltale", "machine"],
    additionalProperties: false,
    $defs: { expression: expressionSchema() },
  };
}

/** As it is written to disk and printed. */
export function machineSchemaText(drivers: readonly Driver[]): string {
  return `${JSON.stringify(machineSchema(drivers), null, 2)}\n`;
}

function bare(wanted: Schema<unknown>): JsonSchema {
  const { $schema: _, id: __, ...rest } = inputSchema(wanted);
  return rest;
}

function named(content: JsonSchema, entriesMax: number): JsonSchema {
  return {
    type: ["object", "null"],
    propertyNames: { pattern: NAME_PATTERN },
    maxProperties: entriesMax,
    additionalProperties: content,
  };
}

/** A bus names its driver, so an editor can offer exactly that driver's keys. */
function busEntry(drivers: readonly Driver[]): JsonSchema {
  if (drivers.length === 0) return bare(busKeys);
  return {
    type: "object",
    required: ["driver"],
    oneOf: drivers.map((driver) => {
      const common = bare(busKeys)["properties"] as Properties;
      const own = shapeOf(driver.bus);
      return {
        description: driver.summary,
        type: "object",
        properties: {
          driver: { ...(common["driver"] as JsonSchema), const: driver.name },
          ...merged([own]),
        },
        required: ["driver", ...own.required],
        additionalProperties: own.open,
      };
    }),
  };
}

/**
 * A device names its bus, not its driver, so the keys of all drivers are offered; those that one
 * driver demands cannot be demanded here. `telltale check` does that.
 */
function entry(
  wanted: Schema<unknown>,
  drivers: readonly Driver[],
  part: "device" | "point",
): JsonSchema {
  const common = bare(wanted);
  const shapes = drivers.map((driver) => shapeOf(driver[part]));
  return {
    type: "object",
    properties: { ...(common["properties"] as Properties), ...merged(shapes) },
    required: common["required"],
    additionalProperties: drivers.length === 0 || shapes.some((shape) => shape.open),
  };
}

function waveformSchema(drivers: readonly Driver[]): JsonSchema {
  const waveform = entry(waveformKeys, drivers, "point");
  const diagnose = withContents(diagnoseKeys, {
    bearings: named(bare(bearingEntry), BEARINGS_MAX),
    gears: named(bare(gearEntry), GEARS_MAX),
  });
  const properties = waveform["properties"] as Properties;
  const { description } = properties["diagnose"] as JsonSchema;
  return { ...waveform, properties: { ...properties, diagnose: { ...diagnose, description } } };
}

interface Shape {
  readonly properties: readonly (readonly [string, unknown])[];
  readonly required: readonly string[];
  readonly open: boolean;
}

/** The keys of a driver's schema, whether it is one map or a choice of several. */
function shapeOf(wanted: Schema<unknown>): Shape {
  const node = bare(wanted);
  if (node["$defs"] !== undefined) {
    // References would have to be moved with their definitions; no driver needs them so far.
    throw new Error("a driver's settings must not refer to named or recursive schemas");
  }
  const branches = (node["anyOf"] ?? node["oneOf"] ?? [node]) as readonly JsonSchema[];
  const [first] = branches;
  return {
    properties: branches.flatMap((branch) =>
      Object.entries((branch["properties"] ?? {}) as object),
    ),
    required: branches.length === 1 ? ((first?.["required"] ?? []) as readonly string[]) : [],
    open: branches.some((branch) => typeof branch["additionalProperties"] === "object"),
  };
}

/** A key that several drivers have may be what any of them wants. */
function merged(shapes: readonly Shape[]): Properties {
  const variants = new Map<string, Map<string, unknown>>();
  for (const [key, value] of shapes.flatMap((shape) => shape.properties)) {
    const known = variants.get(key) ?? new Map<string, unknown>();
    variants.set(key, known.set(JSON.stringify(value), value));
  }
  return Object.fromEntries(
    [...variants].map(([key, known]) => {
      const values = [...known.values()];
      return [key, values.length === 1 ? values[0] : { anyOf: values }];
    }),
  );
}

const EXPRESSION = { $ref: "#/$defs/expression" };

function expressionSchema(): JsonSchema {
  const list = (wanted: Schema<unknown>, word: "all" | "any") => {
    const node = bare(wanted);
    const operands = (node["properties"] as Properties)[word] as JsonSchema;
    return { ...node, properties: { [word]: { ...operands, items: EXPRESSION } } };
  };
  return { anyOf: [bare(conditionKeys), list(allKeys, "all"), list(anyKeys, "any")] };
}

function usageSchema(): JsonSchema {
  const events = { anyOf: [EXPRESSION, bare(counterKeys)] };
  const modes = bare(modesKeys);
  const filled = withContents(usageKeys, {
    FAULT: EXPRESSION,
    WORKING: EXPRESSION,
    IDLE: EXPRESSION,
    STANDBY: EXPRESSION,
    modes: withContents(
      modesKeys,
      Object.fromEntries(
        Object.keys(modes["properties"] as object).map((key) => [key, EXPRESSION]),
      ),
    ),
    overload: EXPRESSION,
    cycles: events,
    strokes: events,
    conflicts: named(conflictSchema(), CONFLICTS_MAX),
    hourRegister: bare(hourRegisterKeys),
    service: named(
      withContents(serviceKeys, {
        every: { anyOf: [bare(serviceDuration), bare(serviceEvents)] },
        warn: { anyOf: [bare(serviceWarning), bare(serviceEventsWarning)] },
      }),
      SERVICES_MAX,
    ),
    powerFail: EXPRESSION,
  });
  return { ...filled, type: ["object", "null"] };
}

/** The keys of a schema with contents that are checked apart, under the schema's descriptions. */
function withContents(wanted: Schema<unknown>, contents: Properties): JsonSchema {
  const node = bare(wanted);
  const properties = node["properties"] as Readonly<Record<string, JsonSchema>>;
  return {
    ...node,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, own]) => [
        key,
        key in contents
          ? { ...(contents[key] as JsonSchema), description: own["description"] }
          : own,
      ]),
    ),
  };
}

function conflictSchema(): JsonSchema {
  const node = bare(conflictKeys);
  const between = (node["properties"] as Properties)["between"] as JsonSchema;
  return withContents(conflictKeys, { between: { ...between, items: EXPRESSION } });
}

function alarmSchema(): JsonSchema {
  const node = bare(alarmKeys);
  const properties = node["properties"] as Properties;
  const when = { ...EXPRESSION, description: (properties["when"] as JsonSchema)["description"] };
  return {
    ...node,
    properties: { ...properties, when },
    required: [...new Set(["when", ...((node["required"] ?? []) as readonly string[])])],
  };
}
