import { wideType } from "../wgsl.ts";

/** How an invocation gets at the weights of its block: WGSL. */
export interface Weights {
  /** Elements of one load. */
  readonly load: number;
  /** Statements before the first weight, given the number of the block. */
  readonly begin: readonly string[];
  /** Weight number `e`, and what must stand before its first use. */
  weight(e: number): { readonly before: readonly string[]; readonly value: string };
}

/**
 * Weights that differ from one invocation to the next, which run along the blocks: `blocks` groups of
 * `width` neighbours, of which an invocation has number `block`.
 */
export function weightsAlongBlocks(blocks: number, width: number, block: string): Weights {
  return {
    load: width,
    begin: [],
    weight: (e) => ({
      before: [],
      value: `${wideType(width)}(w[${block} + ${e * blocks}u])`,
    }),
  };
}

/**
 * Weights that are the same for a whole workgroup, `count` for each block, of `width` neighbouring
 * blocks. They come in loads of four where blocks are single.
 *
 * @param block WGSL for its number among those that are stored
 * @param broadcast a fixed subgroup size, whose members each load a part and broadcast it, or `load`
 */
export function weightsOfBlock(
  count: number,
  width: number,
  broadcast: "load" | number,
  block: string,
): Weights {
  const load = width === 1 ? 4 : width;
  const perLoad = width === 1 ? 4 : 1;
  const loads = count / perLoad;
  const element = (name: string, e: number): string =>
    width === 1 ? `${name}[${e % perLoad}]` : name;
  const seen = new Set<number>();
  /** The statement that loads number `index`, once. */
  const once = (index: number, statement: string): string[] => {
    if (seen.has(index)) return [];
    seen.add(index);
    return [statement];
  };
  const type = wideType(load);
  return {
    load,
    begin: [`let weights = ${block} * ${loads}u;`],
    weight(e) {
      const index = Math.floor(e / perLoad);
      if (broadcast === "load") {
        const before = once(index, `let w${index} = ${type}(w[weights + ${index}u]);`);
        return { before, value: element(`w${index}`, e) };
      }
      const turn = Math.floor(index / broadcast);
      const first = turn * broadcast;
      const inside = first + broadcast <= loads;
      const member = inside ? `member + ${first}u` : `min(member + ${first}u, ${loads - 1}u)`;
      const before = once(turn, `let shared${turn} = ${type}(w[weights + ${member}]);`);
      return {
        before,
        value: `subgroupBroadcast(${element(`shared${turn}`, e)}, ${index % broadcast}u)`,
      };
    },
  };
}

/**
 * Weights that are the same for a whole workgroup, `count` for each of `blocks` blocks whose weights lie
 * side by side, one by one.
 */
export function weightsAcrossBlocks(
  count: number,
  blocks: number,
  broadcast: "load" | number,
  block: string,
): Weights {
  const seen = new Set<number>();
  return {
    load: 1,
    begin: [`let weights = ${block};`],
    weight(e) {
      if (broadcast === "load") {
        return { before: [], value: `f32(w[weights + ${e * blocks}u])` };
      }
      const turn = Math.floor(e / broadcast);
      const first = turn * broadcast;
      const member = `min(member + ${first}u, ${count - 1}u)`;
      const before = seen.has(turn)
        ? []
        : [`let shared${turn} = f32(w[weights + ${member} * ${blocks}u]);`];
      seen.add(turn);
      return { before, value: `subgroupBroadcast(shared${turn}, ${e % broadcast}u)` };
    },
  };
}
