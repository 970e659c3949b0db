import { wrongArgument } from "@papilio/butterfly/errors";
import type { LinearKind } from "../results/model-results.ts";
import type { BuiltModel, ModelSubject } from "./subject.ts";

/** A kind of run that is timed. */
export interface Run {
  readonly subject: ModelSubject;
  readonly sequences: number | undefined;
  build(linear: LinearKind): BuiltModel;
}

/**
 * Of one, and of several sequences together where they are asked for.
 *
 * @throws PapilioError `OPTION_INVALID` where the model has no sequences
 */
export function runsOf(
  subject: ModelSubject,
  { sequences, seed }: { readonly sequences?: number | undefined; readonly seed: number },
): Run[] {
  const build = (linear: LinearKind): BuiltModel => subject.build(linear, seed);
  const one = { subject, sequences: undefined, build };
  if (sequences === undefined) return [one];
  const together = subject.together?.(sequences);
  if (together === undefined) {
    throw wrongArgument("sequences", `${sequences}`, `left out: ${subject.name} has no sequences`);
  }
  const { trace, ...own } = together;
  return [
    one,
    {
      subject: { ...subject, ...own },
      sequences,
      build: (linear) => {
        const { model } = build(linear);
        return { model, trace: (units) => trace(model, units) };
      },
    },
  ];
}
