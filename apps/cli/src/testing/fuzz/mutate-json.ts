import type { Random } from "./random.ts";

/** Values that a file may have in place of another, and still be JSON. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    2,
    1.5,
    0.5,
    255,
    2 ** 24,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e-12,
    1e300,
  ],
  ...["", "x", "\u0000", "\u001b[31m", "\ud800", "0", "__proto__", "constructor", "x".repeat(5000)],
  ...[[], {}, [[]], [null], [1, 2], ["x"], { a: 1 }, { x: { y: [] } }, Array(2000).fill(0)],
];

/**
 * Changes a value, a key or an entry of a JSON text, or of one of its lines, which stays JSON. Undefined
 * where it is not one.
 */
export function mutateJson(text: string, random: Random): string | undefined {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  try {
    const root = { root: JSON.parse(lines[at] as string) as unknown };
    for (let count = 1 + random.below(2); count > 0; count--) change(root, random);
    return lines.with(at, JSON.stringify(root.root)).join("\n");
  } catch {
    return undefined;
  }
}

type Container = Record<string, unknown> | unknown[];

function change(root: Container, random: Random): void {
  const places = placesIn(root);
  const [container, key] = random.pick(places);
  const fields = container as Record<string, unknown>;
  const [other, otherKey] = random.pick(places);
  switch (random.below(8)) {
    case 0:
      delete fields[key];
      break;
    case 1:
      fields[`${key}${random.pick(["", " ", "2", "_"])}`] = copy(random.pick(VALUES));
      break;
    case 2:
      // What stands elsewhere, unless it contains this place.
      fields[key] = copy((other as Record<string, unknown>)[otherKey]);
      break;
    case 3:
      if (Array.isArray(container)) container.splice(Number(key), 0, copy(container[Number(key)]));
      else fields[random.pick(["__proto__x", "toString", "length"])] = copy(fields[key]);
      break;
    default:
      fields[key] = copy(random.pick(VALUES));
  }
}

/** Apart from what it is a copy of, so that nothing contains itself. */
function copy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** Every value's container and its key there. */
function placesIn(container: Container): [container: Container, key: string][] {
  return Object.entries(container).flatMap(([key, value]) => [
    [container, key],
    ...(typeof value === "object" && value !== null ? placesIn(value as Container) : []),
  ]);
}
