import { Chain, Pattern } from "@papilio/butterfly";

const REPETITIONS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
const BLOCK_SIZES = [48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];
/** Blocks that the paper's grid leaves out, in either orientation. */
const LEFT_OUT = ["1024 256", "512 128", "256 64"];
/** The paper's batch, 128 images of 196 tokens, for which sizes are bounded. */
const BATCH = 25_088;
const BOUND = 2 ** 31;

/**
 * The patterns of arXiv 2405.15013: blocks that are square or four times longer in one direction,
 * where input, output and values have fewer than 2^31 elements each.
 */
export function paperChains(): Chain[] {
  const blocks = BLOCK_SIZES.flatMap((b) =>
    BLOCK_SIZES.filter(
      (c) =>
        (b === c || b === 4 * c || c === 4 * b) &&
        !LEFT_OUT.includes(`${Math.max(b, c)} ${Math.min(b, c)}`),
    ).map((c) => [b, c] as const),
  );
  const patterns = REPETITIONS.flatMap((a) =>
    blocks.flatMap(([b, c]) => REPETITIONS.map((d) => new Pattern(a, b, c, d))),
  );
  return patterns
    .filter(
      ({ rows, cols, nonZeros }) =>
        BATCH * rows < BOUND && BATCH * cols < BOUND && nonZeros < BOUND,
    )
    .map((pattern) => Chain.of([pattern]));
}
