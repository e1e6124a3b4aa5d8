import "./kernel.ts";
import { decodeModel } from "#model/codec.ts";
import { useKernel } from "#model/kernel/kernel.ts";
import { type Classifier, createClassifier } from "#model/score.ts";

/**
 * A Worker that only answers, for measuring a model where the edge runs (`haqei evaluate --runtime workerd`): `PUT` the model
 * (with `?plain`, to be scored without the kernel), then `POST` a JSON array of texts (with `?rounds=9`, answered so many times, for
 * the time it takes). It is never deployed.
 */
let classifier: Classifier | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    if (request.method === "PUT") {
      if (searchParams.has("plain")) useKernel(undefined);
      classifier = createClassifier(decodeModel(new Uint8Array(await request.arrayBuffer())));
      return new Response();
    }
    const texts = (await request.json()) as string[];
    const scorer = classifier;
    if (scorer === undefined) return new Response("there is no model yet", { status: 409 });
    const answerAll = () => texts.map((text) => scorer.classify(text, { top: 3 }));
    for (let left = Number(searchParams.get("rounds") ?? 1); left > 1; left -= 1) answerAll();
    return Response.json(answerAll());
  },
};
