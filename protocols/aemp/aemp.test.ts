// ISO/TS 15143-3 over real sockets, read by other people's parsers.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { XMLParser } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { requiresPython, requiresShared } from "../../runtime/testing/requires.ts";
import { type UsageState, ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import {
  type AempSource,
  createAemp,
  SERIES_AT_ONCE_MAX,
  SERIES_MS_MAX,
  type SeriesPage,
  type SeriesRange,
} from "./aemp.ts";
import type { AempIdentity, AempReading } from "./equipment.ts";

const HOUR_MS = 3_600_000;
const QUARTER_MS = 15 * 60_000;
const BEGIN = Date.UTC(2026, 0, 5);

function reading(index: number, state: UsageState = "WORKING"): AempReading {
  const registers = {
    ...ZERO_REGISTERS,
    working: 800 * HOUR_MS + index * QUARTER_MS,
    idle: 200 * HOUR_MS,
    fault: 7 * HOUR_MS,
    unknown: 9 * HOUR_MS,
    standby: 300 * HOUR_MS,
    loads: 4_711 + index,
  };
  return { utc: BEGIN + index * QUARTER_MS, state, registers };
}

/** A meter with 250 readings, one each quarter of an hour. */
class PlayedSource implements AempSource {
  who: AempIdentity | null = {
    maker: "Nordwind",
    model: "SK 37",
    serialNumber: "NW-2026-0417",
    controller: "5f0c1d9a7be24c38a1f06d52b3e97714",
  };
  now: AempReading | null = reading(249);
  answers: (range: SeriesRange) => Promise<SeriesPage> = async ({ from, to, offset, limit }) => {
    const all = Array.from({ length: 250 }, (_, index) => reading(index));
    const inside = all.filter(({ utc }) => utc >= from && utc <= to);
    return { total: inside.length, readings: inside.slice(offset, offset + limit) };
  };

  identity = () => this.who;
  newest = () => this.now;
  series = (range: SeriesRange) => this.answers(range);
}

let source: PlayedSource;
let clock: FakeClock;
let port: number;
let close: () => void;
beforeEach(async () => {
  source = new PlayedSource();
  clock = new FakeClock();
  const isOurHost = (header: string | undefined) => header?.startsWith("127.0.0.1:") ?? false;
  const utc = () => BEGIN + 250 * QUARTER_MS + 1;
  const server = createServer(
    createAemp({ source, utc, isOurHost, timers: clock, log: silentLog }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => close());

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(path: string, headers = {}, method = "GET"): Promise<Reply> {
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

/** Written again here: a test must not take it from what it tests. */
const NAMESPACE = "http://www.jcmanet.or.jp/english2017/ISO/15143/-3/20190501";
const JSON_ACCEPT = { accept: "application/json" };
const RANGE = "2026-01-05T00:00:00Z/2026-12-31T00:00:00Z";
const SERIES_PATH = `/Fleet/Equipment/NW-2026-0417/CumulativeOperatingHours/${RANGE}`;

async function json(path: string) {
  const { status, body } = await ask(path, JSON_ACCEPT);
  expect(status, body).toBe(200);
  return JSON.parse(body);
}

describe("the snapshot", () => {
  test("is one fleet of one machine, in the namespace of the 2020 edition", async () => {
    const { status, headers, body } = await ask("/Fleet/1");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/xml; charset=utf-8");
    expect(body).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Fleet xmlns="http://www.jcmanet.or.jp/english2017/ISO/15143/-3/20190501" version="20190501" \
snapshotTime="2026-01-07T14:30:01Z">
  <Links>
    <rel>self</rel>
    <href>http://127.0.0.1:${port}/Fleet/1</href>
  </Links>
  <Links>
    <rel>last</rel>
    <href>http://127.0.0.1:${port}/Fleet/1</href>
  </Links>
  <Equipment>
    <EquipmentHeader>
      <OEMName>Nordwind</OEMName>
      <Model>SK 37</Model>
      <EquipmentID>5f0c1d9a7be24c38a1f06d52b3e97714</EquipmentID>
      <SerialNumber>NW-2026-0417</SerialNumber>
    </EquipmentHeader>
    <CumulativeOperatingHours datetime="2026-01-07T14:15:00Z">
      <Hour>1062.25</Hour>
    </CumulativeOperatingHours>
    <CumulativeIdleHours datetime="2026-01-07T14:15:00Z">
      <Hour>200.00</Hour>
    </CumulativeIdleHours>
    <EngineStatus datetime="2026-01-07T14:15:00Z">
      <EngineNumber>1</EngineNumber>
      <Running>true</Running>
    </EngineStatus>
    <CumulativeLoadCount datetime="2026-01-07T14:15:00Z">
      <Count>4960</Count>
    </CumulativeLoadCount>
  </Equipment>
</Fleet>
`);
  });

  test("has the names, the order and the attributes of the published sample", async (context) => {
    const file = requiresShared(context, "vectors/aemp/synthetic_fleet_2020.xml");
    source.who = { ...source.who!, serialNumber: "ABCDE123456789012" };
    const parser = new XMLParser({ ignoreAttributes: false, ignoreDeclaration: true });
    const theirs = namesIn(parser.parse(readFileSync(file)));
    const ours = namesIn(parser.parse((await ask("/Fleet/1")).body));
    // What they have and we lack is what the machine does not know.
    const lacking = theirs.filter((name) => !ours.includes(name));
    const isUnknown = (name: string) => /UnitInstallDateTime|Location/.test(name);
    expect(lacking.filter((name) => !isUnknown(name))).toEqual([]);
    expect(ours).toEqual(theirs.filter((name) => !isUnknown(name)));
  });

  test("in JSON has numbers for numbers", async () => {
    const fleet = await json("/fleet/1");
    expect(fleet).toMatchObject({ version: "20190501", snapshotTime: "2026-01-07T14:30:01Z" });
    expect(fleet.Links[0]).toEqual({ rel: "self", href: `http://127.0.0.1:${port}/Fleet/1` });
    expect(fleet.Equipment).toHaveLength(1);
    expect(fleet.Equipment[0]).toMatchObject({
      CumulativeOperatingHours: { datetime: "2026-01-07T14:15:00Z", Hour: 1_062.25 },
      EngineStatus: { Running: true },
      CumulativeLoadCount: { Count: 4_960 },
    });
  });

  test.each([
    "/Fleet/Equipment/NW-2026-0417",
    "/fleet/equipment/nw-2026-0417/",
    "/Fleet/Equipment/5F0C1D9A7BE24C38A1F06D52B3E97714",
    "/Fleet/Equipment/MakeModelSerial/Nordwind/SK%2037/NW-2026-0417",
    "/fleet/equipment/makemodelserial/Nordwind/SK%2037/NW-2026-0417",
  ])("of one machine is at %s", async (path) => {
    const { body } = await ask(path);
    expect(body).toContain("<Equipment xmlns=");
    expect(body).toContain("<Hour>1062.25</Hour>");
    expect((await json(path)).EquipmentHeader.SerialNumber).toBe("NW-2026-0417");
  });

  test("leaves out what nobody can date, and what nobody knows", async () => {
    source.now = null;
    expect((await ask("/Fleet/1")).body).not.toMatch(/Hour|Count|EngineStatus/);
    source.now = reading(3, "UNKNOWN");
    const { body } = await ask("/Fleet/1");
    expect(body).toContain("CumulativeOperatingHours");
    expect(body).not.toContain("EngineStatus");
  });

  test("keeps hostile names as text", async (context) => {
    const name = `</Model><x a="&amp;">&\u0000\u001b`;
    source.who = { ...source.who!, maker: name };
    const { body } = await ask("/Fleet/1");
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(body);
    const shown = parsed.Fleet.Equipment.EquipmentHeader.OEMName;
    expect(shown).toBe(`</Model><x a="&amp;">&\uFFFD\uFFFD`);
    expect(
      python(context, body, `print(root.find("a:Equipment/a:EquipmentHeader/a:OEMName", n).text)`),
    ).toBe(`${shown}\n`);
  });
});

/** Names with their places, in their order: `Fleet/Equipment/EquipmentHeader/Model`. */
function namesIn(value: unknown, place = ""): string[] {
  if (Array.isArray(value)) return namesIn(value[0], place);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(Array.isArray(value) ? [] : [`${place}/${name}`]),
    ...namesIn(member, `${place}/${name}`),
  ]);
}

/** What Python's own parser makes of a document. */
function python(context: Parameters<typeof requiresPython>[0], xml: string, words: string): string {
  const program = [
    "import sys, xml.etree.ElementTree as tree",
    "root = tree.fromstring(sys.stdin.buffer.read())",
    'n = {"a": "http://www.jcmanet.or.jp/english2017/ISO/15143/-3/20190501"}',
    "sys.stdout.reconfigure(encoding='utf-8')",
    words,
  ].join("\n");
  const { stdout, stderr } = spawnSync(requiresPython(context, "xml.etree"), ["-c", program], {
    input: xml,
    timeout: 20_000,
  });
  expect(stderr.toString()).toBe("");
  return stdout.toString();
}

describe("a series", () => {
  test("has pages of 100 with links, and each reading once", async () => {
    const pages = await Promise.all([1, 2, 3].map((page) => json(`${SERIES_PATH}/${page}`)));
    expect(pages.map((page) => page.CumulativeOperatingHours.length)).toEqual([100, 100, 50]);
    const hours = pages.flatMap((page) =>
      page.CumulativeOperatingHours.map(({ Hour }: { Hour: number }) => Hour),
    );
    expect(hours).toEqual(Array.from({ length: 250 }, (_, index) => 1_000 + index / 4));
    const rels = pages.map((page) => page.Links.map(({ rel }: { rel: string }) => rel));
    expect(rels).toEqual([
      ["self", "next", "last"],
      ["self", "prev", "next", "last"],
      ["self", "prev", "last"],
    ]);
    const next = new URL(pages[0].Links[1].href);
    expect(next.pathname).toBe(`${SERIES_PATH}/2`);
    expect(await json(next.pathname)).toEqual(pages[1]);
  });

  test("follows the links in XML too, as Python reads it", async (context) => {
    const { body } = await ask(`${SERIES_PATH}/3`);
    const words = [
      "print(root.tag)",
      'hours = root.findall("a:CumulativeOperatingHours", n)',
      "print(len(hours))",
      'print(hours[0].get("datetime"), hours[0].find("a:Hour", n).text)',
      'print([each.find("a:rel", n).text for each in root.findall("a:Links", n)])',
      'print(root.find("a:EquipmentHeader/a:SerialNumber", n).text)',
    ].join("\n");
    expect(python(context, body, words)).toBe(
      [
        `{${NAMESPACE}}CumulativeOperatingHoursMessages`,
        "50",
        "2026-01-07T02:00:00Z 1050.00",
        "['self', 'prev', 'last']",
        "NW-2026-0417\n",
      ].join("\n"),
    );
  });

  test.each([
    ["CumulativeIdleHours", { Hour: 200 }],
    ["cumulativeloadcount", { Count: 4_711 }],
  ])("%s is there", async (name, first) => {
    const page = await json(`${SERIES_PATH.replace("CumulativeOperatingHours", name)}/1`);
    const series = Object.keys(page).find((key) => key.toLowerCase() === name.toLowerCase())!;
    expect(page[series][0]).toMatchObject({ datetime: "2026-01-05T00:00:00Z", ...first });
  });

  test("without a reading is empty and has one page", async () => {
    const path = SERIES_PATH.replace("2026-12-31", "2026-01-05").replace(
      "2026-01-05",
      "2026-01-04",
    );
    const empty = path.replace("2026-01-05T00", "2026-01-04T00");
    expect((await json(`${empty}/1`)).CumulativeOperatingHours).toEqual([]);
    expect((await ask(empty)).status).toBe(200);
  });

  test("is refused where too many are looked up, and the places are given back", async () => {
    const waiting: (() => void)[] = [];
    source.answers = () =>
      new Promise((resolve) => waiting.push(() => resolve({ total: 0, readings: [] })));
    const inside = Array.from({ length: SERIES_AT_ONCE_MAX }, () => ask(SERIES_PATH));
    await expect.poll(() => waiting.length).toBe(SERIES_AT_ONCE_MAX);
    const refused = await ask(SERIES_PATH);
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("1");
    for (const answer of waiting) answer();
    expect((await Promise.all(inside)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    source.answers = new PlayedSource().answers;
    expect((await ask(SERIES_PATH)).status).toBe(200);
  });

  test("says so before its connection is given up, where the meter hangs", async () => {
    const hanging = Promise.withResolvers<SeriesPage>();
    let asked = 0;
    source.answers = () => {
      asked++;
      return hanging.promise;
    };
    const answers = Array.from({ length: SERIES_AT_ONCE_MAX }, () => ask(SERIES_PATH));
    await expect.poll(() => asked).toBe(SERIES_AT_ONCE_MAX);
    clock.advance(SERIES_MS_MAX);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual([503, 503, 503, 503]);
    // The questions are still under way, so there is no place for another one.
    expect((await ask(SERIES_PATH)).status).toBe(429);
    hanging.reject(new Error("the meter was gone"));
    source.answers = new PlayedSource().answers;
    await expect.poll(async () => (await ask(SERIES_PATH)).status).toBe(200);
  });

  test("says so where the meter does not answer", async () => {
    source.answers = () => Promise.reject(new Error("no answer within 15 s"));
    const { status, body } = await ask(SERIES_PATH);
    expect([status, body]).toEqual([503, expect.stringContaining("<Status>503</Status>")]);
  });
});

describe("what is refused", () => {
  test.each([
    ["/Fleet/0", 404],
    ["/Fleet/2", 404],
    ["/Fleet/x/y", 404],
    ["/Fleet/Equipment", 404],
    ["/Fleet/Equipment/another", 404],
    ["/Fleet/Equipment/MakeModelSerial/nordwind/SK%2037/NW-2026-0417", 404],
    ["/Fleet/Equipment/%E0%A4%A/x", 400],
    [`${SERIES_PATH}/0`, 400],
    [`${SERIES_PATH}/4`, 404],
    [`${SERIES_PATH}/1e3`, 400],
    [SERIES_PATH.replace("CumulativeOperatingHours", "Locations"), 404],
    [SERIES_PATH.replace("2026-01-05T00:00:00Z", "yesterday"), 400],
    [SERIES_PATH.replace("2026-01-05T00:00:00Z", "2026-13-05T00:00:00Z"), 400],
    [SERIES_PATH.replace("2026-12-31", "2025-12-31"), 400],
    [SERIES_PATH.replace("NW-2026-0417", "other"), 404],
  ])("%s is %i, in the client's format", async (path, status) => {
    const answer = await ask(path);
    expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(/<Message>.+\./)]);
    expect(answer.headers["content-type"]).toContain("xml");
    const inJson = await ask(path, JSON_ACCEPT);
    expect(JSON.parse(inJson.body)).toMatchObject({ Status: String(status) });
  });

  test("another method, another format, another host", async () => {
    const posted = await ask("/Fleet/1", {}, "POST");
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD"]);
    expect((await ask("/Fleet/1", { accept: "text/html" })).status).toBe(406);
    expect((await ask("/Fleet/1", { host: "evil.example" })).status).toBe(421);
    const head = await ask("/Fleet/1", {}, "HEAD");
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
  });

  test("a machine that nobody has heard of yet", async () => {
    source.who = null;
    const { status, headers } = await ask("/Fleet/1");
    expect([status, headers["retry-after"]]).toEqual([503, "1"]);
  });
});
