import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  path: string;
  authorization: string | undefined;
  body: { model: string; input: string[]; encoding_format: string };
}

export interface EmbeddingsServer {
  url: string;
  /** Every request, in order. */
  asked: Asked[];
  /** What the next requests get instead of embeddings, first to last. */
  faults: { status: number; body: string }[];
  close: () => Promise<void>;
}

const DIMENSION = 32;

/** Signed counts of a text's pairs of characters, hashed: near texts have near vectors, and no machine gives others. */
export function hashedEmbedding(text: string): number[] {
  const vector = new Array<number>(DIMENSION).fill(0);
  const characters = [...text.toLowerCase()];
  for (const [at, character] of characters.entries()) {
    const hash = createHash("sha256")
      .update(character + (characters[at + 1] ?? ""))
      .digest();
    const place = hash.readUInt8(0) % DIMENSION;
    vector[place] = (vector[place] as number) + (hash.readUInt8(1) % 2 === 0 ? 1 : -1);
  }
  return vector;
}

/** A real HTTP server that speaks OpenAI's embeddings API, with its answers out of order as the API allows. */
export async function startEmbeddingsServer(): Promise<EmbeddingsServer> {
  const asked: Asked[] = [];
  const faults: { status: number; body: string }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    request.on("end", () => {
      const body = JSON.parse(text) as Asked["body"];
      asked.push({ path: request.url ?? "", authorization: request.headers.authorization, body });
      const data = body.input.map((input, index) => ({
        object: "embedding",
        index,
        embedding: hashedEmbedding(input),
      }));
      const { status, body: answer } = faults.shift() ?? {
        status: 200,
        body: JSON.stringify({ object: "list", data: data.reverse(), model: body.model }),
      };
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
