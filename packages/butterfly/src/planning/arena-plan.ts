import { requireObject, requireWhole } from "../errors/argument-checks.ts";
import { requireListOf } from "../errors/matrix-checks.ts";

/** Something that needs memory from one step of a program to another. */
export interface Lifetime {
  /** Bytes. */
  readonly size: number;
  /** Index of the first and of the last step that uses it. */
  readonly first: number;
  readonly last: number;
}

/** Where everything lies in an arena, and how good that is. */
export interface ArenaPlan {
  /** Bytes from the arena's start, for each lifetime, in their order. */
  readonly offsets: readonly number[];
  /** Size of the arena, in bytes. */
  readonly bytes: number;
  /** Most bytes in use at one step: no arena is smaller. */
  readonly lowerBound: number;
  /** Bytes of the arena by each order of placing; the smaller one is taken. */
  readonly byOrder: { readonly size: number; readonly breadth: number };
}

/**
 * Places memory by lifetimes: what is not needed at the same time may share bytes. One after the
 * other goes to the smallest gap that holds it, in two orders, of which the better one is kept: the
 * largest first, and those of the fullest step first.
 *
 * Source: the offset calculation of arXiv 2001.03288, greedy by size and greedy by breadth.
 *
 * @param alignment of every offset, in bytes
 */
export function planArena(lifetimes: readonly Lifetime[], alignment: number): ArenaPlan {
  requireListOf("The lifetimes", lifetimes, requireLifetime);
  requireWhole("The alignment", alignment, 1);
  const steps = Math.max(-1, ...lifetimes.map(({ last }) => last)) + 1;
  const alive = Array.from({ length: steps }, (_, step) =>
    lifetimes.filter(({ first, last }) => first <= step && step <= last),
  );
  const breadths = alive.map((these) => these.reduce((sum, { size }) => sum + size, 0));
  const bySize = [...lifetimes].sort((p, q) => q.size - p.size);
  const fullestFirst = breadths
    .map((_, step) => step)
    .sort((p, q) => (breadths[q] as number) - (breadths[p] as number));
  const byBreadth = new Set(
    fullestFirst.flatMap((step) => bySize.filter((item) => alive[step]?.includes(item))),
  );
  const size = place(bySize, alignment);
  const breadth = place(byBreadth, alignment);
  const best = breadth.bytes < size.bytes ? breadth : size;
  return {
    offsets: lifetimes.map((item) => best.offsets.get(item) as number),
    bytes: best.bytes,
    lowerBound: Math.max(0, ...breadths),
    byOrder: { size: size.bytes, breadth: breadth.bytes },
  };
}

function requireLifetime(name: string, value: unknown): void {
  requireObject(name, value, "an object with size, first and last");
  const { size, first, last } = value as Lifetime;
  requireWhole(`The size of ${name}`, size, 0);
  requireWhole(`The first step of ${name}`, first, 0);
  requireWhole(`The last step of ${name}`, last, first);
}

function place(
  order: Iterable<Lifetime>,
  alignment: number,
): { offsets: Map<Lifetime, number>; bytes: number } {
  const offsets = new Map<Lifetime, number>();
  let bytes = 0;
  for (const item of order) {
    const neighbours = [...offsets]
      .filter(([{ first, last }]) => first <= item.last && item.first <= last)
      .sort(([, p], [, q]) => p - q);
    let end = 0;
    let offset: number | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const [{ size }, start] of neighbours) {
      const gap = start - end;
      if (gap >= item.size && gap < smallest) {
        smallest = gap;
        offset = end;
      }
      end = Math.max(end, Math.ceil((start + size) / alignment) * alignment);
    }
    const chosen = offset ?? end;
    offsets.set(item, chosen);
    bytes = Math.max(bytes, chosen + item.size);
  }
  return { offsets, bytes };
}
