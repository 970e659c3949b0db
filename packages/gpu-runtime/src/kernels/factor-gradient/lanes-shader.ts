import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { enabledBy, loadWidth, range, storedType, wideType } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { runLoads } from "./run-loads.ts";
import { sliceWgsl } from "./slices.ts";
import { factorGradientName, type LanesFactorGradient } from "./variant.ts";

/** Generates the kernel whose invocations run along a side of the block. Bindings: x, dy, y. */
export function lanesFactorGradient(
  problem: FactorGradientProblem,
  variant: LanesFactorGradient,
): Kernel {
  const { pattern, dtype, count, layout } = problem;
  const { a, b, c, d } = pattern;
  const { lanes, tile, spans, group, turn, broadcast, workgroup, parts } = variant;
  const [alongSize, acrossSize] = lanes === "outputs" ? [b, c] : [c, b];
  const alongTiles = Math.ceil(alongSize / (workgroup * spans));
  const acrossTiles = Math.ceil(acrossSize / tile);
  const groups = d / group;
  const blockTiles = a * groups;
  const tiles = alongTiles * acrossTiles * blockTiles * parts;
  const grid = dispatchGrid(tiles);

  const alongFirst = `(alongTile * ${workgroup}u + lane) * ${spans}u`;
  const acrossFirst = `acrossTile * ${tile}u`;
  const [alongName, acrossName] =
    lanes === "outputs" ? (["dy", "x"] as const) : (["x", "dy"] as const);
  const along = runLoads(
    problem,
    { name: alongName, size: alongSize, run: spans, group, turn },
    alongFirst,
  );
  const across = runLoads(
    problem,
    { name: acrossName, size: acrossSize, run: tile, group, turn },
    acrossFirst,
    broadcast === "load" ? undefined : broadcast,
  );
  const store = storesOf(problem, variant, { alongFirst, acrossFirst });
  const sums = range(tile).flatMap((t) => range(group).map((g) => ({ t, g })));
  // Batch-first, neighbouring blocks are in the same cache lines: one workgroup after another takes them.
  const located =
    layout === "batch-first"
      ? `let blockGroup = tile % ${groups}u;
  let alongTile = (tile / ${groups}u) % ${alongTiles}u;
  let acrossTile = (tile / ${groups * alongTiles}u) % ${acrossTiles}u;
  let i = (tile / ${groups * alongTiles * acrossTiles}u) % ${a}u;`
      : `let alongTile = tile % ${alongTiles}u;
  let acrossTile = (tile / ${alongTiles}u) % ${acrossTiles}u;
  let blockGroup = (tile / ${alongTiles * acrossTiles}u) % ${groups}u;
  let i = (tile / ${alongTiles * acrossTiles * groups}u) % ${a}u;`;
  const wgsl = `@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${broadcast === "load" ? "" : "@builtin(subgroup_invocation_id) member: u32,"}
) {
  ${tileIndexWgsl(grid, tiles)}
  ${located}
  let k = blockGroup * ${group}u;
  ${parts === 1 ? "" : `let part = tile / ${alongTiles * acrossTiles * blockTiles}u;`}
  ${sliceWgsl(count, parts, turn)}
  ${[...along.locate, ...across.locate].join("\n  ")}
  ${sums
    .flatMap(({ t, g }) => range(spans).map((s) => `var ${sumOf(t, s, g)} = 0.0;`))
    .join("\n  ")}
  for (var n = start; n < end; n += ${turn}u) {
    ${[...along.load, ...across.load].join("\n    ")}
    ${sums
      .flatMap(({ t, g }) => [
        ...range(turn).map((u) => `let across${t}_${g}_${u} = ${across.value(t, g, u)};`),
        // All products of a sum follow one another: there are more sums than registers.
        ...range(spans).flatMap((s) =>
          range(turn).map((u) => {
            const sum = sumOf(t, s, g);
            return `${sum} = fma(across${t}_${g}_${u}, ${along.value(s, g, u)}, ${sum});`;
          }),
        ),
      ])
      .join("\n    ")}
  }
  ${store.statements.join("\n  ")}
}
`;
  return {
    label: `factor-gradient ${pattern} ${factorGradientName(variant)}`,
    enables: [...enabledBy(dtype), ...(broadcast === "load" ? [] : ["subgroups" as const])],
    bindings: [
      {
        name: "x",
        elements: storedType(dtype, lanes === "inputs" ? along.width : across.width),
        access: "read",
      },
      {
        name: "dy",
        elements: storedType(dtype, lanes === "inputs" ? across.width : along.width),
        access: "read",
      },
      { name: "y", elements: wideType(store.width), access: "read-write" },
    ],
    wgsl,
    workgroups: grid,
  };
}

/** The sum of value `t` across and `s` along the lanes, of neighbouring block `g`. */
function sumOf(t: number, s: number, g: number): string {
  return `sum${t}_${s}_${g}`;
}

/** Statements that write the sums: those of neighbouring inputs and blocks together, as far as they are contiguous. */
function storesOf(
  { pattern }: FactorGradientProblem,
  { lanes, tile, spans, group, workgroup, parts }: LanesFactorGradient,
  { alongFirst, acrossFirst }: Readonly<Record<"alongFirst" | "acrossFirst", string>>,
): { readonly width: number; readonly statements: readonly string[] } {
  const { b, c, d, nonZeros } = pattern;
  const inputs = lanes === "inputs" ? spans : tile;
  const outputs = lanes === "inputs" ? tile : spans;
  const [firstInput, firstOutput] =
    lanes === "inputs" ? [alongFirst, acrossFirst] : [acrossFirst, alongFirst];
  const perTile = workgroup * spans;
  const exactInputs = c % (lanes === "inputs" ? perTile : tile) === 0;
  const exactOutputs = b % (lanes === "inputs" ? tile : perTile) === 0;
  const width = group === d ? Math.min(loadWidth(inputs * d), loadWidth(c * d)) : loadWidth(group);
  const statements = range(outputs).flatMap((j) =>
    range((inputs * group) / width).map((q) => {
      const sums = range(width).map((e) => {
        const l = Math.floor((q * width + e) / group);
        const g = (q * width + e) % group;
        return lanes === "inputs" ? sumOf(j, l, g) : sumOf(l, j, g);
      });
      const output = `(${firstOutput} + ${j}u)`;
      const input = `(${firstInput} + ${Math.floor((q * width) / group)}u)`;
      const at = `(${output} + i * ${b}u) * ${c * d}u + ${input} * ${d}u + k + ${(q * width) % group}u`;
      const place = parts === 1 ? at : `part * ${nonZeros}u + ${at}`;
      return guarded(
        [!exactOutputs && `${output} < ${b}u`, !exactInputs && `${input} < ${c}u`],
        width === 1
          ? `y[${place}] = ${sums[0]};`
          : `y[(${place}) / ${width}u] = ${wideType(width)}(${sums.join(", ")});`,
      );
    }),
  );
  return { width, statements };
}
