import { encodeSentences } from "@papilio/nn/tokenizers";
import type { Context } from "hono";
import { type Served, sentencesOf } from "../engines/served-model.ts";
import type { Row } from "../engines/tensor-engine.ts";
import type { Exchange } from "../protocol/exchange.ts";
import { floatBytes, requireFinite } from "../protocol/floats.ts";
import { invalid, unsupported } from "../protocol/request-error.ts";
import type { EmbeddingFields } from "./text-fields.ts";
import type { Serving } from "./text-request.ts";

/** `/v1/embeddings`: vectors of texts. */
export async function embed(
  context: Context,
  served: Served,
  fields: EmbeddingFields,
  exchange: Exchange,
  { limits, metrics }: Serving,
): Promise<Response> {
  const { name } = served.definition;
  const rows = rowsOf(served, fields.input);
  if (rows.length > limits.items) {
    throw invalid(`${rows.length} texts are more than the limit of ${limits.items}.`, "input");
  }
  const features = Number(served.signature.outputs[0]?.shape.at(-1));
  if (typeof fields.dimensions === "number" && fields.dimensions !== features) {
    throw unsupported(`Vectors have ${features} numbers, and are not shortened.`, "dimensions");
  }
  using _inside = served.admission.enter(rows.length);
  const tokens = rows.reduce((sum, row) => sum + row.tokens, 0);
  exchange.promptTokens = tokens;
  metrics?.tokens(name, "prompt", tokens);
  const results = await Promise.all(rows.map((row) => served.tensors.run(row, exchange.signal)));
  const data = results.map(({ embeddings }, index) => {
    const vector = embeddings as Float32Array;
    requireFinite("embedding", vector);
    const embedding = fields.encoding_format === "base64" ? base64(vector) : Array.from(vector);
    return { object: "embedding", index, embedding };
  });
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return context.json({ object: "list", data, model: name, usage });
}

function rowsOf(served: Served, input: EmbeddingFields["input"]): Row[] {
  const { tokenizer, sentences } = sentencesOf(served);
  const lists = typeof input === "string" ? [input] : input;
  const items = lists.every((part) => typeof part === "number") ? [lists] : lists;
  return items.map((item) => {
    if (typeof item !== "string") return rowOf(served, Uint32Array.from(item as number[]));
    const { ids } = encodeSentences(tokenizer, [item], sentences);
    return rowOf(served, ids);
  });
}

/** @throws PapilioError `REQUEST_INVALID` for tokens that there are not, and for too many */
function rowOf({ signature }: Served, ids: Uint32Array): Row {
  const { below = Number.POSITIVE_INFINITY } = signature.inputs[0] ?? {};
  const wrong = ids.find((id) => id >= below);
  if (wrong !== undefined) throw invalid(`The token ${wrong} is not below ${below}.`, "input");
  if (ids.length === 0 || ids.length > signature.tokens) {
    throw invalid(
      `A text has ${ids.length} tokens, but it must have from 1 to ${signature.tokens}.`,
      "input",
    );
  }
  return { tokens: ids.length, tensors: { ids, lengths: Uint32Array.of(ids.length) } };
}

/** Numbers in single precision, little-endian. */
function base64(vector: Float32Array): string {
  let text = "";
  for (const byte of floatBytes(vector)) text += String.fromCharCode(byte);
  return btoa(text);
}
