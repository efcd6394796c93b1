// What the machine file may say of an OPC UA server, of a device read through it and of a point.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { parseNodeName } from "./node-name.ts";

/** The policies that are not broken and that the library speaks; one is chosen, none negotiated. */
const POLICIES = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] as const;

const ENDPOINT = /^opc\.tcp:\/\/(\[[0-9A-Fa-f:]+\]|[^\s:/[\]]+)(:\d{1,5})?(\/\S*)?$/;
const FINGERPRINT = /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;

/** The controller's services do not start in the folder of the machine file. */
const file = schema.string().startsWith("/", "is not a full path; begin it with /");

const open = schema.strictObject({
  mode: schema.literal("none").describe("Anybody on the way can read and forge everything"),
});

const secured = schema
  .strictObject({
    mode: schema.enum(["sign", "signAndEncrypt"]),
    policy: schema.enum(POLICIES).default("Basic256Sha256"),
    certificateFile: file.describe("The controller's own certificate, PEM or DER"),
    privateKeyFile: file.describe("The key that belongs to it, PEM, without a passphrase"),
    serverCertificateFile: file
      .optional()
      .describe("The one certificate that the server must show, PEM or DER"),
    serverFingerprint: schema
      .string()
      .regex(FINGERPRINT, "is not a SHA-256 fingerprint; write 64 hexadecimal digits")
      .optional()
      .describe("Or its SHA-256 fingerprint, as `telltale scan` shows it"),
  })
  .refine(
    (given) =>
      (given.serverCertificateFile === undefined) !== (given.serverFingerprint === undefined),
    "must say which server is meant; give either serverCertificateFile or serverFingerprint",
  );

export const busSettings = schema
  .strictObject({
    endpoint: schema
      .string()
      .regex(ENDPOINT, "is not an endpoint; write opc.tcp://host:port/path")
      .describe("Where the server listens; port 4840 where none is given"),
    security: schema.discriminatedUnion("mode", [open, secured]),
    user: schema
      .strictObject({ name: schema.string().min(1), passwordFile: file })
      .optional()
      .describe("Anonymous without it"),
    connectTimeout: duration({ minMs: 100, maxMs: 60_000 })
      .prefault("10s")
      .describe("How long the connection, the secure channel and the session may take together"),
  })
  .refine(({ user, security }) => user === undefined || security.mode !== "none", {
    message: "must not send a password in the clear; set security to signAndEncrypt",
    path: ["user"],
  });
export type BusSettings = ReturnType<typeof busSettings.parse>;
export type SecuritySettings = BusSettings["security"];

export const deviceSettings = schema.strictObject({
  timeout: duration({ minMs: 50, maxMs: 60_000 })
    .prefault("5s")
    .describe("How long one request may wait for its answer"),
});

export const pointSettings = schema.strictObject({
  node: schema
    .string()
    .refine(
      (text) => parseNodeName(text) !== null,
      "is not a node; write nsu=http://maker/namespace;s=Name, ns=2;s=Name or ns=2;i=1234",
    )
    .describe("The variable, its namespace by URI (nsu=) or, less durable, by index (ns=)"),
  index: schema.int().min(0).max(65_535).optional().describe("Which element of an array, from 0"),
  sourceAgeMax: duration({ minMs: 100 })
    .optional()
    .describe("An older value is bad, although the server calls it good; by the server's clock"),
});
export type PointSettings = ReturnType<typeof pointSettings.parse>;
