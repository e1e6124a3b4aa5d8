import { readFileSync } from "node:fs";
import type { TLSConfig } from "@temporalio/client";
import type { Endpoints } from "#local/home.ts";

/** How the home's Temporal server is reached: in the clear on one machine, by TLS (and with a certificate of ours) elsewhere. */
export function temporalConnection({ temporal }: Pick<Endpoints, "temporal">): { address: string; tls?: TLSConfig } {
  const { address, tls } = temporal;
  if (tls === undefined) return { address };
  const { caFile, certificateFile, keyFile, serverName } = tls;
  return {
    address,
    tls: {
      ...(caFile === undefined ? {} : { serverRootCACertificate: readFileSync(caFile) }),
      ...(certificateFile === undefined || keyFile === undefined
        ? {}
        : { clientCertPair: { crt: readFileSync(certificateFile), key: readFileSync(keyFile) } }),
      ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    },
  };
}
