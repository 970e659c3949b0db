import type { StorageDtype } from "@papilio/butterfly";
import { type FewBits, fewBitsOf } from "@papilio/butterfly/numeric";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import { type Gpu, Tensor } from "@papilio/gpu-runtime";
import { BufferSet, WeightStore } from "@papilio/gpu-runtime/kernels";
import type { Span } from "@papilio/gpu-runtime/memory";
import { gpuCheck, objectOf, storageDtype, text, weightDtype } from "../../arguments/checks.ts";
import { modelDisposed } from "../../graph/executable.ts";
import type { State } from "../../graph/graph.ts";
import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { allocatedVectors } from "./allocated-vectors.ts";

const stateCheck = objectOf({ name: text, value: valueCheck });

/**
 * Device memory that graphs of one model share: packed weights of linear layers and parameters that are
 * read as they are, each once, and states.
 */
export class ModelMemory implements Disposable {
  readonly gpu: Gpu;
  /** In what activations are stored, and what is not in few bits. */
  readonly dtype: StorageDtype;
  /** In what few bits weights of linear layers are stored, where they are. */
  readonly weightDtype: FewBits | undefined;
  readonly #weights: WeightStore;
  readonly #buffers: BufferSet;
  readonly #parameters = new Map<Parameter, Span>();
  readonly #states = new Map<string, Tensor>();
  #disposed = false;

  /**
   * @param dtype in what activations and weights are stored: with few bits weights of linear layers, and all else
   *   in single precision
   * @throws PapilioError `OPTION_INVALID`, `F16_UNAVAILABLE`
   */
  constructor(gpu: Gpu, dtype: WeightDtype = "f32") {
    gpuCheck("The device", gpu);
    weightDtype("dtype", dtype);
    const few = fewBitsOf(dtype);
    this.gpu = gpu;
    this.dtype = few === undefined ? (dtype as StorageDtype) : "f32";
    this.weightDtype = few;
    gpu.assertDtype(this.dtype);
    this.#weights = new WeightStore(gpu);
    this.#buffers = new BufferSet(gpu);
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    const { bytes } = this.#weights;
    return [...this.#states.values()].reduce(
      (sum, state) => sum + state.bytes,
      this.#buffers.bytes + bytes,
    );
  }

  /**
   * Packed weights of linear layers: each once, released with the last graph that uses it.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  get weights(): WeightStore {
    this.#assertLive();
    return this.#weights;
  }

  /**
   * The numbers of a parameter, uploaded at their first use, in `dtype` unless another one is given.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
   */
  parameter(parameter: Parameter, dtype: StorageDtype = this.dtype): Span {
    this.#assertLive();
    parameterCheck("The parameter", parameter);
    storageDtype("dtype", dtype);
    const span =
      this.#parameters.get(parameter) ??
      this.#buffers.upload(parameter.values, dtype, `parameter of [${parameter.shape.join(", ")}]`);
    this.#parameters.set(parameter, span);
    return span;
  }

  /**
   * The vectors of a state, `[features, vectors]`, zeros at first, in `dtype` unless another one is given.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
   */
  state(state: State, dtype: StorageDtype = this.dtype): Tensor {
    this.#assertLive();
    stateCheck("a state", state);
    storageDtype("dtype", dtype);
    const { name, value } = state;
    const existing = this.#states.get(name);
    if (existing !== undefined) return existing;
    const tensor = new Tensor(this.gpu, {
      batch: allocatedVectors(value.vectors),
      features: value.features,
      layout: "batch-last",
      dtype,
      label: `state ${name}`,
    });
    this.#states.set(name, tensor);
    tensor.write(new Float32Array(tensor.length));
    return tensor;
  }

  /**
   * Makes all states zeros again.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  reset(): void {
    this.#assertLive();
    for (const tensor of this.#states.values()) tensor.write(new Float32Array(tensor.length));
  }

  /** Frees the parameters and states; safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const tensor of this.#states.values()) tensor.dispose();
    this.#states.clear();
    this.#parameters.clear();
    this.#buffers.dispose();
    this.#weights.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertLive(): void {
    if (this.#disposed) throw modelDisposed("memory of the model");
  }
}
