import { PapilioError } from "@papilio/butterfly";
import { SentenceEncoder, VisionTransformer } from "@papilio/nn";
import { Graph, Indices, type Value } from "@papilio/nn/graph";
import { Decoder, SparseNetwork } from "@papilio/nn/models";

/** A length of an axis: fixed, or what a request has of them. */
type Axis = number | "rows" | "tokens";

/** Of what kind numbers are: vectors in single precision, or indices. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: "FP32" | "UINT32";
  readonly shape: readonly Axis[];
  /** Indices are below it. */
  readonly below?: number;
  /** Whether a request may leave it out: all tokens then count. */
  readonly optional?: boolean;
}

/** Sizes that a request chooses. */
export interface Sizes {
  readonly rows: number;
  readonly tokens: number;
}

/** What a model takes and gives, and its graph for some sizes. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Tokens of a row at most; 1 where rows have none. */
  readonly tokens: number;
  /** Whether rows of several requests can be computed together. */
  readonly batched: boolean;
  trace(sizes: Sizes): Graph;
}

/** Models that are served: those of nn that take rows, and graphs of any model, traced by the caller. */
export type ServableModel = Decoder | SentenceEncoder | VisionTransformer | SparseNetwork | Graph;

/** @throws PapilioError `SERVED_MODEL` */
export function signatureOf(model: ServableModel): Signature {
  if (model instanceof Decoder) {
    return withOutputs({
      inputs: [{ ...IDS, below: model.vocabulary }],
      tokens: model.positions,
      perToken: true,
      trace: ({ rows, tokens }) => model.trace({ sequences: rows, tokens }),
    });
  }
  if (model instanceof SentenceEncoder) {
    const trace = ({ rows, tokens }: Sizes): Graph => model.trace({ sequences: rows, tokens });
    const ids = trace({ rows: 1, tokens: 1 }).inputs.get("ids") as Indices;
    return withOutputs({
      inputs: [
        { ...IDS, below: ids.below },
        { name: "lengths", datatype: "UINT32", shape: ["rows"], optional: true },
      ],
      tokens: model.maxTokens,
      perToken: false,
      trace,
    });
  }
  if (model instanceof VisionTransformer) {
    const shape = ["rows", ...model.imageShape] as const;
    return withOutputs({
      inputs: [{ name: "images", datatype: "FP32", shape }],
      tokens: 1,
      perToken: false,
      trace: ({ rows }) => model.trace({ images: rows }),
    });
  }
  if (model instanceof SparseNetwork) {
    const trace = ({ rows }: Sizes): Graph => model.trace({ vectors: rows });
    const x = trace({ rows: 1, tokens: 1 }).inputs.get("x") as Value;
    return withOutputs({
      inputs: [{ name: "x", datatype: "FP32", shape: ["rows", x.features] }],
      tokens: 1,
      perToken: false,
      trace,
    });
  }
  if (model instanceof Graph) return signatureOfGraph(model);
  throw new PapilioError(
    "SERVED_MODEL",
    "What is to be served is neither a model that takes rows nor a graph.",
    "Give a model of @papilio/nn, or the graph that it traces.",
  );
}

const IDS = { name: "ids", datatype: "UINT32", shape: ["rows", "tokens"] } as const;

function withOutputs({
  perToken,
  ...signature
}: Omit<Signature, "outputs" | "batched"> & { readonly perToken: boolean }): Signature {
  const { outputs } = signature.trace({ rows: 1, tokens: 1 });
  return {
    ...signature,
    batched: true,
    outputs: [...outputs].map(([name, { features }]) => ({
      name,
      datatype: "FP32",
      shape: perToken ? ["rows", "tokens", features] : ["rows", features],
    })),
  };
}

/** A graph has the sizes that it was traced for: it computes one request at a time. */
function signatureOfGraph(graph: Graph): Signature {
  return {
    inputs: [...graph.inputs].map(([name, input]) =>
      input instanceof Indices
        ? { name, datatype: "UINT32", shape: [input.length], below: input.below }
        : { name, datatype: "FP32", shape: [input.vectors, input.features] },
    ),
    outputs: [...graph.outputs].map(([name, { vectors, features }]) => ({
      name,
      datatype: "FP32",
      shape: [vectors, features],
    })),
    tokens: 1,
    batched: false,
    trace: () => graph,
  };
}
