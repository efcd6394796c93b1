// Who we are to a server and which server we accept, with certificates made as the README says.

import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, type TestContext, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { requires } from "../../runtime/testing/requires.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { nodeOf, openBus, type Plant, serve } from "./test-rig.ts";

/** A key of 2048 bits takes a second or two on a slow machine. */
const OPENSSL_TIMEOUT_MS = 10_000;

function makeCertificate(context: TestContext, scratch: ScratchDirectory, name = "telltale") {
  const certificateFile = scratch.at(`${name}.pem`);
  const privateKeyFile = scratch.at(`${name}-key.pem`);
  execFileSync(
    requires(context, "openssl"),
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "3650"],
      ...["-subj", "/CN=Telltale", "-keyout", privateKeyFile, "-out", certificateFile],
      ...["-addext", "subjectAltName=URI:urn:telltale:press-7,DNS:press-7"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...[
        "-addext",
        "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment",
      ],
      ...["-addext", "extendedKeyUsage=clientAuth"],
    ],
    // The library of the server leaves settings for openssl in the environment.
    { stdio: "ignore", env: {}, timeout: OPENSSL_TIMEOUT_MS },
  );
  return { certificateFile, privateKeyFile };
}

function serverFingerprint(scratch: ScratchDirectory): string {
  const folder = scratch.at("plant", "own", "certs");
  const [file] = readdirSync(folder).filter((name) => name.endsWith(".pem"));
  return new X509Certificate(readFileSync(`${folder}/${file}`)).fingerprint256;
}

async function faultOf(
  plant: Plant,
  settings: Readonly<Record<string, unknown>>,
): Promise<Fault | null> {
  const { device, close } = openBus({ endpoint: plant.endpoint, ...settings }, [
    { node: nodeOf("Load") },
  ]);
  const error = await device.read!().then(
    () => null,
    (reason: unknown) => reason,
  );
  await close();
  if (error !== null && !(error instanceof Fault)) throw error;
  return error;
}

test("a secured server is read once each side knows the other", async (context) => {
  using scratch = scratchDirectory();
  const own = makeCertificate(context, scratch);
  const plant = await serve({
    pki: scratch.at("plant"),
    secured: true,
    library: { allowAnonymous: false },
  });
  try {
    const passwordFile = scratch.at("password");
    writeFileSync(passwordFile, "s3cret\n");
    const user = { name: "reader", passwordFile };
    const security = {
      mode: "signAndEncrypt",
      ...own,
      serverFingerprint: serverFingerprint(scratch),
    };

    const forged = { ...security, serverFingerprint: "00".repeat(32) };
    const other = await faultOf(plant, { security: forged, user });
    expect(other).toMatchObject({ code: "BUS_FORBIDDEN" });
    expect(other!.message).toContain("another certificate");
    expect(readdirSync(scratch.at("plant", "rejected"))).toEqual([]);

    const unknown = await faultOf(plant, { security, user });
    expect(unknown).toMatchObject({ code: "BUS_FORBIDDEN" });
    expect(unknown!.message).toContain("does not trust our certificate");
    expect(readdirSync(scratch.at("plant", "rejected"))).toHaveLength(1);
    await plant.trust(new X509Certificate(readFileSync(own.certificateFile)).raw);

    expect(await faultOf(plant, { security, user })).toBeNull();

    const anonymous = await faultOf(plant, { security });
    expect(anonymous).toMatchObject({ code: "BUS_FORBIDDEN" });
    expect(anonymous!.message).toContain("refuses the user");
    writeFileSync(passwordFile, "guess");
    const wrong = await faultOf(plant, { security, user });
    expect(wrong).toMatchObject({ code: "BUS_FORBIDDEN" });
    expect(wrong!.message).toContain("refuses the user");
    writeFileSync(passwordFile, "s3cret");

    const weaker = await faultOf(plant, { security: { ...security, mode: "sign" }, user });
    expect(weaker!.message).toContain("does not offer sign with");
    const none = await faultOf(plant, {});
    expect(none).toMatchObject({ code: "BUS_FORBIDDEN" });
  } finally {
    await plant.close();
  }
});

test("files that do not serve are told by their settings", async (context) => {
  using scratch = scratchDirectory();
  const own = makeCertificate(context, scratch);
  const other = makeCertificate(context, scratch, "other");
  const plant = await serve({ pki: scratch.at("plant"), secured: true });
  try {
    const security = { mode: "signAndEncrypt", serverFingerprint: "00".repeat(32), ...own };
    const told = async (change: Readonly<Record<string, unknown>>) => {
      const fault = await faultOf(plant, { security: { ...security, ...change } });
      expect(fault).toMatchObject({ code: "SETTING_INVALID" });
      return fault!.message;
    };
    expect(await told({ certificateFile: scratch.at("absent.pem") })).toContain("ENOENT");
    expect(await told({ privateKeyFile: other.privateKeyFile })).toContain("does not belong");
    writeFileSync(scratch.at("text"), "hello");
    expect(await told({ certificateFile: scratch.at("text") })).toContain("no X.509");
    expect(await told({ privateKeyFile: scratch.at("text") })).toContain("cannot be used");
    writeFileSync(scratch.at("large"), Buffer.alloc(100_000));
    expect(await told({ certificateFile: scratch.at("large") })).toContain("more than");
    expect(
      await told({ serverFingerprint: undefined, serverCertificateFile: scratch.at("text") }),
    ).toContain("serverCertificateFile");
  } finally {
    await plant.close();
  }
});
