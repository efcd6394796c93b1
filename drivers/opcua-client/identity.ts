// Who we are to the server, and which server we accept. Both are files or a fingerprint that the
// machine file names; the library's own store of certificates, with its folders, is never used.

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { InMemoryCertificateKeyPairProvider } from "node-opcua";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { readSettingFile } from "../shared/setting-file.ts";
import type { Library } from "./library.ts";
import type { SecuritySettings } from "./settings.ts";

type Secured = Exclude<SecuritySettings, { readonly mode: "none" }>;

/** Servers compare it with the URI in the certificate, where there is one. */
const OWN_URI = "urn:telltale:opcua-client";

export interface Identity {
  readonly applicationUri: string;
  readonly keyPair: InMemoryCertificateKeyPairProvider;
}

let passing: Promise<Identity> | null = null;

/**
 * Without security the library still wants a certificate: one for the life of this process, never
 * stored.
 */
export function passingIdentity(library: Library): Promise<Identity> {
  passing ??= makeIdentity(library);
  return passing;
}

async function makeIdentity(library: Library): Promise<Identity> {
  const keyPair = new library.InMemoryCertificateKeyPairProvider();
  await keyPair.ensureCertificateExists({
    applicationUri: OWN_URI,
    subject: "/CN=Telltale",
    dns: ["localhost"],
  });
  return { applicationUri: OWN_URI, keyPair };
}

export async function ownIdentity(library: Library, security: Secured): Promise<Identity> {
  const { certificateFile, privateKeyFile } = security;
  const certificate = await readCertificate(certificateFile, "security.certificateFile");
  const pem = await readSettingFile(privateKeyFile, "security.privateKeyFile");
  const key = privateKey(pem, privateKeyFile);
  if (!certificate.checkPrivateKey(key)) {
    throw new Fault(
      "SETTING_INVALID",
      `The key in ${privateKeyFile} does not belong to the certificate in ${certificateFile}.`,
      "Name the key with which the certificate was made.",
    );
  }
  // Servers refuse a certificate whose URI is not the one that the client tells.
  const uri = /(?:^|, )URI:([^,]+)/.exec(certificate.subjectAltName ?? "")?.[1];
  if (uri === undefined) {
    throw new Fault(
      "SETTING_INVALID",
      `The certificate in ${certificateFile} has no application URI.`,
      "Make it with subjectAltName=URI:…, as the README of this driver shows.",
    );
  }
  const hidden = key.export({ type: "pkcs8", format: "pem" }).toString();
  const keyPair = new library.InMemoryCertificateKeyPairProvider([certificate.raw], { hidden });
  return { applicationUri: uri, keyPair };
}

/** SHA-256 of the one certificate that the server may show, in lower case without colons. */
export async function expectedFingerprint(security: Secured): Promise<string> {
  const { serverFingerprint, serverCertificateFile } = security;
  if (serverFingerprint !== undefined) return plain(serverFingerprint);
  const certificate = await readCertificate(
    serverCertificateFile!,
    "security.serverCertificateFile",
  );
  return plain(certificate.fingerprint256);
}

/** The leaf of a chain of DER certificates; null for bytes that are none. */
export function leafOf(chain: Buffer | null | undefined): X509Certificate | null {
  try {
    return chain ? new X509Certificate(chain) : null;
  } catch {
    // What is no certificate is not the one that is expected; the caller says so.
    return null;
  }
}

export function fingerprintOf(certificate: X509Certificate): string {
  return plain(certificate.fingerprint256);
}

async function readCertificate(path: string, key: string): Promise<X509Certificate> {
  const certificate = leafOf(await readSettingFile(path, key));
  if (certificate !== null) return certificate;
  throw new Fault(
    "SETTING_INVALID",
    `${key} names ${path}, which is no X.509 certificate.`,
    "Name a certificate in PEM or DER.",
  );
}

function privateKey(pem: Buffer, path: string) {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Fault(
      "SETTING_INVALID",
      `security.privateKeyFile names ${path}, which cannot be used: ${reasonOf(error)}.`,
      "Name an RSA key in PEM that needs no passphrase.",
      { cause: error },
    );
  }
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
