import { describeValue } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import { quoteNames, weightsError } from "./weights-error.ts";

/** An index of shards that was checked. */
export interface ShardIndex {
  /** Names of tensors by the file that has them. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bytes of all tensors, where the index says so. */
  readonly totalBytes: number | undefined;
}

/** Name of the index of a checkpoint in shards, and of the file of one that has none. */
export const INDEX_FILE = "model.safetensors.index.json";
export const SINGLE_FILE = "model.safetensors";

/** Bytes of an index, at most: those of the largest models have a few hundred thousand. */
export const MOST_INDEX_BYTES: number = 2 ** 26;

/** Values of an index, at most: half a million tensors. */
const MOST_VALUES = 2 ** 19;

/**
 * Reads the index of a checkpoint in shards: `{ metadata: { total_size }, weight_map: { tensor: file } }`.
 *
 * @throws PapilioError `STATE_DICT_INDEX`, also when a file's name is more than a name and so could
 *   leave the folder
 */
export function parseShardIndex(bytes: Uint8Array): ShardIndex {
  let index: unknown;
  try {
    index = parseJsonText(bytes, { values: MOST_VALUES, uniqueKeys: true });
  } catch (cause) {
    throw weightsError(
      "STATE_DICT_INDEX",
      `The index cannot be read as JSON: ${(cause as Error).message}.`,
      cause,
    );
  }
  const { weight_map: places, metadata } = asObject(index, "index");
  const shards = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(asObject(places, "weight_map of the index"))) {
    if (typeof file !== "string" || !isPlainFileName(file)) {
      throw weightsError(
        "STATE_DICT_INDEX",
        `The index has the tensor ${quoteNames([tensor])} in ${describeValue(file)}, which is not a name of a .safetensors file.`,
      );
    }
    const names = shards.get(file);
    if (names === undefined) shards.set(file, new Set([tensor]));
    else names.add(tensor);
  }
  return { shards, totalBytes: readTotal(metadata) };
}

/** A name without a folder, a drive, or anything that an address or a terminal would take for more. */
function isPlainFileName(name: string): boolean {
  return name.length <= 255 && /^[^/\\:\p{Cc}]+\.safetensors$/u.test(name);
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw weightsError("STATE_DICT_INDEX", `The ${what} is not an object.`);
}

/** Metadata is for people: a total that is not a number is ignored. */
function readTotal(metadata: unknown): number | undefined {
  const total = (metadata as { total_size?: unknown } | null | undefined)?.total_size;
  return Number.isSafeInteger(total) && (total as number) >= 0 ? (total as number) : undefined;
}
