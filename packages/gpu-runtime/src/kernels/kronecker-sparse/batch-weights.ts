import { clamped, loadWidth, range, storedBlock, wideType } from "../wgsl.ts";
import type { Lanes, LanesInput } from "./lanes.ts";
import { type KroneckerSparsePacking, weightIndex } from "./packing.ts";

/** How invocations along the batch read the weights of `tile` outputs, which all of them share. */
export interface BatchWeights extends Pick<Lanes, "across" | "loads" | "shared"> {
  /** Elements of a load. */
  readonly width: number;
  /** Statements before the first load, given `outputTile`, `block`, `group_i` and `group_k`. */
  readonly enter: readonly string[];
}

/** Weights in the order of the variant, `[block][tile of outputs][c][tile]`: they are one stream. */
export function weightsInOrder({ problem, variant }: LanesInput): BatchWeights {
  const { pattern, sharing } = problem;
  const { tile, reduction, broadcast } = variant;
  // A turn reads reduction * tile consecutive weights: by every invocation in loads as wide as
  // they can be, or by the members of a subgroup, each as much as it must.
  const perTurn = reduction * tile;
  const needed = broadcast === "load" ? 4 : Math.ceil(perTurn / broadcast);
  const width = Math.min(loadWidth(tile), needed <= 1 ? 1 : needed <= 2 ? 2 : 4);
  const outputTiles = Math.ceil(pattern.b / tile);
  const block = storedBlock(pattern, sharing, { block: "block", i: "group_i", k: "group_k" });
  const common = {
    width,
    enter: [
      `let weights = (${block} * ${outputTiles}u + outputTile) * ${(pattern.c * tile) / width}u;`,
    ],
    // Each once: a load has the weights of several outputs.
    loads: range(perTurn / width).map(
      (n) => `let load${n} = ${wideType(width)}(w[weights + l * ${tile / width}u + ${n}u]);`,
    ),
    across: (t: number, u: number): string => {
      const element = u * tile + t;
      return `load${Math.floor(element / width)}${width === 1 ? "" : `[${element % width}]`}`;
    },
  };
  if (broadcast === "load") return common;
  return {
    ...common,
    shared: {
      loads: range(Math.ceil(perTurn / (broadcast * width))).map((r) => {
        const last = perTurn / width - 1;
        const member = r === 0 ? "member" : `member + ${r * broadcast}u`;
        const index = (r + 1) * broadcast - 1 > last ? `min(${member}, ${last}u)` : member;
        return `let shared${r} = ${wideType(width)}(w[weights + l * ${tile / width}u + ${index}]);`;
      }),
      across: (t, u) => {
        const element = u * tile + t;
        const load = Math.floor(element / width);
        const value = `shared${Math.floor(load / broadcast)}${width === 1 ? "" : `[${element % width}]`}`;
        return `subgroupBroadcast(${value}, ${load % broadcast}u)`;
      },
    },
  };
}

/**
 * Weights in the order of another variant: element by element, or, where weights that a turn needs are
 * neighbours in memory, as many of these as a load takes.
 */
export function weightsInOrderOf(
  packing: KroneckerSparsePacking,
  { problem, variant }: LanesInput,
): BatchWeights {
  const { pattern, sharing } = problem;
  const { tile, reduction, broadcast } = variant;
  const index = weightIndex(pattern, sharing, packing);
  const side = neighbours(packing, variant);
  const width = side.outputs * side.inputs;
  const rows = tile / side.outputs;
  // Whole loads: the last one of a tile may have padding, which nothing reads.
  const last = pattern.b - 1 - ((pattern.b - 1) % side.outputs);
  const output = (t: string): string =>
    `(${clamped(`outputTile * ${tile}u + ${t}`, last + 1, pattern.b % tile === 0)})`;
  const load = (base: string, l: string): string => {
    const at = `${base} + ${index.input(l)}`;
    return `${wideType(width)}(w[${width === 1 ? at : `(${at}) / ${width}u`}])`;
  };
  /** Which load of a turn has a weight, and which element of it that is. */
  const placeOf = (t: number, u: number): { readonly number: number; readonly part: string } => ({
    number: Math.floor(u / side.inputs) * rows + Math.floor(t / side.outputs),
    part: width === 1 ? "" : `[${(t % side.outputs) + (u % side.inputs)}]`,
  });
  if (broadcast === "load") {
    return {
      width,
      enter: range(rows).map(
        (row) => `let weights${row} = ${index.base(output(`${row * side.outputs}u`))};`,
      ),
      across: (t, u) => {
        const row = Math.floor(t / side.outputs);
        const loaded = load(`weights${row}`, `(l + ${u - (u % side.inputs)}u)`);
        return `${loaded}${placeOf(t, u).part}`;
      },
    };
  }
  // The members of a subgroup load one each: of some outputs, and of a step of the turn.
  const perTurn = (reduction / side.inputs) * rows;
  const loads = Math.ceil(perTurn / broadcast);
  const across = (t: number, u: number): string => {
    const { number, part } = placeOf(t, u);
    return `subgroupBroadcast(shared${Math.floor(number / broadcast)}${part}, ${number % broadcast}u)`;
  };
  return {
    width,
    enter: range(loads).flatMap((r) => [
      `let element${r} = min(member + ${r * broadcast}u, ${perTurn - 1}u);`,
      `let weights${r} = ${index.base(output(`element${r} % ${rows}u * ${side.outputs}u`))};`,
      `let step${r} = element${r} / ${rows}u * ${side.inputs}u;`,
    ]),
    across,
    shared: {
      loads: range(loads).map((r) => `let shared${r} = ${load(`weights${r}`, `(l + step${r})`)};`),
      across,
    },
  };
}

/** How many weights of a turn one load takes: of neighbouring outputs, or of neighbouring inputs. */
function neighbours(
  packing: KroneckerSparsePacking,
  { tile, reduction, broadcast }: LanesInput["variant"],
): { readonly outputs: number; readonly inputs: number } {
  if (packing.order === "vector") {
    const { vector } = packing.variant;
    return { outputs: 1, inputs: reduction % vector === 0 ? vector : 1 };
  }
  if (packing.order === "blocks") return { outputs: 1, inputs: 1 };
  const needed = broadcast === "load" ? 4 : Math.ceil((reduction * tile) / broadcast);
  const most = needed <= 1 ? 1 : needed <= 2 ? 2 : 4;
  const contiguous = packing.order === "padded" ? packing.outputs : packing.tile;
  return { outputs: Math.min(loadWidth(tile), loadWidth(contiguous), most), inputs: 1 };
}
