/** A pair of neighbours that may become one token. */
interface Merge {
  readonly score: number;
  /** Where its first token began: ties go to the left-most. */
  readonly at: number;
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/**
 * Merges neighbours until none can be: at each step the pair of the highest score, the left-most of
 * several. With a heap, in `n log n` steps for `n` tokens.
 *
 * @param ids tokens to begin with
 * @param join the token that two neighbours become with its score, if there is one
 */
export function mergePairs(
  ids: readonly number[],
  join: (
    left: number,
    right: number,
  ) => { readonly id: number; readonly score: number } | undefined,
): number[] {
  // A list of tokens, linked both ways; a token that was merged into its left neighbour is -1.
  const tokens = [...ids];
  const next = tokens.map((_, index) => index + 1);
  const previous = tokens.map((_, index) => index - 1);
  const heap: Merge[] = [];
  const consider = (at: number): void => {
    const left = tokens[at];
    const right = tokens[next[at] ?? -1];
    if (left === undefined || right === undefined) return;
    const found = join(left, right);
    if (found !== undefined) push(heap, { score: found.score, at, left, right, merged: found.id });
  };
  for (let at = 0; at < tokens.length; at++) consider(at);
  for (let merge = pop(heap); merge !== undefined; merge = pop(heap)) {
    const { at, left, right, merged } = merge;
    const after = next[at] as number;
    // One of the two may have been merged with another neighbour meanwhile.
    if (tokens[at] !== left || tokens[after] !== right) continue;
    tokens[at] = merged;
    tokens[after] = -1;
    const following = next[after] as number;
    next[at] = following;
    if (following < tokens.length) previous[following] = at;
    const before = previous[at] as number;
    if (before >= 0) consider(before);
    consider(at);
  }
  return tokens.filter((id) => id >= 0);
}

function precedes(p: Merge, q: Merge): boolean {
  return p.score > q.score || (p.score === q.score && p.at < q.at);
}

function push(heap: Merge[], merge: Merge): void {
  let at = heap.length;
  heap.push(merge);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Merge;
    if (!precedes(merge, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = merge;
}

function pop(heap: Merge[]): Merge | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && precedes(right, heap[child] as Merge)) child++;
    if (!precedes(heap[child] as Merge, last)) break;
    heap[at] = heap[child] as Merge;
    at = child;
  }
  heap[at] = last;
  return first;
}
