// What the product itself knows of each fault, for whoever has to say what a finding leads on to.

import { type Knowledge, NO_KNOWLEDGE } from "../../runtime/diagnosis/knowledge.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import { builtInKnowledgeText } from "../host/assets.ts";
import { readKnowledge } from "./knowledge-file.ts";

/**
 * Neither hours nor a verdict wait for texts: without its file the product knows nothing.
 * @param onBroken hears what is wrong with the file, in a sentence.
 */
export function productKnowledge(onBroken: (sentence: string) => void): Knowledge {
  try {
    const read = readKnowledge(builtInKnowledgeText(), "built-in.yaml");
    if ("knowledge" in read) return read.knowledge;
    onBroken(`the product's knowledge file has ${read.problems.length} mistakes`);
  } catch (error) {
    onBroken(`the product's knowledge file cannot be read: ${reasonOf(error)}`);
  }
  return NO_KNOWLEDGE;
}
