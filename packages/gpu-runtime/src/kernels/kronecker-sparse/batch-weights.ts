import { clamped, loadWidth, range, storedBlock, wideType } from "../wgsl.ts";
import type { Lanes, LanesInput } from "./lanes.ts";
import { type KroneckerSparsePacking, weightIndex } from "./packing.ts";

/** How invocations along the batch read the weights of `tile` outputs, which all of them share. */
export interface BatchWeights extends Pick<Lanes, "across" | "shared"> {
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
    across: (t: number, u: number): string => {
      const element = u * tile + t;
      const load = `w[weights + l * ${tile / width}u + ${Math.floor(element / width)}u]`;
      return `f32(${width === 1 ? load : `${load}[${element % width}]`})`;
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

/** Weights in the order of another variant, element by element. */
export function weightsInOrderOf(
  packing: KroneckerSparsePacking,
  { problem, variant }: LanesInput,
): BatchWeights {
  const { pattern, sharing } = problem;
  const { tile, reduction, broadcast } = variant;
  const index = weightIndex(pattern, sharing, packing);
  const output = (t: string): string =>
    `(${clamped(`outputTile * ${tile}u + ${t}`, pattern.b, pattern.b % tile === 0)})`;
  if (broadcast === "load") {
    return {
      width: 1,
      enter: range(tile).map((t) => `let weights${t} = ${index.base(output(`${t}u`))};`),
      across: (t, u) => `f32(w[weights${t} + ${index.input(`(l + ${u}u)`)}])`,
    };
  }
  // The members of a subgroup load an element each: of an output, and a step of the turn.
  const perTurn = reduction * tile;
  const loads = Math.ceil(perTurn / broadcast);
  const across = (t: number, u: number): string => {
    const element = u * tile + t;
    return `subgroupBroadcast(shared${Math.floor(element / broadcast)}, ${element % broadcast}u)`;
  };
  return {
    width: 1,
    enter: range(loads).flatMap((r) => [
      `let element${r} = min(member + ${r * broadcast}u, ${perTurn - 1}u);`,
      `let weights${r} = ${index.base(output(`element${r} % ${tile}u`))};`,
      `let step${r} = element${r} / ${tile}u;`,
    ]),
    across,
    shared: {
      loads: range(loads).map(
        (r) => `let shared${r} = f32(w[weights${r} + ${index.input(`(l + step${r})`)}]);`,
      ),
      across,
    },
  };
}
