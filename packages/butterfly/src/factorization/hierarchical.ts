import type { Dropped } from "../linear-algebra/dropped.ts";
import type { Chain } from "../pattern/chain.ts";
import type { Parts } from "./parts.ts";
import { returnParts } from "./spare-buffers.ts";
import { NOTHING, orthonormalizeLeft, splitOf } from "./split.ts";
import type { Split } from "./split-task.ts";
import type { Splitter } from "./splitter.ts";
import type { TreeNode } from "./tree.ts";

/** The factors of a range, and the index of the one that carries the norm: the others are orthonormal. */
interface FactorizedRange {
  readonly factors: readonly Parts[];
  readonly centre: number;
}

/** What {@link splitHierarchically} finds. */
export interface HierarchicalSplit {
  /** The values of the factors, left-most first, in memory of `takeParts`: a single one is what was given. */
  readonly factors: readonly Parts[];
  /** What the first split dropped; nothing where there is none. */
  readonly droppedFirst: Dropped;
}

/** The split of a run of a chain, `from` to `to - 1`, before factor `at`. */
export function splitAt(chain: Chain, from: number, at: number, to: number): Split {
  return splitOf(chain.product(from, at), chain.product(at, to));
}

/**
 * Splits a matrix down a tree, each time into the best product of two, until a factor is left at each
 * leaf. Where the factors to the left of one have orthonormal columns in each class and those to the
 * right of it orthonormal rows, what is dropped of it has the norm that it has in the matrix; so it is
 * arranged before each split.
 *
 * Source: arXiv 2411.04506, the hierarchical algorithm with orthonormalization.
 *
 * @param chain not transposed
 * @param values of the product of the chain, `[a, b, c, d]`
 */
export async function splitHierarchically(
  chain: Chain,
  values: Parts,
  root: TreeNode,
  splitter: Splitter,
): Promise<HierarchicalSplit> {
  let droppedFirst = NOTHING;
  const descend = async (start: TreeNode, whole: Parts): Promise<FactorizedRange> => {
    const taken: Parts[] = [];
    let [node, product] = [start, whole];
    for (;;) {
      if (node.children === undefined) {
        return { factors: [...taken, product], centre: taken.length };
      }
      const [left, right]: readonly [TreeNode, TreeNode] = node.children;
      const split = splitAt(chain, node.from, left.to, node.to);
      // What is split next carries the norm.
      const side = left.children === undefined ? "left" : "right";
      const found = await splitter.split(product, split, side);
      if (node === root) droppedFirst = { dropped: found.dropped, least: found.least };
      else returnParts(product);
      if (side === "left") {
        // Not by recursion, which would keep every product until the end.
        taken.push(found.left);
        [node, product] = [right, found.right];
        continue;
      }
      const first = await descend(left, found.left);
      if (right.children !== undefined)
        moveNormToRight(chain, left.from, first, found.right, right);
      const second = await descend(right, found.right);
      return {
        factors: [...taken, ...first.factors, ...second.factors],
        centre:
          taken.length +
          (right.children === undefined ? first.centre : first.factors.length + second.centre),
      };
    }
  };
  const { factors } = await descend(root, values);
  return { factors, droppedFirst };
}

/** Moves the norm of a range to the factor on its right. */
function moveNormToRight(
  chain: Chain,
  from: number,
  { factors, centre }: FactorizedRange,
  after: Parts,
  right: TreeNode,
): void {
  for (let index = centre; index < factors.length; index++) {
    const next = factors[index + 1];
    const at = from + index + 1;
    const split = splitAt(chain, at - 1, at, next === undefined ? right.to : at + 1);
    orthonormalizeLeft(factors[index] as Parts, next ?? after, split);
  }
}
