// Who gets in, who does not, what a taken port says, and what the server leaves on disk.

import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import {
  MessageSecurityMode,
  type OPCUAClientOptions,
  SecurityPolicy,
  StatusCodes,
  UserTokenType,
} from "node-opcua";
import { describe, expect, test, vi } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { adjustTransportLimits } from "./library-options.ts";
import { OpcuaServer } from "./server.ts";
import {
  connect,
  ManualClock,
  ManualTimers,
  MODEL,
  RecordingLog,
  serve,
  temporaryDirectory,
} from "./testing.ts";

const SECURE = { host: "127.0.0.1", port: 0, anonymous: false };

async function messageOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was refused",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test("without `anonymous` nobody gets in unknown, unencrypted or without a user", async () => {
  await using directory = await temporaryDirectory();
  const log = new RecordingLog();
  const pki = `${directory.path}/server`;
  const { server } = await serve(pki, { endpoint: SECURE, log });
  expect(log.warnings.join()).toContain("nobody can log in");
  const dial = (options?: OPCUAClientOptions) =>
    connect(server.endpointUrl, `${directory.path}/client`, options);

  const discovery = await dial();
  const endpoints = await discovery.getEndpoints();
  expect(endpoints.map((endpoint) => endpoint.securityMode)).toEqual(
    Array(3).fill(MessageSecurityMode.SignAndEncrypt),
  );
  expect(endpoints.map((endpoint) => endpoint.securityPolicyUri)).toEqual([
    SecurityPolicy.Basic256Sha256,
    SecurityPolicy.Aes128_Sha256_RsaOaep,
    SecurityPolicy.Aes256_Sha256_RsaPss,
  ]);
  const tokens = endpoints.flatMap((endpoint) => endpoint.userIdentityTokens ?? []);
  expect(tokens.map((token) => token.tokenType)).not.toContain(UserTokenType.Anonymous);
  console.log(await messageOf(discovery.createSession()));
  expect(await messageOf(discovery.createSession())).not.toBe("nothing was refused");
  await discovery.disconnect();

  const encrypted = {
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
  };
  console.log(await messageOf(dial(encrypted)));
  expect(await messageOf(dial(encrypted))).not.toBe("nothing was refused");
  // A person who wants to let this client in finds its certificate here.
  await vi.waitFor(async () => expect(await readdir(`${pki}/rejected`)).toHaveLength(1));
  await server.close();
});

test("an anonymous endpoint is unencrypted, says so once, and knows no users", async () => {
  await using directory = await temporaryDirectory();
  const log = new RecordingLog();
  const { server, timers } = await serve(`${directory.path}/server`, { log });
  expect(log.warnings).toHaveLength(1);
  expect(log.warnings[0]).toContain("endpoints.opcua.anonymous");
  expect(timers.pending).toBe(1);

  const client = await connect(server.endpointUrl, `${directory.path}/client`);
  const user = { type: UserTokenType.UserName, userName: "root", password: "root" } as const;
  expect(await messageOf(client.createSession(user))).toContain("USERNAME");
  const session = await client.createSession();
  expect((await session.read({ nodeId: "ns=1;s=machine-usage-State" })).statusCode).toBe(
    StatusCodes.BadWaitingForInitialData,
  );
  await session.close();
  await client.disconnect();
  await server.close();
  expect(timers.pending).toBe(0);
  await server.close();
});

test("a second start keeps key and certificate", async () => {
  await using directory = await temporaryDirectory();
  const pki = `${directory.path}/server`;
  const files = [`${pki}/own/private/private_key.pem`, `${pki}/own/certs/certificate.pem`];
  const contents = () => Promise.all(files.map((file) => readFile(file, "utf8")));
  await (await serve(pki)).server.close();
  const first = await contents();
  const log = new RecordingLog();
  await (await serve(pki, { log })).server.close();
  expect(await contents()).toEqual(first);
  expect(log.infos.join()).not.toContain("Making the certificate");
  expect((await stat(files[0]!)).mode & 0o077).toBe(0);
});

test("a taken port is a fault that names the port and the key that sets it", async () => {
  await using directory = await temporaryDirectory();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const timers = new ManualTimers();
  const server = new OpcuaServer({
    endpoint: { host: "127.0.0.1", port, anonymous: true },
    model: MODEL,
    pkiDirectory: `${directory.path}/server`,
    clock: new ManualClock(),
    timers,
    log: new RecordingLog(),
  });
  const fault = await server.open().then(
    () => null,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(Fault);
  const { code, message, remedy } = fault as Fault;
  expect(code).toBe("PORT_IN_USE");
  expect(message).toContain(String(port));
  expect(remedy).toContain("endpoints.opcua.port");
  expect(timers.pending).toBe(0);

  // The same server opens once the port is free.
  await new Promise((resolve) => other.close(resolve));
  await server.open();
  expect(server.endpointUrl).toBe(`opc.tcp://127.0.0.1:${port}`);
  await server.close();
});

describe("transport limits", () => {
  test.each([
    ["a client that asks for everything gets the bounds", 0xffff_ffff, [65_536, 4_194_304, 64]],
    ["a client that asks without a limit gets the bounds", 0, [65_536, 4_194_304, 64]],
    ["a client that asks for less gets less", 8_192, [8_192, 8_192, 64]],
  ])("%s", (_name, asked, [buffer, message, chunks]) => {
    const limits = adjustTransportLimits({
      receiveBufferSize: asked,
      sendBufferSize: asked,
      maxMessageSize: asked,
      maxChunkCount: asked,
    });
    expect(limits).toEqual({
      receiveBufferSize: buffer,
      sendBufferSize: buffer,
      maxMessageSize: message,
      maxChunkCount: chunks,
    });
  });
});
