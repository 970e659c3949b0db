/** Characters of a text in a message, at most. */
const LONGEST = 80;
/** Elements of a list that are shown, at most. */
const SHOWN = 8;

/**
 * A value that somebody gave, for a message: short whatever it is. Nothing is walked into, so that
 * values that nest without end or contain themselves are named too.
 *
 * @example
 * ```ts
 * describeValue("a".repeat(1000)); // "aaaa…" in quotes, cut
 * describeValue([224, [224]]); // "[224, a list]"
 * ```
 */
export function describeValue(value: unknown): string {
  if (!Array.isArray(value)) return describeOne(value);
  const shown = value.slice(0, SHOWN).map(describeOne).join(", ");
  return `[${shown}${value.length > SHOWN ? `, and ${value.length - SHOWN} more` : ""}]`;
}

function describeOne(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
    case "function":
      return "a function";
    case "bigint": {
      const digits = String(value);
      return digits.length > LONGEST ? `a whole number of ${digits.length} digits` : digits;
    }
    default:
      return String(value);
  }
}
