import "./kernel.ts";
import { decodeModel } from "#model/codec.ts";
import { type Classifier, createClassifier } from "#model/score.ts";

/**
 * A Worker that only answers, for measuring a model where the edge runs (`haqei evaluate --runtime workerd`): `PUT` the model,
 * then `POST` a JSON array of texts. It is never deployed.
 */
let classifier: Classifier | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "PUT") {
      classifier = createClassifier(decodeModel(new Uint8Array(await request.arrayBuffer())));
      return new Response();
    }
    const scorer = classifier;
    if (scorer === undefined) return new Response("there is no model yet", { status: 409 });
    const texts = (await request.json()) as string[];
    return Response.json(texts.map((text) => scorer.classify(text, { top: 3 })));
  },
};
