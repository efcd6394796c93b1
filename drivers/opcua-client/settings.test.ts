// Which settings are refused, and with which words; how nodes are named.

import { describe, expect, test } from "vitest";
import { durableName, nodeIdOf, parseNodeName } from "./node-name.ts";
import { busSettings, pointSettings } from "./settings.ts";

const files = { certificateFile: "/etc/own.pem", privateKeyFile: "/etc/own-key.pem" };
const fingerprint = "ab".repeat(32);
const user = { name: "reader", passwordFile: "/etc/password" };
const endpoint = "opc.tcp://plc:4840";

function complaints(settings: unknown): string {
  const { error } = busSettings.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`).join();
}

test("security is never chosen for the person", () => {
  expect(complaints({ endpoint })).toContain("security");
  expect(complaints({ endpoint, security: { mode: "none" } })).toBe("");
  expect(complaints({ endpoint, security: { mode: "signAndEncrypt", ...files } })).toContain(
    "serverFingerprint",
  );
  const secured = { mode: "sign", ...files, serverFingerprint: fingerprint };
  expect(complaints({ endpoint, security: secured, user })).toBe("");
  expect(complaints({ endpoint, security: { ...secured, policy: "Basic128Rsa15" } })).toContain(
    "policy",
  );
});

test("a password does not travel in the clear, nor does one of two servers do", () => {
  expect(complaints({ endpoint, security: { mode: "none" }, user })).toContain("in the clear");
  const both = { serverFingerprint: fingerprint, serverCertificateFile: "/etc/server.pem" };
  expect(complaints({ endpoint, security: { mode: "sign", ...files, ...both } })).toContain(
    "either",
  );
});

test.each(["plc:4840", "http://plc", "opc.tcp://", "opc.tcp://a b"])(
  "%s is no endpoint",
  (text) => {
    expect(complaints({ endpoint: text, security: { mode: "none" } })).toContain("opc.tcp://host");
  },
);

describe("names of nodes", () => {
  test.each([
    ["ns=2;s=Spindle.Load", "ns=2;s=Spindle.Load"],
    ["nsu=urn:two;s=a;b=c", "ns=2;s=a;b=c"],
    ["nsu=urn:with%3Bsemicolon%2525;i=7", "ns=3;i=7"],
    ["i=2258", "ns=0;i=2258"],
    ["ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a", "ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a"],
    ["ns=1;b=M/RbKBsRVkePCePcx24oRA==", "ns=1;b=M/RbKBsRVkePCePcx24oRA=="],
  ])("%s is %s", (text, nodeId) => {
    const table = ["http://opcfoundation.org/UA/", "urn:one", "urn:two", "urn:with;semicolon%25"];
    expect(nodeIdOf(parseNodeName(text)!, table)).toBe(nodeId);
    expect(nodeIdOf(parseNodeName(durableName(nodeId, table))!, table)).toBe(nodeId);
  });

  test.each([
    "Spindle.Load",
    "ns=2;Spindle",
    "ns=70000;i=1",
    "i=4294967296",
    "i=-1",
    "ns=1;g=12",
    "ns=1;b=§",
    "s=",
    `s=${"x".repeat(4_097)}`,
  ])("%s is none", (text) => {
    expect(pointSettings.safeParse({ node: text }).success).toBe(false);
  });

  test("a namespace that is not there gives none", () => {
    expect(nodeIdOf(parseNodeName("nsu=urn:x;i=1")!, ["http://opcfoundation.org/UA/"])).toBeNull();
  });
});
