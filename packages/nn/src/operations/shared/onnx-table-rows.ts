import type { Indices } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { range } from "./onnx-numbers.ts";

interface TableRows {
  readonly name: string;
  /** `[..., features]`. */
  readonly table: Parameter;
  readonly features: number;
  readonly length: number;
  /** Of the first, or of the first of each sequence; 0 without. */
  readonly position: Indices | undefined;
}

/**
 * Rows of a table one after the other, the last one again past its end, for each sequence that has a position.
 * `[length, features]`, or `[sequences * length, features]`.
 */
export function tableRows(
  { name, table, features, length, position }: TableRows,
  to: OnnxBuilder,
): OnnxValue {
  if (position === undefined) {
    return to.once(table, `first ${length}`, () =>
      to.floats(name, [length, features], () => table.values.subarray(0, length * features)),
    );
  }
  const rows = table.length / features;
  return to.once(table, `${length} from ${to.indices(position).name}`, () => {
    const sequences = position.length;
    const firsts = to.reshape(to.indices(position), sequences === 1 ? [1] : [sequences, 1]);
    const all = to.each("Add", range(length, to), firsts);
    const numbers = sequences === 1 ? all : to.reshape(all, [sequences * length]);
    const within = to.each("Min", numbers, to.integers([rows - 1]));
    return to.gather(to.parameter(name, table, [rows, features]), within, 0);
  });
}
