// From the text of a machine file to a checked machine, or to all that is wrong with it at once.
// Nothing here touches a disk: load.ts reads, adopt.ts decides which file is in force.

import type { Driver } from "../../drivers/driver.ts";
import { type AlarmDefinition, priorityOf } from "../../runtime/diagnosis/alarms.ts";
import { NO_KNOWLEDGE } from "../../runtime/diagnosis/knowledge.ts";
import { type Checker, check } from "../../runtime/schema/issues.ts";
import { type Problem, ProblemList } from "../../runtime/schema/problem.ts";
import { reportSecrets } from "../../runtime/schema/secrets.ts";
import { readYaml } from "../../runtime/schema/yaml-tree.ts";
import { readDiagnosis } from "./diagnose-section.ts";
import { entriesOf, isMap, type YamlMap } from "./entries.ts";
import { type ExpressionContext, readExpression } from "./expressions.ts";
import { readFeatures, reportCircles } from "./features-section.ts";
import {
  ALARMS_MAX,
  alarmKeys,
  endpointsKeys,
  fileKeys,
  httpKeys,
  identityKeys,
  journalKeys,
  watchdogKeys,
} from "./file-schema.ts";
import { readFindings } from "./findings-section.ts";
import { machineBuses, readBuses, readDevices } from "./hardware.ts";
import { readGnssSignal, readLedger } from "./ledger-section.ts";
import type { Machine } from "./machine.ts";
import { readSignals } from "./signals.ts";
import { readUsage } from "./usage.ts";
import { warnOf } from "./warnings.ts";

export type ParsedMachineFile =
  | { readonly machine: Machine; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

export function parseMachineFile(
  text: string,
  fileName: string,
  drivers: readonly Driver[],
): ParsedMachineFile {
  const problems = new ProblemList(fileName);
  const tree = readYaml(text, problems);
  if (tree === null) return { problems: problems.sorted() };
  const checker: Checker = { tree, problems };
  const warnings: Checker = { tree, problems: new ProblemList(fileName) };
  reportSecrets(tree, problems);
  if (!isMap(tree.value)) {
    const message = "this is no machine file; it begins with `telltale: 1`";
    problems.add(tree.at([]), [], message);
    return { problems: problems.sorted() };
  }
  const top = check(checker, [], tree.value, fileKeys);
  const machine = readMachine(checker, warnings, tree.value, drivers, top?.knowledge);
  if (!problems.empty || machine === null) return { problems: problems.sorted() };
  warnOf(machine, warnings);
  return { machine, warnings: warnings.problems.sorted() };
}

/**
 * Goes on after problems wherever something is left to check; the result counts only without any.
 */
function readMachine(
  checker: Checker,
  warnings: Checker,
  file: YamlMap,
  drivers: readonly Driver[],
  knowledgeFile: string | undefined,
): Machine | null {
  const identity =
    file["machine"] === undefined
      ? undefined
      : check(checker, ["machine"], file["machine"], identityKeys);
  const buses = readBuses(checker, file["buses"], drivers);
  const devices = readDevices(checker, file["devices"], buses);
  const sections = { signals: file["signals"], waveforms: file["waveforms"] };
  const declared = readSignals(checker, sections, devices);
  const read = readFeatures(checker, file["features"], declared);
  const { signals, features } = read;
  const context: ExpressionContext = { checker, warnings, signals };
  const diagnosis = readDiagnosis(context, file["diagnosis"]);
  const usage = readUsage(context, file["usage"]);
  reportCircles(checker, read, usage.usage);
  const alarms = readAlarms(context, file["alarms"]);
  const findings = readFindings(checker, file["findings"]);
  const gnssSignal = readGnssSignal(context, file["time"]);
  const ledger = readLedger(checker, file["ledger"]);
  const journal = check(checker, ["journal"], file["journal"] ?? {}, journalKeys);
  const watchdog = file["watchdog"] ?? null;
  const ownWatchdog = watchdog && check(checker, ["watchdog"], watchdog, watchdogKeys);
  const endpoints = readEndpoints(checker, file["endpoints"] ?? {});
  if (!checker.problems.empty || !identity || !journal || !ledger || !diagnosis || !endpoints) {
    return null;
  }
  return {
    identity,
    buses: machineBuses(buses),
    signals: signals.signals,
    waveforms: signals.waveforms,
    features,
    diagnosis,
    ...usage,
    gnssSignal,
    alarms,
    findings,
    knowledgeFile: knowledgeFile ?? null,
    // Read by load.ts, which may touch a disk.
    knowledge: NO_KNOWLEDGE,
    ledger,
    journal: { commitEveryMs: journal.commitEvery, sizeMax: journal.sizeMax },
    watchdog: ownWatchdog ?? null,
    endpoints,
  };
}

function readAlarms(context: ExpressionContext, section: unknown): readonly AlarmDefinition[] {
  const alarms: AlarmDefinition[] = [];
  for (const [name, entry] of entriesOf(context.checker, "alarms", section, ALARMS_MAX)) {
    const path = ["alarms", name];
    const keys = check(context.checker, path, entry, alarmKeys);
    const written = isMap(entry) ? entry["when"] : undefined;
    if (written === undefined) {
      if (!isMap(entry)) continue;
      const { tree, problems } = context.checker;
      problems.add(tree.keyAt([...path, "when"]), [...path, "when"], "is missing");
      continue;
    }
    const when = readExpression(context, [...path, "when"], written);
    if (!keys || !when) continue;
    const { severity, ne107, priority = priorityOf(severity), latch, text } = keys;
    alarms.push({ name, when, severity, ne107, priority, latch, text });
  }
  return alarms;
}

function readEndpoints(checker: Checker, section: unknown): Machine["endpoints"] | null {
  const endpoints = check(checker, ["endpoints"], section, endpointsKeys);
  if (!endpoints) return null;
  const http = endpoints.http ?? httpKeys.parse({});
  const opcua = endpoints.opcua ?? null;
  if (opcua !== null && opcua.port === http.port && opcua.port !== 0) {
    const path = ["endpoints", "opcua", "port"];
    const message = `port ${http.port} is taken by the page already (endpoints.http.port)`;
    checker.problems.add(checker.tree.at(path), path, message);
  }
  return { http, opcua };
}
