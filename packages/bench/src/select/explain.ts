import { caseName } from "../cases/case.ts";
import type { RankedCandidate } from "./candidates.ts";
import type { Validation } from "./leave-one-out.ts";
import type { Observations } from "./observations.ts";
import type { Quantity, Question, Selection } from "./question.ts";

interface Grounds {
  readonly question: Question;
  readonly best: RankedCandidate;
  readonly runnerUp: RankedCandidate | undefined;
  readonly observations: Observations;
  readonly adapter: string;
  readonly validation: Validation | undefined;
}

/** A ratio with its interval: `1.42 times (1.31 to 1.55)`. */
function times({ median, lower, upper }: Quantity): string {
  const interval =
    lower === null || upper === null ? "" : ` (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
  return `${median.toFixed(2)} times${interval}`;
}

const MEASURE = "A measurement on this machine would be surer.";

/** A smaller advantage does not count. */
const EQUAL = 1.005;

/** The answer in sentences, with what it rests on. */
export function explain(
  selection: Omit<Selection, "explanation" | "candidates">,
  grounds: Grounds,
): string {
  const { best, layout, runnerUp, advantage, basis } = selection;
  const { chain, batch, dtype } = grounds.question;
  const what = caseName({ chain: chain.toString(), batch, dtype, layout });
  const lead = `${comparison(best, runnerUp, advantage)} for ${what}`;
  switch (basis) {
    case "measured": {
      const date = grounds.best.source?.date.slice(0, 10) ?? "";
      return `${lead}, measured on ${grounds.adapter}${date && ` on ${date}`}.`;
    }
    case "interpolated":
      return `${lead}, predicted from other cases measured on ${grounds.adapter}${nearest(grounds)}. ${track(grounds.validation)}${reach(selection, grounds)}`;
    case "model": {
      const parts = [grounds.best, grounds.runnerUp].filter((one) => one !== undefined);
      if (parts.some((one) => one.basis !== "model")) {
        const how = parts.map((one) =>
          one.basis === "model"
            ? `${one.implementation} by its cost model, because the results do not tell of it`
            : `${one.implementation} ${one.basis} on ${grounds.adapter}`,
        );
        return `${lead}: ${how.join(", ")}. ${MEASURE}`;
      }
      const others =
        grounds.observations.otherRuns > 0
          ? ` ${grounds.observations.otherRuns} of the results given are of other adapters, and were not used.`
          : "";
      return `${lead}, by the cost model alone: nothing measured on ${grounds.adapter} covers it, and the model knows bytes, arithmetic and dispatches, not layouts, nor how well a kernel does.${others}`;
    }
  }
}

function comparison(
  best: string,
  runnerUp: string | undefined,
  advantage: Quantity | undefined,
): string {
  if (runnerUp === undefined || advantage === undefined) return `${best} is the only one known`;
  if (advantage.lower === null && advantage.median < EQUAL) {
    return `${best} and ${runnerUp} are equally fast`;
  }
  return `${best} is ${times(advantage)} as fast as ${runnerUp}`;
}

function nearest({ best }: Grounds): string {
  return best.interpolated === undefined ? "" : ` (nearest: ${best.interpolated.nearest.name})`;
}

function track(validation: Validation | undefined): string {
  if (validation === undefined || validation.trials.length === 0) {
    return "There are too few measured cases to say how often such predictions are right.";
  }
  const { leftOut, trials, asGood } = validation;
  const how = leftOut === "case" ? "each case" : "each chain";
  return `With ${how} left out in turn, such predictions chose the fastest, or one that needs at most 10 % longer, in ${asGood} of ${trials.length} cases.`;
}

function reach({ confidence }: Pick<Selection, "confidence">, { validation }: Grounds): string {
  const enough = validation !== undefined && validation.trials.length > 0;
  return confidence === null && enough
    ? " This one lies further from what was measured than those, or they are too few: how sure it is, nothing tells."
    : "";
}
