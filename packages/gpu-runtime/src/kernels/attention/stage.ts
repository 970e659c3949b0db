import { clamped, opaque, times } from "../wgsl.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import { headAt, keyValueHead, keyVector } from "./visibility.ts";

/** What is staged of an operand, and where. */
export interface Stage {
  readonly operand: "q" | "k" | "v";
  readonly vectors: number;
  readonly features: number;
  /** WGSL for the first of each. */
  readonly firstVector: string;
  readonly firstFeature: string;
  /** Invocations that stage it. */
  readonly threads: number;
  /** WGSL that a number becomes, and zero. */
  readonly number: (stored: string) => string;
  readonly zero: string;
  /** WGSL for where it is kept: of `place`, the vector, and `column`, the feature. */
  readonly to: string;
}

/**
 * WGSL that stages `vectors` x `features` numbers of an operand, zeros for those that do not count.
 * Neighbouring invocations take neighbouring addresses.
 */
export function stageWgsl(problem: AttentionProblem, stage: Stage): string {
  const { queries, headFeatures } = problem;
  const { operand, vectors, features, firstVector, firstFeature, threads } = stage;
  const stride = attentionStrides(problem)[operand];
  const [place, column] =
    problem[operand].layout === "batch-last"
      ? [`e % ${vectors}u`, `e / ${vectors}u`]
      : [`e / ${features}u`, `e % ${features}u`];
  const vector =
    operand === "q"
      ? `(sequence * ${queries}u + ${clamped("vector", queries, false)})`
      : keyVector(problem, "vector");
  const head = operand === "q" ? "head" : keyValueHead(problem);
  const read = `${headAt(problem, stride, vector, head)} + ${times(clamped("f", headFeatures, false), stride.feature)}`;
  return `for (var e = thread; e < ${opaque(vectors * features)}; e += ${threads}u) {
        let place = ${place};
        let column = ${column};
        let vector = ${firstVector} + place;
        let f = ${firstFeature} + column;
        let counts = vector < ${operand === "q" ? `${queries}u` : "limit"} && f < ${headFeatures}u;
        ${stage.to} = select(${stage.zero}, ${stage.number(`${operand}[${read}]`)}, counts);
      }`;
}
