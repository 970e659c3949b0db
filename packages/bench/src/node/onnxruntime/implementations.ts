import { type Butterfly, PapilioError, Pattern } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { InputShape } from "@papilio/gpu-runtime";
import { decode, encode } from "@papilio/gpu-runtime/kernels";
import { encodeOnnx, type OnnxTensor } from "@papilio/nn/onnx";
import type * as Ort from "onnxruntime-node";
import type {
  Implementation,
  PreparedOnHost,
  Problem,
  Traffic,
} from "../../implementations/implementation.ts";
import {
  type GraphKind,
  type GraphPart,
  isShuffled,
  type ProductGraph,
  productGraph,
} from "./graphs.ts";
import type { Provider } from "./provider.ts";
import { type OnnxRuntime, openSession, unsupported } from "./session.ts";

const DESCRIPTIONS: Readonly<Record<GraphKind, string>> = {
  dense: "MatMul with the zeros",
  bmm: "Transpose, batched MatMul, Transpose",
  einsum: "Einsum",
  "multiply-sum": "Mul, ReduceSum",
};

/** The product as users of ONNX Runtime would write it, on one of its providers. */
export function onnxImplementation(
  ort: OnnxRuntime,
  provider: Provider,
  kind: GraphKind,
): Implementation {
  const webgpu =
    provider === "webgpu"
      ? " on the adapter that it finds, transfers included, sums of f16 in half precision"
      : "";
  const common = {
    name: `ort-${provider}-${kind}`,
    description: `ONNX Runtime ${ort.env.versions.node}, ${provider} provider: ${DESCRIPTIONS[kind]}${webgpu}`,
    arithmetic: kind === "dense" ? "product" : "factors",
    halfSums: provider === "webgpu" ? "f16" : "f32",
    prepare: (problem: Problem) => prepare(ort, provider, kind, problem),
  } as const;
  return provider === "cpu" ? { ...common, processor: "cpu" } : { ...common, processor: "adapter" };
}

async function prepare(
  ort: OnnxRuntime,
  provider: Provider,
  kind: GraphKind,
  { butterfly, shape, hostInput, inputCount }: Problem,
): Promise<PreparedOnHost> {
  const { dtype } = shape;
  if (kind === "multiply-sum") requireProducts(butterfly, shape);
  const graphOf = (part: GraphPart): ProductGraph => productGraph(kind, butterfly, shape, part);
  const whole = await Runner.create(ort, provider, graphOf("whole"), shape, hostInput, inputCount);
  const shuffled =
    kind === "bmm" && butterfly.factors.some(({ pattern }) => isShuffled(pattern, shape));
  const parts = new Map<GraphPart, Runner>();
  const part = async (name: GraphPart): Promise<Runner> => {
    const known = parts.get(name);
    if (known !== undefined) return known;
    const made = await Runner.create(ort, provider, graphOf(name), shape, hostInput, inputCount);
    parts.set(name, made);
    // A session's first run is slower than the others.
    await made.run(1);
    return made;
  };
  return {
    bytes: whole.bytes,
    traffic: trafficOf(kind, butterfly, shape),
    run: (repeats) => whole.run(repeats),
    output: () => whole.output(dtype),
    ...(shuffled
      ? {
          timeRoles: async (repeats) => ({
            multiply: await (await part("multiply")).seconds(repeats),
            rewrite: await (await part("rewrite")).seconds(repeats),
          }),
        }
      : {}),
    [Symbol.dispose]: () => {
      // Sessions are released in the background: nothing waits for them.
      for (const runner of [whole, ...parts.values()]) void runner.release();
    },
  };
}

/** Most products between the operators: 1 GiB in single precision. */
const MOST_PRODUCTS = 2 ** 28;

/** @throws PapilioError `TOO_MANY_PRODUCTS` */
function requireProducts({ chain }: Butterfly, { batch }: InputShape): void {
  const products = batch * Math.max(...chain.patterns.map(({ nonZeros }) => nonZeros));
  if (products <= MOST_PRODUCTS) return;
  throw new PapilioError(
    "TOO_MANY_PRODUCTS",
    `${products} products would lie in memory, more than ${MOST_PRODUCTS}.`,
    "Use another implementation for this case.",
  );
}

/** What must move at least: what every product reads and writes, and every transposition. */
function trafficOf(kind: GraphKind, butterfly: Butterfly, shape: InputShape): Traffic {
  const { chain } = butterfly;
  const patterns = kind === "dense" ? [new Pattern(1, chain.rows, chain.cols, 1)] : chain.patterns;
  const { bytes } = FLOAT_FORMATS[shape.dtype];
  const sum = (amount: (pattern: Pattern) => number): number =>
    bytes * patterns.reduce((total, pattern) => total + amount(pattern), 0);
  const vectors = ({ rows, cols }: Pattern): number => shape.batch * (rows + cols);
  return {
    multiply: sum((pattern) => vectors(pattern) + pattern.nonZeros),
    rewrite: sum((pattern) =>
      kind === "bmm" && isShuffled(pattern, shape) ? 2 * vectors(pattern) : 0,
    ),
  };
}

/** A session with its operands. */
class Runner {
  /** Of the constants. */
  readonly bytes: number;
  readonly #session: Ort.InferenceSession;
  readonly #feeds: readonly Ort.InferenceSession.FeedsType[];
  readonly #fetches: Record<string, Ort.Tensor>;
  #next = 0;
  #released: Promise<void> | undefined;

  private constructor(
    session: Ort.InferenceSession,
    feeds: readonly Ort.InferenceSession.FeedsType[],
    fetches: Record<string, Ort.Tensor>,
    bytes: number,
  ) {
    this.#session = session;
    this.#feeds = feeds;
    this.#fetches = fetches;
    this.bytes = bytes;
  }

  /** @throws PapilioError `ONNX_RUNTIME_UNSUPPORTED` with what ONNX Runtime says */
  static async create(
    ort: OnnxRuntime,
    provider: Provider,
    graph: ProductGraph,
    { dtype }: InputShape,
    hostInput: Float32Array,
    copies: number,
  ): Promise<Runner> {
    const session = await openSession(ort, provider, encodeOnnx(graph));
    const make = ({ shape, type }: OnnxTensor, data: Uint8Array<ArrayBuffer>): Ort.Tensor =>
      type === "float16"
        ? halfTensor(ort, new Uint16Array(data.buffer, 0, data.byteLength / 2), shape)
        : new ort.Tensor("float32", new Float32Array(data.buffer, 0, data.byteLength / 4), shape);
    const filled = (tensor: OnnxTensor): Ort.Tensor =>
      make(tensor, exactly(encode(cycled(hostInput, elements(tensor)), dtype), bytesOf(tensor)));
    const feeds = Array.from({ length: copies }, () =>
      Object.fromEntries(graph.inputs.map((input) => [input.name, filled(input)])),
    );
    const fetches = Object.fromEntries(
      graph.outputs.map((output) => [output.name, make(output, new Uint8Array(bytesOf(output)))]),
    );
    const bytes = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
    return new Runner(session, feeds, fetches, bytes);
  }

  /** @throws PapilioError `ONNX_RUNTIME_UNSUPPORTED` with what ONNX Runtime says */
  async run(repeats: number): Promise<void> {
    try {
      for (let count = 0; count < repeats; count++) {
        const feeds = this.#feeds[this.#next++ % this.#feeds.length];
        await this.#session.run(feeds as Ort.InferenceSession.FeedsType, this.#fetches);
      }
    } catch (cause) {
      throw unsupported(cause);
    }
  }

  /** Mean seconds of a run, by the wall clock. */
  async seconds(repeats: number): Promise<number> {
    const started = performance.now();
    await this.run(repeats);
    return (performance.now() - started) / 1000 / repeats;
  }

  /** What the last run gave. */
  output(dtype: InputShape["dtype"]): Float32Array {
    const { data } = Object.values(this.#fetches)[0] as Ort.Tensor;
    const view = data as Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
    const start = view.byteOffset;
    return decode(view.buffer.slice(start, start + view.byteLength), view.length, dtype);
  }

  /** Safe to call twice. */
  release(): Promise<void> {
    this.#released ??= this.#session.release();
    return this.#released;
  }
}

/**
 * A tensor of half precision over `bits`. Where the engine has Float16Array, the library's own tensors
 * hold one; its native part does not know the type and takes such an array for an empty one.
 */
function halfTensor(
  ort: OnnxRuntime,
  bits: Uint16Array<ArrayBuffer>,
  shape: readonly number[],
): Ort.Tensor {
  const tensor = new ort.Tensor("float16", bits, shape);
  return Object.defineProperty(tensor, "data", { value: bits });
}

function elements({ shape }: OnnxTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bytesOf(tensor: OnnxTensor): number {
  return elements(tensor) * FLOAT_FORMATS[tensor.type === "float16" ? "f16" : "f32"].bytes;
}

/** `values` from the start again where they do not reach: a part of a product may need more. */
function cycled(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  return Float32Array.from({ length }, (_, index) => values[index % values.length] as number);
}

/** The first bytes, in a buffer of their own. */
function exactly(data: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return data.byteLength === length ? data : data.slice(0, length);
}
