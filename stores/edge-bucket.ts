import { createHmac } from "node:crypto";
import type { EdgeLocation } from "./edge.ts";
import type { S3Location } from "./s3-artefacts.ts";

/** The bucket's name in `edge/wrangler.jsonc`. */
const EDGE_BUCKET = "haqei-artefacts";

/** A secret for one purpose, worked out from the admin's: one machine keeps one secret. */
export const derivedSecret = (adminSecret: string, purpose: string): string =>
  createHmac("sha256", adminSecret).update(purpose).digest("hex");

/** Where the R2 bucket of an edge on this machine is reached by the S3 API: whoever has the admin secret has its keys. */
export const localEdgeBucket = ({ url, adminSecret }: EdgeLocation): S3Location => ({
  endpoint: new URL("/cdn-cgi/local/r2/s3", url).href,
  bucket: EDGE_BUCKET,
  region: "auto",
  accessKeyId: "haqei-local",
  secretAccessKey: derivedSecret(adminSecret, "s3"),
});
