import { Chain, PapilioError } from "@papilio/butterfly";
import { didYouMean } from "@papilio/butterfly/errors";

/**
 * The chain that a flag names for a matrix: `monarch`, `dyadic`, or patterns. Those with a name are for a larger
 * size, to which the matrix is padded, where there is none for its own.
 *
 * @throws PapilioError `FLAG_INVALID` when there is none of this name for the shape; what
 *   {@link Chain.parse} throws
 */
export function chainFor(text: string, rows: number, cols: number, rank: number): Chain {
  if (text === "monarch") {
    return Chain.monarch({ rows, cols, rank, pad: true });
  }
  if (rank !== 1) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--rank goes with --chain monarch alone.",
      "Write the rank into the patterns, or leave out --rank.",
    );
  }
  if (text === "dyadic") {
    return Chain.squareDyadic(2 ** Math.max(1, Math.ceil(Math.log2(Math.max(rows, cols)))));
  }
  const chain = parseChain(text);
  if (chain.rows === rows && chain.cols === cols) return chain;
  throw new PapilioError(
    "FLAG_INVALID",
    `The chain ${chain} is for ${chain.rows} x ${chain.cols}, but the matrix is ${rows} x ${cols}.`,
    "Give patterns whose product has the shape of the matrix.",
  );
}

/** The patterns of a flag; another word may be a name that is misspelt. */
function parseChain(text: string): Chain {
  try {
    return Chain.parse(text);
  } catch (error) {
    const near = didYouMean(text, ["monarch", "dyadic", "auto"]);
    if (!(error instanceof PapilioError) || near === "") throw error;
    throw new PapilioError(error.code, error.message, `${near}${error.fix}`, { cause: error });
  }
}
