import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireWhole } from "@papilio/butterfly/errors";
import { listOf } from "../arguments/checks.ts";

/** Numbers of all vectors, at most. */
const MOST_NUMBERS = 2 ** 29;

/**
 * A vector for each node of a graph of documents, by the words that these have: each word counts the same, and all of them
 * add up to 1, as is usual for Cora (arXiv 1609.02907). A document without words has zeros.
 *
 * @param words of each node, from 0 to below `features`
 * @param features words that there are
 * @returns `[nodes, features]`
 * @throws PapilioError `OPTION_INVALID`; `INDEX_RANGE` for a word that there is not
 */
export function bagsOfWords(
  words: readonly (readonly number[])[],
  features: number,
): Float32Array<ArrayBuffer> {
  listOf(requireList)("The words", words);
  requireWhole("The number of features", features, 1);
  if (words.length * features > MOST_NUMBERS) {
    throw new PapilioError(
      "OPTION_INVALID",
      `${words.length} nodes of ${features} features have more than ${MOST_NUMBERS} numbers.`,
      "Give fewer nodes, or fewer features.",
    );
  }
  const numbers = new Float32Array(words.length * features);
  for (const [node, own] of words.entries()) {
    for (const word of own) {
      if (!Number.isInteger(word) || word < 0 || word >= features) {
        throw new PapilioError(
          "INDEX_RANGE",
          `Node ${node} has the word ${describeValue(word)}, and words are from 0 to ${features - 1}.`,
          "Give the number of a word.",
        );
      }
      numbers[node * features + word] = 1 / own.length;
    }
  }
  return numbers;
}
