import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireText } from "@papilio/butterfly/errors";

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
  let possible = false;
  for (const [index, logit] of logits.entries()) {
    if (logit < Number.POSITIVE_INFINITY) possible ||= logit > Number.NEGATIVE_INFINITY;
    else throw invalid(`Logit ${index} of ${logits.length} for ${what} is ${logit}.`);
  }
  if (!possible) throw invalid(`None of ${logits.length} logits for ${what} is a finite number.`);
}

function invalid(message: string): PapilioError {
  return new PapilioError(
    "LOGITS_INVALID",
    message,
    "Check the weights and the inputs for NaN and infinities; with f16, whose numbers end at 65504, try f32.",
  );
}
