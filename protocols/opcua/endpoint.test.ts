// Who gets in, who does not, what a taken port says, and what the server leaves on disk.

import { readdir, readFile, rename, stat } from "node:fs/promises";
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
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { adjustTransportLimits } from "./library-options.ts";
import { OpcuaServer } from "./server.ts";
import { connect, MODEL, RecordingLog, serve } from "./test-plant.ts";

const SECURE = { host: "127.0.0.1", port: 0, anonymous: false };

async function messageOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was refused",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test("without `anonymous` nobody gets in unknown, unencrypted or without a user", async () => {
  using scratch = scratchDirectory();
  const clock = new FakeClock();
  const log = new RecordingLog();
  const pki = scratch.at("server");
  let server = await serve(pki, clock, { endpoint: SECURE, log });
  expect(log.warnings.join()).toContain("nobody can log in");
  const dial = (options?: OPCUAClientOptions) =>
    connect(server.endpointUrl, scratch.at("client"), options);

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
  expect(await messageOf(discovery.createSession())).toContain("End point must exist");
  await discovery.disconnect();

  const encrypted = {
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
  };
  expect(await messageOf(dial(encrypted))).toContain("BadSecurityChecksFailed");

  // A person lets the client in by moving its certificate; the channel opens, but no user exists.
  const certificate = await vi.waitFor(async () => {
    const files = await readdir(`${pki}/rejected`);
    expect(files).toHaveLength(1);
    return files[0]!;
  });
  // With the server down: the library watches the folders and may miss a file that is moved at
  // once.
  await server.close();
  await rename(`${pki}/rejected/${certificate}`, `${pki}/trusted/certs/${certificate}`);
  server = await serve(pki, clock, { endpoint: SECURE, log });
  const trusted = await dial(encrypted);
  const user = { type: UserTokenType.UserName, userName: "root", password: "root" } as const;
  expect(await messageOf(trusted.createSession(user))).toContain("BadUserAccessDenied");
  expect(await messageOf(trusted.createSession())).toContain("ANONYMOUS");
  await trusted.disconnect();
  await server.close();
});

test("an anonymous endpoint is unencrypted, says so once, and knows no users", async () => {
  using scratch = scratchDirectory();
  const clock = new FakeClock();
  const log = new RecordingLog();
  const server = await serve(scratch.at("server"), clock, { log });
  expect(log.warnings).toHaveLength(1);
  expect(log.warnings[0]).toContain("endpoints.opcua.anonymous");
  expect(clock.pendingCalls).toBe(1);

  const client = await connect(server.endpointUrl, scratch.at("client"));
  const user = { type: UserTokenType.UserName, userName: "root", password: "root" } as const;
  expect(await messageOf(client.createSession(user))).toContain("USERNAME");
  const session = await client.createSession();
  expect((await session.read({ nodeId: "ns=1;s=machine-usage-State" })).statusCode).toBe(
    StatusCodes.BadWaitingForInitialData,
  );
  await session.close();
  await client.disconnect();
  await server.close();
  expect(clock.pendingCalls).toBe(0);
  await server.close();
});

test("a second start keeps key and certificate", async () => {
  using scratch = scratchDirectory();
  const clock = new FakeClock();
  const pki = scratch.at("server");
  const files = [`${pki}/own/private/private_key.pem`, `${pki}/own/certs/certificate.pem`];
  const contents = () => Promise.all(files.map((file) => readFile(file, "utf8")));
  await (await serve(pki, clock)).close();
  const first = await contents();
  const log = new RecordingLog();
  await (await serve(pki, clock, { log })).close();
  expect(await contents()).toEqual(first);
  expect(log.infos.join()).not.toContain("Making the certificate");
  expect((await stat(files[0]!)).mode & 0o077).toBe(0);
});

test("a taken port is a fault that names the port and the key that sets it", async () => {
  using scratch = scratchDirectory();
  const clock = new FakeClock();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const server = new OpcuaServer({
    endpoint: { host: "127.0.0.1", port, anonymous: true },
    model: MODEL,
    pkiDirectory: scratch.at("server"),
    clock,
    timers: clock,
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
  expect(clock.pendingCalls).toBe(0);

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
