// The server's certificate and the two stores of certificates it decides by: applications that may
// open a secure channel, and users that may log in with a certificate. All under one directory.

import { getHostname, OPCUACertificateManager } from "node-opcua";
import type { Clock } from "../../runtime/signal/instant.ts";

/** 2048 bits is what all three policies accept and what a Raspberry Pi makes in a second or two. */
const KEY_BITS = 2048;
const VALID_DAYS = 3_650;
const DAY_MS = 86_400_000;
/** A client whose clock is a little behind must not find the certificate not yet valid. */
const BACKDATE_MS = DAY_MS;
/** Where the controller has no believable clock at its first start: older than any installation. */
const FIRST_START_WITHOUT_CLOCK_UTC = Date.UTC(2026, 0, 1);

export interface CertificateStores {
  readonly applications: OPCUACertificateManager;
  readonly users: OPCUACertificateManager;
}

/**
 * Unknown certificates are set aside in `rejected/`, never accepted. The store of users only judges
 * and never signs; the library still asks it for a key, so it is lent the server's instead of
 * spending a start on making a second one.
 */
export function certificateStores(directory: string, watch: boolean): CertificateStores {
  const applications = new OPCUACertificateManager({
    rootFolder: directory,
    automaticallyAcceptUnknownCertificate: false,
    keySize: KEY_BITS,
    disableFileWatchers: !watch,
  });
  const users = new OPCUACertificateManager({
    rootFolder: `${directory}/users`,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
    privateKeyProvider: { getPrivateKey: () => applications.getPrivateKey() },
  });
  return { applications, users };
}

export interface CertificateOwner {
  readonly applicationUri: string;
  /** What a person reads in a client's certificate dialogue. */
  readonly commonName: string;
  readonly organization: string;
  readonly host: string;
}

/** Makes the certificate; the private key was made when the store was initialised. */
export async function makeCertificate(
  store: OPCUACertificateManager,
  file: string,
  owner: CertificateOwner,
  clock: Clock,
): Promise<void> {
  const utc = clock.instantAt(clock.mono()).utc ?? FIRST_START_WITHOUT_CLOCK_UTC;
  const names = namesOf(owner.host);
  await store.createSelfSignedCertificate({
    applicationUri: owner.applicationUri,
    subject: `/CN=${safe(owner.commonName)}/O=${safe(owner.organization)}`,
    dns: names.dns,
    ip: names.ip,
    outputFile: file,
    startDate: new Date(utc - BACKDATE_MS),
    validity: VALID_DAYS,
  });
}

/** What a client may dial: loopback (also the end of an SSH tunnel), host name, address. */
function namesOf(host: string): { dns: string[]; ip: string[] } {
  const dns = new Set(["localhost", getHostname()]);
  const ip = new Set(["127.0.0.1"]);
  if (/^\d+(\.\d+){3}$/.test(host)) {
    if (host !== "0.0.0.0") ip.add(host);
  } else if (!host.includes(":")) dns.add(host);
  return { dns: [...dns], ip: [...ip] };
}

/** A subject is written with `/` and `=`, and X.520 bounds a name at 64 characters. */
function safe(text: string): string {
  return (
    text
      .replace(/[/=,+"\\<>;#]/g, " ")
      .trim()
      .slice(0, 64) || "Telltale"
  );
}
