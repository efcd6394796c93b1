// The HTTP side over real sockets: what is served, under which headers, and what is refused.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { panelStatus } from "./page-fixture.ts";
import {
  createPanel,
  FRESH_AGE_MS_MAX,
  isOurHost,
  PANEL_FILES,
  type PanelOptions,
} from "./panel.ts";
import type { PanelStatus } from "./panel-status.ts";

const directory = join(import.meta.dirname, "assets");
const assets = new Map(
  PANEL_FILES.map(({ name, type }) => [name, { type, body: readFileSync(join(directory, name)) }]),
);

let close: () => void = () => undefined;
afterEach(() => close());

/** Starts a panel on a free port of loopback; gives the port. */
async function serve(changes: Partial<PanelOptions> = {}): Promise<number> {
  const server = createServer(
    createPanel({ status: panelStatus, assets, hostNames: [], log: silentLog, ...changes }),
  );
  close = () => server.close();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(port: number, path: string, method = "GET", headers = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
    asked.on("error", reject);
    asked.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    asked.end();
  });
}

/** The status line that a hand-written request gets. */
function statusLineOf(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("error", reject);
    socket.on("data", (data) => {
      resolve(data.toString().split("\r\n")[0]!);
      socket.destroy();
    });
  });
}

describe("the page and its files", () => {
  test.each([{ name: "", type: "text/html; charset=utf-8" }, ...PANEL_FILES.slice(1)])(
    "/$name is served as $type",
    async ({ name, type }) => {
      const reply = await ask(await serve(), `/${name}`);
      expect(reply.status).toBe(200);
      expect(reply.headers["content-type"]).toBe(type);
      expect(reply.body).toBe(assets.get(name || "index.html")!.body.toString());
    },
  );

  test("every script and picture in the folder is in the list", () => {
    const files = readdirSync(directory).filter((name) => name !== "tsconfig.json");
    expect(files.sort()).toEqual(PANEL_FILES.map(({ name }) => name).sort());
  });

  test("a missing file is noticed at start, not by the first visitor", () => {
    const options = { status: panelStatus, hostNames: [], log: silentLog };
    expect(() => createPanel({ ...options, assets: new Map() })).toThrow("lacks its file");
  });

  test("a file that has not changed is not sent again", async () => {
    const port = await serve();
    const { headers } = await ask(port, "/panel.js");
    const again = await ask(port, "/panel.js", "GET", { "if-none-match": headers.etag });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  test("the scripts fit the frames of the stream, by the compiler's word", () => {
    const compiler = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
    const project = join(directory, "tsconfig.json");
    expect(() => execFileSync(process.execPath, [compiler, "-p", project])).not.toThrow();
  });

  test("nothing in the page refers to another host", () => {
    const foreign = /(?:https?:)?\/\/(?!www\.w3\.org\/2000\/svg)[a-z0-9-]+\.[a-z]/i;
    for (const { body } of assets.values()) expect(body.toString()).not.toMatch(foreign);
  });
});

describe("the documents", () => {
  test("/status.json is the server's own status and is never kept", async () => {
    const reply = await ask(await serve(), "/status.json");
    expect(JSON.parse(reply.body)).toEqual(panelStatus());
    expect(reply.headers["cache-control"]).toBe("no-store");
  });

  test("/units.json gives the symbol of each unit", async () => {
    const reply = await ask(await serve(), "/units.json");
    expect(JSON.parse(reply.body)).toMatchObject({ Cel: "°C", "[g]": "g", "1": "" });
  });

  const cases: { name: string; change: Partial<PanelStatus>; status: number }[] = [
    { name: "fresh data", change: {}, status: 200 },
    { name: "data at the bound", change: { lastDataAge: FRESH_AGE_MS_MAX }, status: 200 },
    { name: "data beyond the bound", change: { lastDataAge: FRESH_AGE_MS_MAX + 1 }, status: 503 },
    { name: "no data yet", change: { lastDataAge: null }, status: 503 },
    { name: "a meter that is down", change: { meter: "down" }, status: 503 },
    { name: "no machine file in force", change: { meter: "none" }, status: 503 },
  ];
  test.each(cases)("/healthz answers $status with $name", async ({ change, status }) => {
    const reply = await ask(
      await serve({ status: () => ({ ...panelStatus(), ...change }) }),
      "/healthz",
    );
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body).status).toBe(status === 200 ? "ok" : "no-fresh-data");
  });

  test("a status that cannot be told is a 500 and the next request is served", async () => {
    const port = await serve({
      status: () => {
        throw new Error("torn");
      },
    });
    expect((await ask(port, "/status.json")).status).toBe(500);
    expect((await ask(port, "/")).status).toBe(200);
  });
});

describe("headers", () => {
  test.each(["/", "/panel.js", "/status.json", "/healthz", "/nothing"])(
    "%s cannot be framed, sniffed or scripted from outside",
    async (path) => {
      const { headers } = await ask(await serve(), path);
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    },
  );

  test("HEAD has the headers of GET and no body", async () => {
    const port = await serve();
    const get = await ask(port, "/panel.css");
    const head = await ask(port, "/panel.css", "HEAD");
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
  });
});

describe("what is refused", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is a 405", async (method) => {
    const reply = await ask(await serve(), "/", method);
    expect([reply.status, reply.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  test.each([
    "/nothing",
    "/index.html/",
    "/tsconfig.json",
    "/../panel.ts",
    "/..%2fpanel.ts",
    "/%2e%2e/panel.ts",
    "/....//panel.ts",
    "//panel.js",
    "/panel.js%00",
    "/assets/panel.js",
    "/__proto__",
    "/constructor",
    "http://elsewhere.example/panel.js",
  ])("%s is a 404", async (path) => {
    const line = await statusLineOf(
      await serve(),
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    expect(line).toBe("HTTP/1.1 404 Not Found");
  });

  test("a plain request for the stream is told what it is", async () => {
    const reply = await ask(await serve(), "/stream");
    expect([reply.status, reply.headers.upgrade]).toEqual([426, "websocket"]);
  });

  const hosts = [
    ["localhost:8420", true],
    ["127.0.0.1:8420", true],
    ["[::1]:8420", true],
    ["192.168.7.20", true],
    ["compressor-7.plant.example:8420", true],
    ["COMPRESSOR-7.plant.example", true],
    ["evil.example", false],
    ["evil.example:8420", false],
    ["localhost.evil.example", false],
    ["127.0.0.1.evil.example", false],
    ["compressor-7.plant.example.evil.example", false],
    ["localhost:8420@evil.example", false],
    ["localhost; script-src *", false],
    ["", false],
    ["x".repeat(300), false],
    [undefined, false],
  ] as const;
  test.each(hosts)("host %s: %s", (host, ours) => {
    expect(isOurHost(host, ["compressor-7.plant.example"])).toBe(ours);
  });

  test("a foreign host name gets nothing, and one line in the log", async () => {
    const warnings: string[] = [];
    const port = await serve({ log: { ...silentLog, warn: (message) => warnings.push(message) } });
    for (const path of ["/", "/status.json", "/healthz"]) {
      const reply = await ask(port, path, "GET", { host: "evil.example" });
      expect(reply.status).toBe(421);
    }
    expect(warnings).toHaveLength(1);
  });
});
