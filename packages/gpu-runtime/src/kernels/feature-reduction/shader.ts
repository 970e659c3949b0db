import type { Layout } from "@papilio/butterfly";
import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import { type Binding, dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { largerWgsl } from "../not-a-number.ts";
import {
  clamped,
  enabledBy,
  narrowed,
  opaque,
  range,
  storedType,
  times,
  wideType,
} from "../wgsl.ts";
import type { ReductionLanes, VectorsShape } from "./lanes.ts";

/** Pieces of WGSL for the body of a kernel, which runs for one vector or for `width` of them. */
export interface ReductionBody {
  /** Vectors side by side. */
  readonly width: number;
  /** Type of a number of each of the vectors. */
  readonly type: string;
  /** Runs statements for each feature `f` of this invocation, whose number is `value`. */
  each(statements: string): string;
  /** Defines `name`, of all the vector's invocations, from what each has in `partial`. */
  reduce(name: string, partial: string, operator: "sum" | "max"): string;
  /** For each feature `f` of this invocation, whose number is `value`, writes an expression to y. */
  write(expression: string): string;
  /** WGSL for the number of feature `f` in other vectors, which are stored as x is but for their layout. */
  feature(array: string, layout: Layout): string;
  /** WGSL for a number of each vector. */
  number(array: string): string;
  /** WGSL for a whole number of each vector, in an array of u32. */
  index(array: string): string;
  /** Writes a number of each vector to y, which has one feature. */
  writeNumber(expression: string): string;
}

/**
 * Generates a kernel that reduces vectors and rewrites them. Bindings that its body may read follow
 * x and y. Invocations past the end of the batch compute on the last vectors, and write nothing.
 *
 * @param name of the kernel
 * @param reads what follows x and y: the name of what is stored as x is, or another binding
 */
export function reductionKernel(
  name: string,
  shape: VectorsShape,
  lanes: ReductionLanes,
  reads: readonly (string | Binding)[],
  body: (pieces: ReductionBody) => string,
): Kernel {
  const { batch, features, from, to, dtype } = shape;
  const { columns, slices, width } = lanes;
  const type = wideType(width);
  const x = stridesOf({ batch, layout: from }, features);
  const y = stridesOf({ batch, layout: to }, features);
  const units = batch / width;
  const tiles = Math.ceil(units / columns);
  const grid = dispatchGrid(tiles);
  const exact = units % columns === 0;
  const workgroup = columns * slices;
  // With a width, vectors are neighbours: a step along the batch is one load.
  const at = (unit: string, stride: Strides): string =>
    `${times(unit, stride.vector)} + ${times("f", stride.feature / width)}`;
  const joined = (operator: "sum" | "max", a: string, b: string): string =>
    operator === "sum" ? `${a} + ${b}` : largerWgsl(a, b, width);

  const each = (
    statements: string,
  ): string => `for (var f = slice; f < ${opaque(features)}; f += ${slices}u) {
    let value = ${type}(x[${at("unit", x)}]);
    ${statements}
  }`;

  const stored = (place: string, expression: string): string =>
    `y[${place}] = ${narrowed(dtype, width, expression)};`;

  const pieces: ReductionBody = {
    width,
    type,
    each,
    reduce: (name, partial, operator) => {
      if (slices === 1) return `let ${name} = ${partial};`;
      const other = `met[lane + ${times("apart", columns)}]`;
      return `met[lane] = ${partial};
  workgroupBarrier();
  for (var apart = ${slices / 2}u; apart > 0u; apart /= 2u) {
    if (slice < apart) { met[lane] = ${joined(operator, "met[lane]", other)}; }
    workgroupBarrier();
  }
  let ${name} = met[${columns === 1 ? "0" : `lane % ${columns}u`}];
  workgroupBarrier();`;
    },
    write: (expression) => each(guarded([!exact && "inside"], stored(at("unit", y), expression))),
    feature: (array, layout) =>
      `${type}(${array}[${at("unit", stridesOf({ batch, layout }, features))}])`,
    number: (array) => `${type}(${array}[unit])`,
    index: (array) => {
      if (width === 1) return `${array}[unit]`;
      const each = range(width).map((e) => `${array}[unit * ${width}u + ${e}u]`);
      return `vec${width}u(${each.join(", ")})`;
    },
    writeNumber: (expression) =>
      guarded([!exact && "inside", slices > 1 && "slice == 0u"], stored("unit", expression)),
  };

  const elements = storedType(dtype, width);
  return {
    label: `${name} ${batch}x${features} ${columns}x${slices}x${width}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements, access: "read" },
      { name: "y", elements, access: "read-write" },
      ...reads.map(
        (read): Binding =>
          typeof read === "string" ? { name: read, elements, access: "read" } : read,
      ),
    ],
    workgroups: grid,
    wgsl: `${slices === 1 ? "" : `var<workgroup> met: array<${type}, ${workgroup}>;`}
@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let column = ${times("tile", columns)}${columns === 1 ? "" : ` + lane % ${columns}u`};
  let slice = ${slices === 1 ? "0u" : columns === 1 ? "lane" : `lane / ${columns}u`};
  let unit = ${clamped("column", units, exact)};
  ${exact ? "" : `let inside = column < ${units}u;`}
  ${body(pieces)}
}
`,
  };
}
