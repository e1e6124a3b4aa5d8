/** Free ports for a Temporal server's four parts. */
export interface TemporalPorts {
  frontend: number;
  http: number;
  metrics: number;
  /** Two for each part: gRPC and membership (the frontend's gRPC is above). */
  parts: readonly number[];
}

const PARTS = ["frontend", "history", "matching", "worker"] as const;
/** A pair for each part. */
export const TEMPORAL_PART_PORTS = 2 * PARTS.length;

/**
 * Config of a whole Temporal server on Postgres, as the image's entry point makes it from the environment in
 * `temporal-docker/compose.yaml` and `compose.tls.yaml`; only addresses differ.
 */
export function temporalConfig(options: {
  database: string;
  user: string;
  password: string;
  dynamicConfig: string;
  /** Folder that `temporal-docker/tls/certificates.sh` filled. */
  certificates: string;
  ports: TemporalPorts;
}): unknown {
  const { database, user, password, dynamicConfig, certificates, ports } = options;
  const authority = `${certificates}/ca.pem`;
  // As `compose.tls.yaml` sets it: whoever speaks to any part proves who it is, the server's own parts included.
  const tls = {
    server: {
      requireClientAuth: true,
      certFile: `${certificates}/server.pem`,
      keyFile: `${certificates}/server.key`,
      clientCaFiles: [authority, authority],
    },
    client: { serverName: "temporal", rootCaFiles: [authority] },
  };
  const sql = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: "postgres12",
      databaseName,
      connectAddr: database,
      connectProtocol: "tcp",
      user,
      password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: "1h",
    },
  });
  const rpc = (part: (typeof PARTS)[number], index: number) => ({
    rpc: {
      grpcPort: part === "frontend" ? ports.frontend : ports.parts[2 * index],
      membershipPort: ports.parts[2 * index + 1],
      bindOnIP: "127.0.0.1",
      ...(part === "frontend" ? { httpPort: ports.http } : {}),
    },
  });
  return {
    log: { stdout: true, level: "warn" },
    persistence: {
      numHistoryShards: 4,
      defaultStore: "default",
      visibilityStore: "visibility",
      datastores: { default: sql("temporal", 20), visibility: sql("temporal_visibility", 10) },
    },
    global: {
      tls: { internode: tls, frontend: tls },
      membership: { maxJoinDuration: "30s", broadcastAddress: "127.0.0.1" },
      metrics: { prometheus: { timerType: "histogram", listenAddress: `127.0.0.1:${ports.metrics}` } },
    },
    services: Object.fromEntries(PARTS.map((part, index) => [part, rpc(part, index)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: "active",
      currentClusterName: "active",
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: "frontend",
          rpcAddress: `127.0.0.1:${ports.frontend}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: "noop" },
    publicClient: { hostPort: `127.0.0.1:${ports.frontend}` },
    dynamicConfigClient: { filepath: dynamicConfig, pollInterval: "60s" },
  };
}
