import type { Settings } from "./settings.ts";

/** Cuts or fills a list of ids. */
export type LengthRule = (ids: readonly number[]) => readonly number[];

const SAME: LengthRule = (ids) => ids;

/**
 * The truncation of a tokenizer.json, for single texts.
 *
 * @param added how many special tokens are added afterwards
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function truncationOf(settings: Settings | undefined, added: number): LengthRule {
  if (settings === undefined) return SAME;
  const length = settings.count("max_length", 512) - added;
  if (length < 0) throw settings.malformed("max_length", `room for the ${added} special tokens`);
  const right = settings.choice("direction", ["Right", "Left"]) === "Right";
  // The second text of two, which a single one has not.
  if (settings.text("strategy", "LongestFirst") === "OnlySecond")
    throw settings.unsupported("strategy");
  if (settings.count("stride", 0) >= Math.max(1, length)) {
    throw settings.malformed("stride", `less than the ${length} ids that are left`);
  }
  return (ids) => {
    if (ids.length <= length) return ids;
    return right ? ids.slice(0, length) : ids.slice(ids.length - length);
  };
}

/** Ids that lists are filled up to, at most. */
const LONGEST = 2 ** 20;

/**
 * The padding of a tokenizer.json, for single texts.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function paddingOf(settings: Settings | undefined): { rule: LengthRule; id?: number } {
  if (settings === undefined) return { rule: SAME };
  const strategy = settings.raw("strategy") ?? "BatchLongest";
  const fixed =
    strategy === "BatchLongest" ? 0 : settings.required("strategy").count("Fixed", LONGEST + 1);
  const multiple = Math.max(1, settings.count("pad_to_multiple_of", 1));
  if (Math.max(fixed, multiple) > LONGEST) {
    throw settings.malformed("strategy", `a length of at most ${LONGEST}`);
  }
  const right = settings.choice("direction", ["Right", "Left"]) === "Right";
  const id = settings.count("pad_id", 0);
  const rule: LengthRule = (ids) => {
    const length =
      Math.ceil(Math.max(fixed, strategy === "BatchLongest" ? ids.length : 0) / multiple) *
      multiple;
    if (length <= ids.length) return ids;
    const pads = new Array<number>(length - ids.length).fill(id);
    return right ? [...ids, ...pads] : [...pads, ...ids];
  };
  return { rule, id };
}
