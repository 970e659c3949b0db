import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireArray, requireList } from "@papilio/butterfly/errors";
import { callback, optional } from "../arguments/checks.ts";

/** Puts a parameter's first numbers into zeros. */
export type Initialize = (values: Float32Array) => void;

/** The most numbers of one parameter: what an array in memory can hold, and WebGPU can address. */
const MOST_NUMBERS = 2 ** 31;

/**
 * Numbers that a model learned, in row-major order of their shape. Allocated at their first use.
 *
 * They must not change between the making of a model and its disposal. One on a device packs them when it is
 * compiled, one by the CPU's kernels in its first run or by `prepare`, and so never sees a change. The
 * reference does not copy them, which would take their memory twice, and reads them in every run. A trainer changes
 * numbers of its own, and these when it is asked to: make the models that are to see it afterwards, with weights that no
 * earlier model shares, or call `renewParameters` of a model on the CPU.
 */
export class Parameter {
  readonly shape: readonly number[];
  readonly #initialize: Initialize | undefined;
  #values: Float32Array | undefined;
  #identity: object = {};
  #released = false;
  #changedElsewhere = false;

  /**
   * @param initialize sets the numbers, unless others are assigned before they are used; zeros without
   * @throws PapilioError `PARAMETER_SHAPE`
   */
  constructor(shape: readonly number[], initialize?: Initialize) {
    requireList("The shape of a parameter", shape);
    optional(callback)("What sets the numbers of a parameter", initialize);
    this.shape = Object.freeze([...shape]);
    this.#initialize = initialize;
    const whole = shape.every((size) => Number.isSafeInteger(size) && size >= 1);
    if (whole && this.length <= MOST_NUMBERS) return;
    throw new PapilioError(
      "PARAMETER_SHAPE",
      `A parameter cannot have the shape ${describeValue(shape)}.`,
      `Give positive whole numbers whose product is at most ${MOST_NUMBERS}.`,
    );
  }

  /** A parameter of numbers that exist. They are kept, not copied. */
  static of(shape: readonly number[], values: Float32Array): Parameter {
    const parameter = new Parameter(shape);
    parameter.values = values;
    return parameter;
  }

  /** How many numbers there are. */
  get length(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** @internal Stands for the numbers: another object where others are assigned. */
  get identity(): object {
    return this.#identity;
  }

  /** Throws `PARAMETER_RELEASED` after {@link release}; `PARAMETER_UNREAD` where a trainer has newer numbers. */
  get values(): Float32Array {
    if (this.#released) throw parameterReleased(this.shape);
    if (this.#changedElsewhere) throw parameterUnread(this.shape);
    if (this.#values === undefined) {
      this.#values = new Float32Array(this.length);
      this.#initialize?.(this.#values);
    }
    return this.#values;
  }

  /** Throws `ARRAY_TYPE`; `PARAMETER_SHAPE` unless there is a number for each element of the shape. */
  set values(values: Float32Array) {
    requireArray("What a parameter is given", values, "Float32Array");
    if (values.length !== this.length) {
      throw new PapilioError(
        "PARAMETER_SHAPE",
        `A parameter of shape [${this.shape.join(", ")}] is given ${values.length} numbers.`,
        `Give ${this.length} numbers, in row-major order.`,
      );
    }
    this.#values = values;
    this.#identity = {};
    this.#released = false;
    this.#changedElsewhere = false;
  }

  /** @internal The memory of a trainer has newer numbers: {@link values} throws until they are brought. */
  leaveElsewhere(): void {
    this.#changedElsewhere = true;
  }

  /** @internal Takes the numbers that a trainer has, in place. */
  bring(numbers: Float32Array): void {
    this.#changedElsewhere = false;
    this.values.set(numbers);
  }

  /**
   * Frees the memory of the numbers, for who has packed them: models that did still run, and others cannot be made.
   * An array that was assigned is empty afterwards, unless it is a part of a larger one. Other numbers may be
   * assigned. Safe to call twice.
   */
  release(): void {
    const values = this.#values;
    this.#values = undefined;
    this.#released = true;
    // Whoever else holds the array would keep its memory: engines that can, detach it.
    if (values === undefined || values.byteLength < values.buffer.byteLength) return;
    if (values.buffer instanceof ArrayBuffer) values.buffer.transfer?.(0);
  }
}

function parameterReleased(shape: readonly number[]): PapilioError {
  return new PapilioError(
    "PARAMETER_RELEASED",
    `The numbers of a parameter of shape [${shape.join(", ")}] were released after they were packed.`,
    "Make all models of a module before its parameters are released, or keep them.",
  );
}

function parameterUnread(shape: readonly number[]): PapilioError {
  return new PapilioError(
    "PARAMETER_UNREAD",
    `The numbers of a parameter of shape [${shape.join(", ")}] were changed in the memory of a trainer.`,
    "Await read() of the trainer before they are used, and before it is disposed of.",
  );
}
