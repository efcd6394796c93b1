// The plant's view of one machine, laid out by the Machinery model (OPC 40001-1). Builds the nodes
// once and hands back the few whose values change. docs/opcua.md shows the tree.

import {
  type AddressSpace,
  type BaseNode,
  coerceLocalizedText,
  DataType,
  makeAccessLevelFlag,
  type Namespace,
  NodeClass,
  promoteToStateMachine,
  Range,
  type StatusCode,
  StatusCodes,
  type UAStateMachineEx,
  type UAVariable,
  Variant,
} from "node-opcua";
import type { SignalSummary } from "../stream/frames.ts";
import { engineeringUnitsOf } from "./engineering-units.ts";
import { type PlantModel, productInstanceUriOf } from "./plant-model.ts";
import { USAGE_COUNTS, USAGE_DURATIONS } from "./usage-map.ts";

const DI = "http://opcfoundation.org/UA/DI/";
const MACHINERY = "http://opcfoundation.org/UA/Machinery/";
/** The Machines folder under Objects. */
const MACHINES = "i=1001";

export interface PlantNodes {
  readonly signals: ReadonlyMap<string, UAVariable>;
  readonly itemState: UAStateMachineEx;
  readonly powerOnDuration: UAVariable;
  readonly operationDuration: UAVariable;
  readonly operationCycleCounter: UAVariable;
  readonly usageState: UAVariable;
  /** By register name. */
  readonly usageRegisters: ReadonlyMap<string, UAVariable>;
}

/**
 * String ids in the server's own namespace (always index 1), made of names that stay: they are the
 * same after a restart, after a change of the machine file, and on the next machine of this kind.
 */
function nodeIdOf(...names: readonly string[]): string {
  return `s=${["machine", ...names].join("-")}`;
}

export function buildPlant(addressSpace: AddressSpace, model: PlantModel): PlantNodes {
  const own = addressSpace.getOwnNamespace();
  const di = addressSpace.getNamespaceIndex(DI);
  const machinery = addressSpace.getNamespaceIndex(MACHINERY);
  const { maker, model: type, serialNumber } = model.machine;

  const machine = own.addObject({
    nodeId: nodeIdOf(),
    browseName: serialNumber,
    displayName: `${maker} ${type} ${serialNumber}`,
    organizedBy: `ns=${machinery};${MACHINES}`,
  });
  const blocks = own.addObject({
    nodeId: nodeIdOf("buildingBlocks"),
    browseName: { name: "MachineryBuildingBlocks", namespaceIndex: machinery },
    typeDefinition: "FolderType",
    componentOf: machine,
  });
  /** It hangs in the folder and at the machine, where clients that know only DI look. */
  const block = (name: string, namespaceIndex: number, typeName: string, optionals: string[]) => {
    const objectType = addressSpace.findObjectType(typeName, machinery);
    if (objectType === null) throw new Error(`The nodesets have no ${typeName}.`);
    const node = objectType.instantiate({
      nodeId: nodeIdOf(name),
      browseName: { name, namespaceIndex },
      optionals,
    });
    for (const parent of [machine, blocks]) {
      parent.addReference({ referenceType: "HasAddIn", nodeId: node });
    }
    return node;
  };

  const identification = block("Identification", di, "MachineIdentificationType", [
    "Model",
    "SoftwareRevision",
    "Location",
  ]);
  const texts = {
    Manufacturer: coerceLocalizedText(maker),
    Model: coerceLocalizedText(type),
    SerialNumber: serialNumber,
    ProductInstanceUri: productInstanceUriOf(model.machine),
    SoftwareRevision: model.softwareRevision,
    Location: model.machine.location,
  };
  for (const [name, value] of Object.entries(texts)) {
    const dataType = typeof value === "string" ? DataType.String : DataType.LocalizedText;
    variableOf(identification, name).setValueFromSource({ dataType, value });
  }

  const counters = block("OperationCounters", di, "MachineryOperationCounterType", [
    "PowerOnDuration",
    "OperationDuration",
    "OperationCycleCounter",
  ]);
  const itemState = promoteToStateMachine(
    block("MachineryItemState", machinery, "MachineryItemState_StateMachineType", []),
  );
  itemState.setState("NotAvailable");
  const monitoring = block("Monitoring", machinery, "MonitoringType", ["Process"]);
  const process = memberOf(monitoring, "Process");

  const usage = own.addObject({
    nodeId: nodeIdOf("usage"),
    browseName: "Usage",
    description: "The usage meter: its state, and for how long the machine was in each state",
    componentOf: machine,
  });
  const usageVariable = (name: string, dataType: string) =>
    own.addVariable({
      nodeId: nodeIdOf("usage", name),
      browseName: name,
      componentOf: usage,
      dataType,
      accessLevel: "CurrentRead",
      userAccessLevel: "CurrentRead",
    });
  const usageRegisters = new Map<string, UAVariable>([
    ...USAGE_DURATIONS.map(([name, key]) => [key, usageVariable(name, "Duration")] as const),
    ...USAGE_COUNTS.map(([name, key]) => [key, usageVariable(name, "UInt32")] as const),
  ]);

  const nodes: PlantNodes = {
    signals: new Map(
      model.signals.map((signal) => [signal.name, signalNode(addressSpace, own, process, signal)]),
    ),
    itemState,
    powerOnDuration: variableOf(counters, "PowerOnDuration"),
    operationDuration: variableOf(counters, "OperationDuration"),
    operationCycleCounter: variableOf(counters, "OperationCycleCounter"),
    usageState: usageVariable("State", "String"),
    usageRegisters,
  };
  const waiting = [
    ...nodes.signals.values(),
    ...usageRegisters.values(),
    nodes.usageState,
    nodes.powerOnDuration,
    nodes.operationDuration,
    nodes.operationCycleCounter,
  ];
  for (const node of waiting) withdraw(node, StatusCodes.BadWaitingForInitialData);
  makeReadOnly(addressSpace);
  return nodes;
}

function signalNode(
  addressSpace: AddressSpace,
  own: Namespace,
  parent: BaseNode,
  { name, description, unit, range: [low, high] }: SignalSummary,
): UAVariable {
  const bounded = low !== null && high !== null;
  // AnalogUnitRangeType demands a range; a signal that declares none must not claim one.
  const variableType = addressSpace.findVariableType(
    bounded ? "AnalogUnitRangeType" : "AnalogUnitType",
    0,
  );
  if (variableType === null) throw new Error("The standard nodeset has no analog unit types.");
  const node = variableType.instantiate({
    nodeId: nodeIdOf("signals", name),
    browseName: { name, namespaceIndex: own.index },
    description,
    componentOf: parent,
    dataType: DataType.Double,
    optionals: bounded ? ["EURange", "EngineeringUnits"] : ["EngineeringUnits"],
  });
  variableOf(node, "EngineeringUnits").setValueFromSource({
    dataType: DataType.ExtensionObject,
    value: engineeringUnitsOf(unit),
  });
  if (bounded) {
    variableOf(node, "EURange").setValueFromSource({
      dataType: DataType.ExtensionObject,
      value: new Range({ low, high }),
    });
  }
  return node;
}

/**
 * "No timestamp" as OPC 10000-6 §5.2.2.5 writes it. Given none, the library would say the present
 * moment, which nobody sampled anything at.
 */
const NO_TIMESTAMP = new Date(Date.UTC(1601, 0, 1));

/** A value that is not to be used: the number is gone, the status says why. */
export function withdraw(node: UAVariable, status: StatusCode, at: Date = NO_TIMESTAMP): void {
  node.setValueFromSource(new Variant({ dataType: DataType.Null }), status, at);
}

export function setValue(
  node: UAVariable,
  dataType: DataType,
  value: number | string,
  status: StatusCode,
  at: Date = NO_TIMESTAMP,
): void {
  node.setValueFromSource({ dataType, value }, status, at);
}

/**
 * The library makes variables writable unless told otherwise, and some of the standard's own are
 * writable by design. This server takes nothing from the network, so no node says that it does.
 */
function makeReadOnly(addressSpace: AddressSpace): void {
  const writes = "CurrentWrite | HistoryWrite | StatusWrite | TimestampWrite";
  const mask = ~makeAccessLevelFlag(writes);
  for (const namespace of addressSpace.getNamespaceArray()) {
    for (const node of namespace.nodeIterator()) {
      if (!isVariable(node)) continue;
      node.accessLevel &= mask;
      node.userAccessLevel = (node.userAccessLevel ?? node.accessLevel) & mask;
    }
  }
}

function isVariable(node: BaseNode): node is UAVariable {
  return node.nodeClass === NodeClass.Variable;
}

/** Members are found by name alone: no two of one object here share a name in two namespaces. */
function memberOf(parent: BaseNode, name: string): BaseNode {
  const found = parent
    .findReferencesExAsObject("HierarchicalReferences")
    .find((node) => node.browseName.name === name);
  if (found === undefined) throw new Error(`${parent.browseName} has no member ${name}.`);
  return found;
}

function variableOf(parent: BaseNode, name: string): UAVariable {
  const node = memberOf(parent, name);
  if (!isVariable(node)) throw new Error(`${name} of ${parent.browseName} is not a variable.`);
  return node;
}
