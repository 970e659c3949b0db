import { PapilioError } from "@papilio/butterfly";
import { requireList, requireObject, requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import { rowsFromTiles, tilesFromRows } from "../kernels/convert.ts";
import type { KernelCall, Layout, Operand, VectorsOperand } from "../kernels/kernel-call.ts";
import { vectorsBytes } from "../kernels/layout.ts";
import type { CpuSpan } from "../memory/cpu-span.ts";
import { type Place, ProgramValue } from "./program-value.ts";

/** Where the operands of an operation are. */
export type Located = Place | CpuSpan;

/** An operation before its operands have addresses. */
export interface RecordedCall {
  readonly call: KernelCall;
  readonly operands: readonly Located[];
  /** `rewrite` for one that only moves numbers. */
  readonly role: "compute" | "rewrite";
}

/**
 * Takes down the operations of a program in the order in which they run, and adds conversions where an operation
 * reads vectors in another layout than they were written in. Nothing is allocated before `CpuProgram.record`.
 */
export class ProgramRecorder {
  /** @internal */
  readonly calls: RecordedCall[] = [];
  /** @internal Of the arena, in the order in which they are first used. */
  readonly places: Place[] = [];
  /** @internal Vectors that a run is given, and those that it returns, in rows. */
  readonly inputs: Place[] = [];
  readonly outputs: Place[] = [];

  /** Vectors that an operation will write. Throws `OPTION_INVALID`. */
  value(vectors: number, features: number): ProgramValue {
    requireWhole("The number of vectors", vectors, 1);
    requireWhole("The number of features", features, 1);
    return new ProgramValue(vectors, features);
  }

  /** Vectors that each run is given, `[vectors, features]`. Throws `OPTION_INVALID`. */
  input(vectors: number, features: number): ProgramValue {
    const value = this.value(vectors, features);
    const place = this.#arena(value, "rows", 0);
    place.last = Number.POSITIVE_INFINITY;
    this.inputs.push(place);
    return value;
  }

  /**
   * Vectors at a place of their own, which outlive a run: a cache of keys.
   *
   * @throws PapilioError `PROGRAM_OPERANDS` where the memory is too small, `OPTION_INVALID`
   */
  kept(vectors: number, features: number, layout: Layout, span: CpuSpan): ProgramValue {
    const value = this.value(vectors, features);
    const bytes = vectorsBytes(layout, vectors, features);
    requireSpan("kept vectors", bytes, span);
    value.places.set(layout, { layout, bytes, first: 0, last: 0, span });
    return value;
  }

  /**
   * Makes a value one of the results of a run, after the operation that writes it.
   *
   * @throws PapilioError `PROGRAM_OPERANDS`, `OPTION_INVALID`
   */
  output(value: ProgramValue): void {
    requireValue("The output", value);
    const place = this.#read(value, "rows");
    if (place.span === undefined) place.last = Number.POSITIVE_INFINITY;
    this.outputs.push(place);
  }

  /**
   * Adds an operation.
   *
   * @param operands what the call's operands are, in their order: values for vectors, spans for what is plain
   * @throws PapilioError `PROGRAM_OPERANDS`, `OPTION_INVALID`
   */
  add(
    call: KernelCall,
    operands: readonly (ProgramValue | CpuSpan)[],
    role: RecordedCall["role"] = "compute",
  ): void {
    requireObject("The call", call, "a KernelCall", "kernel", "items", "operands", "words");
    requireList("The operands", operands);
    requireOneOf("The role", role, ["compute", "rewrite"]);
    if (operands.length !== call.operands.length) {
      throw misfit(
        `${call.label} takes ${call.operands.length} operands and not ${operands.length}`,
      );
    }
    // What is read first: conversions stand before the operation.
    const located = call.operands.map((operand, index) =>
      operand.access === "read" ? this.#locate(operand, operands[index]) : undefined,
    );
    const all = call.operands.map(
      (operand, index) => located[index] ?? this.#locate(operand, operands[index]),
    );
    this.#push({ call, operands: all, role });
  }

  #locate(operand: Operand, given: ProgramValue | CpuSpan | undefined): Located {
    if (operand.layout === "plain") {
      return requireSpan(operand.name, operand.bytes, given);
    }
    requireValue(operand.name, given);
    const { name, vectors, features, layout } = operand;
    if (given.vectors !== vectors || given.features !== features) {
      throw misfit(
        `${name} is ${vectors} x ${features} and not ${given.vectors} x ${given.features}`,
      );
    }
    return operand.access === "read" ? this.#read(given, layout) : this.#write(given, operand);
  }

  /** Where a value is in a layout: it is brought there when it is only in the other. */
  #read(value: ProgramValue, layout: Layout): Place {
    const known = value.places.get(layout);
    if (known !== undefined) return known;
    const [other] = value.places.values();
    if (other === undefined) throw misfit("A value is read before it is written");
    const { vectors, features } = value;
    if (vectors === 1) {
      // A single vector is the same in both.
      value.places.set(layout, other);
      return other;
    }
    const place = this.#arena(value, layout, this.calls.length);
    const [rows, tiles] = layout === "rows" ? [place, other] : [other, place];
    const convert = layout === "rows" ? rowsFromTiles : tilesFromRows;
    this.#push({ call: convert({ vectors, features }), operands: [rows, tiles], role: "rewrite" });
    return place;
  }

  #write(value: ProgramValue, { name, access, layout }: VectorsOperand): Place {
    if (access === "write") {
      if (value.places.size > 0) throw misfit(`${name} is written twice`);
      return this.#arena(value, layout, this.calls.length);
    }
    const place = this.#read(value, layout);
    // Copies in the other layout are of what was there before.
    for (const [other, copy] of value.places) if (copy !== place) value.places.delete(other);
    return place;
  }

  #arena(value: ProgramValue, layout: Layout, first: number): Place {
    const bytes = vectorsBytes(layout, value.vectors, value.features);
    const place: Place = { layout, bytes, first, last: first, span: undefined };
    value.places.set(layout, place);
    this.places.push(place);
    return place;
  }

  #push(recorded: RecordedCall): void {
    const index = this.calls.length;
    for (const operand of recorded.operands) {
      if ("address" in operand) continue;
      operand.last = Math.max(operand.last, index);
    }
    this.calls.push(recorded);
  }
}

function requireSpan(name: string, bytes: number, span: unknown): CpuSpan {
  requireObject(name, span, "a CpuSpan", "address", "bytes");
  const { address, bytes: available } = span as CpuSpan;
  requireWhole(`The address of ${name}`, address, 1);
  requireWhole(`The bytes of ${name}`, available, 0);
  if (available >= bytes) return span as CpuSpan;
  throw misfit(`${name} needs ${bytes} bytes and has ${available}`);
}

function requireValue(name: string, value: unknown): asserts value is ProgramValue {
  requireObject(name, value, "a ProgramValue", "vectors", "features", "places");
}

function misfit(problem: string): PapilioError {
  return new PapilioError(
    "PROGRAM_OPERANDS",
    `${problem}.`,
    "Give each operation the operands that its kernel lists, in their order.",
  );
}
