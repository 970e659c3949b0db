import { Chain, PapilioError } from "@papilio/butterfly";
import { didYouMean } from "@papilio/butterfly/errors";

/**
 * The chain that a flag names for a matrix: `monarch`, `dyadic`, or patterns.
 *
 * @throws PapilioError `FLAG_INVALID` when there is none of this name for the shape; what
 *   {@link Chain.parse} throws
 */
export function chainFor(text: string, rows: number, cols: number, rank: number): Chain {
  if (text === "monarch") {
    const chain = monarchFor(rows, cols, rank);
    if (chain !== undefined) return chain;
    throw new PapilioError(
      "FLAG_INVALID",
      `There is no Monarch chain for ${rows} x ${cols}: rows and columns have no divisor in common that fits.`,
      "Use --chain auto, which tries low ranks too. Pad the matrix for more chains.",
    );
  }
  if (rank !== 1) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--rank goes with --chain monarch alone.",
      "Write the rank into the patterns, or leave out --rank.",
    );
  }
  if (text === "dyadic") {
    if (rows === cols) return Chain.squareDyadic(rows);
    throw new PapilioError(
      "FLAG_INVALID",
      `A dyadic chain is square, but the matrix is ${rows} x ${cols}.`,
      monarchFor(rows, cols, 1) !== undefined
        ? "Use --chain monarch, auto, or patterns of your own."
        : "Use --chain auto, which tries low ranks too. Pad the matrix for more chains.",
    );
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

/** The Monarch chain with the fewest values; undefined where there is none of this shape. */
function monarchFor(rows: number, cols: number, rank: number): Chain | undefined {
  try {
    return Chain.monarch({ rows, cols, rank });
  } catch (error) {
    if (error instanceof PapilioError && error.code === "CHAIN_SIZE") return undefined;
    throw error;
  }
}
