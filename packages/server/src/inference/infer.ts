import type { Context } from "hono";
import type { Served } from "../engines/served-model.ts";
import type { Sizes, TensorSpec } from "../engines/signature.ts";
import type { RowTensors } from "../engines/tensor-engine.ts";
import type { Exchange } from "../protocol/exchange.ts";
import { floatBytes, requireFinite } from "../protocol/floats.ts";
import type { Limits } from "../protocol/limits.ts";
import { readJson } from "../protocol/read-json.ts";
import { invalid } from "../protocol/request-error.ts";
import { bindRows, type GivenTensor } from "./bind.ts";
import { numbersOf } from "./numbers.ts";
import { type InferRequest, inferSchema } from "./schema.ts";

/** Bytes of the JSON in a body whose numbers are bytes. */
const HEAD_LENGTH = "Inference-Header-Content-Length";

/** `/v2/models/{model}/infer`: outputs of a model, in JSON or as bytes, as each of them is asked for. */
export async function infer(
  context: Context,
  served: Served,
  body: Uint8Array,
  exchange: Exchange,
  limits: Limits,
): Promise<Response> {
  const { request, tensors } = parse(body, context.req.header(HEAD_LENGTH));
  const { signature } = served;
  const rows = bindRows(signature, tensors);
  if (rows.length > limits.items) {
    throw invalid(`${rows.length} rows are more than the limit of ${limits.items}.`, "inputs");
  }
  const wanted = wantedOutputs(request, signature.outputs);
  using _inside = served.admission.enter(rows.length);
  const results = await Promise.all(rows.map((row) => served.tensors.run(row, exchange.signal)));
  const sizes = { rows: rows.length, tokens: rows[0]?.tokens ?? 1 };
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const outputs = wanted.map(({ spec, binary }) => {
    const values = joined(results, spec.name);
    const described = { name: spec.name, datatype: spec.datatype, shape: shapeOf(spec, sizes) };
    if (!binary) {
      requireFinite(`output ${spec.name}`, values);
      return { ...described, data: Array.from(values) };
    }
    const bytes = floatBytes(values);
    parts.push(bytes);
    return { ...described, parameters: { binary_data_size: bytes.length } };
  });
  const { name } = served.definition;
  const { id } = request;
  const answer = {
    model_name: name,
    model_version: "1",
    ...(id === undefined ? {} : { id }),
    outputs,
  };
  if (parts.length === 0) return context.json(answer);
  const head = new TextEncoder().encode(JSON.stringify(answer));
  return new Response(new Blob([head, ...parts]), {
    headers: { "Content-Type": "application/octet-stream", [HEAD_LENGTH]: String(head.length) },
  });
}

/** The JSON of a body, and the numbers of its inputs. */
function parse(
  body: Uint8Array,
  headLength: string | undefined,
): { readonly request: InferRequest; readonly tensors: ReadonlyMap<string, GivenTensor> } {
  const length = headLength === undefined ? body.length : Number(headLength);
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw invalid(`${HEAD_LENGTH} is not a number of bytes of the body, which has ${body.length}.`);
  }
  const request = readJson(body.subarray(0, length), inferSchema);
  const tensors = new Map<string, GivenTensor>();
  let at = length;
  for (const input of request.inputs) {
    if (tensors.has(input.name)) throw invalid(`The input ${input.name} is there twice.`, "inputs");
    const size = input.parameters?.binary_data_size;
    const bytes = size === undefined ? undefined : body.subarray(at, at + size);
    at += size ?? 0;
    tensors.set(input.name, { shape: input.shape, values: numbersOf(input, bytes) });
  }
  if (at === body.length) return { request, tensors };
  throw invalid(`The body has ${body.length} bytes, but its inputs end at ${at}.`);
}

function wantedOutputs(
  { outputs, parameters }: InferRequest,
  specs: readonly TensorSpec[],
): readonly { readonly spec: TensorSpec; readonly binary: boolean }[] {
  const all = parameters?.binary_data_output ?? false;
  return (outputs ?? specs.map(({ name }) => ({ name, parameters: undefined }))).map((output) => {
    const spec = specs.find(({ name }) => name === output.name);
    if (spec === undefined) {
      const names = specs.map(({ name }) => name).join(", ");
      throw invalid(
        `There is no output ${output.name.slice(0, 100)}: there are ${names}.`,
        "outputs",
      );
    }
    return { spec, binary: output.parameters?.binary_data ?? all };
  });
}

function joined(results: readonly RowTensors[], name: string): Float32Array {
  const parts = results.map((row) => row[name] as Float32Array);
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A shape with its lengths, or with -1 for those that requests choose. */
export function shapeOf({ shape }: TensorSpec, sizes?: Sizes): number[] {
  return shape.map((axis) => (typeof axis === "number" ? axis : (sizes?.[axis] ?? -1)));
}
