import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireText } from "@papilio/butterfly/errors";

/** The smallest and the largest of the logits that are finite, and how many are minus infinity. */
export interface LogitRange {
  readonly ruledOut: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Refuses logits that say nothing of what is likely: one that is NaN or plus infinity, or none that is
 * above minus infinity, which rules out a token or a class.
 *
 * @param what whose logits they are, such as `the next token`
 * @throws PapilioError `LOGITS_INVALID`
 */
export function requireLogits(logits: Float32Array, what: string): void {
  requireText("What the logits are for", what);
  requireArray("The logits", logits, "Float32Array");
  logitRange(logits, what);
}

/**
 * The range of valid logits, minus infinity left aside.
 *
 * @throws PapilioError `LOGITS_INVALID`, as `requireLogits`
 */
export function logitRange(logits: Float32Array, what: string): LogitRange {
  let ruledOut = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  // A vocabulary has 100,000 tokens and more: no iterator, and one way through for what is in the range.
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index] as number;
    if (logit >= least && logit <= most) continue;
    if (!(logit < Number.POSITIVE_INFINITY)) {
      throw invalid(`Logit ${index} of ${logits.length} for ${what} is ${logit}.`);
    }
    if (logit === Number.NEGATIVE_INFINITY) {
      ruledOut++;
      continue;
    }
    if (logit < least) least = logit;
    if (logit > most) most = logit;
  }
  if (least > most)
    throw invalid(`None of ${logits.length} logits for ${what} is a finite number.`);
  return { ruledOut, least, most };
}

function invalid(message: string): PapilioError {
  return new PapilioError(
    "LOGITS_INVALID",
    message,
    "Check the weights and the inputs for NaN and infinities; with f16, whose numbers end at 65504, try f32.",
  );
}
