// All commands, in the order in which `telltale --help` lists them.

import type { Command } from "commander";
import { registerAlarms } from "./alarms.ts";
import { registerCheck } from "./check.ts";
import { registerContract } from "./contract.ts";
import { registerDemo } from "./demo.ts";
import { registerDetect } from "./detect.ts";
import { registerDiagnose } from "./diagnose.ts";
import { registerExport } from "./export.ts";
import { registerInit } from "./init.ts";
import { registerInstruct } from "./instruct.ts";
import { registerKey } from "./key.ts";
import { registerKnowledge } from "./knowledge.ts";
import { registerLease } from "./lease.ts";
import { registerLedger } from "./ledger.ts";
import { registerGateway, registerMeter } from "./meter.ts";
import { registerProbe } from "./probe.ts";
import { registerReplay } from "./replay.ts";
import { registerRun } from "./run.ts";
import { registerScan } from "./scan.ts";
import { registerSchema } from "./schema.ts";
import { registerSign } from "./sign.ts";
import { registerStatement } from "./statement.ts";
import { registerStatus } from "./status.ts";
import { registerTags } from "./tags.ts";
import { registerTail } from "./tail.ts";
import { registerTemplates } from "./templates.ts";
import { registerTrace } from "./trace.ts";
import { registerVerify } from "./verify.ts";
import { registerVersion } from "./version.ts";
import { registerWaveform } from "./waveform.ts";
import { registerWitness } from "./witness.ts";

export const COMMANDS: readonly ((program: Command) => void)[] = [
  registerInit,
  registerCheck,
  registerSchema,
  registerKnowledge,
  registerTemplates,
  registerTags,
  registerScan,
  registerProbe,
  registerRun,
  registerStatus,
  registerAlarms,
  registerTail,
  registerTrace,
  registerWaveform,
  registerDiagnose,
  registerDetect,
  registerReplay,
  registerExport,
  registerLedger,
  registerStatement,
  registerInstruct,
  registerLease,
  registerWitness,
  registerKey,
  registerContract,
  registerSign,
  registerDemo,
  registerMeter,
  registerGateway,
  registerVerify,
  registerVersion,
];
