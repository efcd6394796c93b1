// Which companion models the address space stands on, and where their files are. The package ships
// each as XML and as a compiled image of a twentieth of the size; only the images are read, so that
// an installed bundle carries four small files instead of the whole package.

import { nodesets } from "node-opcua";

/** In the order of their dependencies. The bundle step copies these from `node-opcua-nodesets`. */
export const NODESET_IMAGES = [
  "Opc.Ua.NodeSet2.ndjson.gz",
  "Opc.Ua.Di.NodeSet2.ndjson.gz",
  "Opc.Ua.IA.NodeSet2.ndjson.gz",
  "Opc.Ua.Machinery.NodeSet2.ndjson.gz",
] as const;

/** Paths of the images: in the directory that is named, else in the installed package. */
export function nodesetFiles(directory?: string): readonly string[] {
  if (directory !== undefined) {
    const base = directory.replace(/\/$/, "");
    return NODESET_IMAGES.map((image) => `${base}/${image}`);
  }
  return [nodesets.standard, nodesets.di, nodesets.ia, nodesets.machinery].map((xml) =>
    xml.replace(/\.xml$/, ".ndjson.gz"),
  );
}
