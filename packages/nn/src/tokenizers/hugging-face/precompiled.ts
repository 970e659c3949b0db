import type { Normalizer } from "./normalizers.ts";
import type { Settings } from "./settings.ts";

/** Bytes of a character in UTF-8 that is longer are looked up by themselves. */
const LONGEST = 6;

/**
 * The normalizer of SentencePiece models: what is in a table is replaced, cluster by cluster of characters.
 *
 * Source: the crate spm_precompiled, as the reference implementation calls it, its oddities included (the
 * shortest entry that a cluster begins with replaces all of it); the table is a double array of darts-clone,
 * of uint32, after its size in bytes, before texts that end with 0.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 */
export function precompiledNormalizer(settings: Settings): Normalizer {
  const refuse = (): Error =>
    settings.malformed("precompiled_charsmap", "a table of SentencePiece's");
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(settings.text("precompiled_charsmap")), (one) =>
      one.charCodeAt(0),
    );
  } catch {
    throw refuse();
  }
  if (bytes.length < 4) throw refuse();
  const view = new DataView(bytes.buffer);
  const size = view.getUint32(0, true);
  if (size % 4 !== 0 || 4 + size > bytes.length) throw refuse();
  const units = Uint32Array.from({ length: size / 4 }, (_, index) =>
    view.getUint32(4 + 4 * index, true),
  );
  const texts = bytes.subarray(4 + size);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  const replacement = (key: Uint8Array): string | undefined => {
    const at = shortest(units, key);
    if (at === undefined) return undefined;
    const end = texts.indexOf(0, at);
    return decoder.decode(texts.subarray(at, end < 0 ? undefined : end));
  };
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return (text) => {
    let normalized = "";
    for (const { segment } of segmenter.segment(text)) {
      const key = encoder.encode(segment);
      const whole = key.length < LONGEST ? replacement(key) : undefined;
      if (whole !== undefined) normalized += whole;
      else {
        for (const one of segment) normalized += replacement(encoder.encode(one)) ?? one;
      }
    }
    return normalized;
  };
}

/** Where the text of the shortest entry is that a key begins with. */
function shortest(units: Uint32Array, key: Uint8Array): number | undefined {
  let node = offset(units[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    const unit = units[node];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    node ^= offset(unit);
    // Whether an entry ends here.
    if ((unit >>> 8) & 1) return (units[node] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
