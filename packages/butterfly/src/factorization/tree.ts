import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** The trees that have a name. */
export const NAMED_TREES = ["left-to-right", "right-to-left", "balanced"] as const;

/**
 * In which order a chain is split: a pair at each node, the index of a factor at each leaf. The leaves
 * are `0, 1, ..., L-1` from left to right.
 */
export type CustomTree = number | readonly [CustomTree, CustomTree];

export type FactorizationTree = (typeof NAMED_TREES)[number] | CustomTree;

/** The range of factors `from` to `to - 1`, and how it is split. */
export interface TreeNode {
  readonly from: number;
  readonly to: number;
  readonly children: readonly [TreeNode, TreeNode] | undefined;
}

/**
 * The trees of a chain of `length` factors: one, or two for a balanced tree in which the odd factor of a
 * range may be on the left or on the right.
 *
 * @throws PapilioError `TREE_INVALID` unless a custom one has the leaves `0` to `length - 1` in order
 */
export function treesOf(
  tree: FactorizationTree,
  length: number,
): readonly [TreeNode, ...TreeNode[]] {
  if (typeof tree !== "string") return [customNode(tree, length)];
  switch (tree) {
    case "left-to-right":
      return [nodeOf(length, (from) => from + 1)];
    case "right-to-left":
      return [nodeOf(length, (_, to) => to - 1)];
    case "balanced": {
      const oddLeft = nodeOf(length, (from, to) => Math.ceil((from + to) / 2));
      if (Number.isInteger(Math.log2(length))) return [oddLeft];
      return [oddLeft, nodeOf(length, (from, to) => Math.floor((from + to) / 2))];
    }
    default:
      throw invalid(describeValue(tree satisfies never));
  }
}

/** The tree whose ranges are split where a function says. */
function nodeOf(length: number, at: (from: number, to: number) => number): TreeNode {
  const node = (from: number, to: number): TreeNode => {
    if (to - from === 1) return { from, to, children: undefined };
    const middle = at(from, to);
    return { from, to, children: [node(from, middle), node(middle, to)] };
  };
  return node(0, length);
}

/** What stands for the trees of a chain for those of the transposed one. */
export function mirrored(tree: FactorizationTree, length: number): FactorizationTree {
  if (tree === "left-to-right") return "right-to-left";
  if (tree === "right-to-left") return "left-to-right";
  if (typeof tree === "string") return tree;
  // Whether it is a tree at all is found out when it is used.
  const turn = (part: CustomTree): CustomTree => {
    if (typeof part === "number") return length - 1 - part;
    return Array.isArray(part) && part.length === 2 ? [turn(part[1]), turn(part[0])] : part;
  };
  return Array.isArray(tree) ? turn(tree) : tree;
}

/** Whether each of its splits takes off a single factor, all of them on the same side. */
export function isOneSided(root: TreeNode): boolean {
  const splits: (readonly [TreeNode, TreeNode])[] = [];
  const collect = ({ children }: TreeNode): void => {
    if (children === undefined) return;
    splits.push(children);
    for (const child of children) collect(child);
  };
  collect(root);
  return [0, 1].some((side) =>
    splits.every((children) => (children[side] as TreeNode).children === undefined),
  );
}

function customNode(tree: CustomTree, length: number): TreeNode {
  let next = 0;
  const node = (part: CustomTree): TreeNode => {
    if (typeof part === "number") {
      if (part !== next) throw invalid(`with the leaf ${part} where ${next} comes`);
      next++;
      return { from: part, to: part + 1, children: undefined };
    }
    if (!Array.isArray(part) || part.length !== 2) throw invalid("with a node that is not a pair");
    const children = [node(part[0]), node(part[1])] as const;
    return { from: children[0].from, to: children[1].to, children };
  };
  const root = node(tree);
  if (next !== length) throw invalid(`with ${next} leaves for ${length} factors`);
  return root;
}

function invalid(what: string): PapilioError {
  return new PapilioError(
    "TREE_INVALID",
    `There is no tree ${what}.`,
    `Use one of ${NAMED_TREES.join(", ")}, or nested pairs such as [[0, 1], [2, 3]].`,
  );
}
