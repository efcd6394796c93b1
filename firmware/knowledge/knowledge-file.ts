// Reads a knowledge file: what each fault leads on to. The product's own and a maker's have one
// form; mistakes have line and column.

import {
  FAULTS_OF_MACHINES,
  FAULTS_OF_SENSORS,
  type FaultCode,
} from "../../runtime/diagnosis/finding.ts";
import {
  ADVICE_LENGTH_MAX,
  ADVICE_TEXTS_MAX,
  type Knowledge,
} from "../../runtime/diagnosis/knowledge.ts";
import { check } from "../../runtime/schema/issues.ts";
import { type Problem, ProblemList } from "../../runtime/schema/problem.ts";
import { name, type Schema, schema } from "../../runtime/schema/schema.ts";
import { type FileWords, readYaml } from "../../runtime/schema/yaml-tree.ts";

/** Twenty faults with all their texts are 60 kB in any script. */
export const KNOWLEDGE_BYTES_MAX = 128 * 1024;
/** Bearings and gears that a maker names parts for. */
const PARTS_MAX = 200;

const WORDS: FileWords = {
  kind: "knowledge file",
  subject: "one type of machine",
  command: "telltale knowledge",
};

const text = schema
  .string()
  .min(1, "is empty")
  .max(ADVICE_LENGTH_MAX, `is longer than ${ADVICE_LENGTH_MAX} characters`)
  .refine((value) => /^\P{Cc}*$/u.test(value), "has a line break or control character in it");
const texts = schema
  .array(text)
  .max(ADVICE_TEXTS_MAX, `has more than ${ADVICE_TEXTS_MAX} texts`)
  .optional();

const lists = { cause: texts, lookAt: texts, do: texts };
const adviceKeys = schema.strictObject({
  ...lists,
  part: text.optional(),
  more: schema.strictObject(lists).optional(),
});

const knowledgeKeys = schema.strictObject({
  knowledge: schema.literal(1, {
    error: (issue) =>
      issue.input === undefined
        ? "is missing; write `knowledge: 1`, the version of the format"
        : "must be 1; no other version of the format is known here",
  }),
  faults: schema
    .strictObject(
      Object.fromEntries(
        [...FAULTS_OF_MACHINES, ...FAULTS_OF_SENSORS].map((fault) => [
          fault,
          adviceKeys.optional(),
        ]),
      ) as Record<FaultCode, ReturnType<typeof adviceKeys.optional>>,
    )
    .default({}),
  parts: schema.record(name, text).default({}),
});

export type ReadKnowledge =
  | { readonly knowledge: Knowledge }
  | { readonly problems: readonly Problem[] };

export function readKnowledge(content: string, fileName: string): ReadKnowledge {
  const problems = new ProblemList(fileName);
  const tree = readYaml(content, problems, WORDS);
  if (tree === null) return { problems: problems.sorted() };
  const keys = check({ tree, problems }, [], tree.value, knowledgeKeys as Schema<Keys>);
  if (keys !== undefined && Object.keys(keys.parts).length > PARTS_MAX) {
    problems.add(tree.keyAt(["parts"]), ["parts"], `has more than ${PARTS_MAX} entries`);
  }
  if (!problems.empty || keys === undefined) return { problems: problems.sorted() };
  return { knowledge: { faults: keys.faults, parts: keys.parts } };
}

interface Keys extends Knowledge {
  readonly knowledge: 1;
}
