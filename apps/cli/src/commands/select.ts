import {
  assertCaseFits,
  type Case,
  cpuImplementations,
  implementations,
  measureCase,
  suites,
} from "@papilio/bench";
import { type BenchResults, type CaseResult, caseName } from "@papilio/bench/results";
import {
  createSelector,
  type Measured,
  modelLayers,
  type SelectContext,
  type Selection,
} from "@papilio/bench/select";
import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { measureRates } from "@papilio/gpu-runtime/planning";
import { Command } from "commander";
import { readResults } from "../files/results-input.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect, list } from "../flags/options.ts";
import { type NamedQuestion, type QuestionFlags, questionsOf } from "../flags/questions.ts";
import { cacheBytesOf } from "../machine/environment.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Work } from "../process/kept.ts";
import { note } from "../process/print.ts";
import { type Answer, renderAnswers } from "../render/render-selection.ts";

interface Flags extends QuestionFlags {
  readonly results?: readonly string[];
  readonly implementation?: readonly string[];
  readonly measure?: boolean;
  readonly offline?: boolean;
  readonly adapter: string;
  readonly json?: boolean;
}

/** `papilio select`: which implementation is best. */
export function selectCommand(interruption: Interruption): Command {
  return new Command("select")
    .description("Say which implementation is best, by how much, and how sure that is.")
    .option("--pattern <a,b,c,d>", "a pattern; may be repeated", collect)
    .option("--chain <patterns>", "patterns separated by semicolons; may be repeated", collect)
    .option(
      "--layers <file>",
      `a model's layers as JSON, or one of ${Object.keys(modelLayers).join(", ")}`,
    )
    .option("--suite <name>", `cases by name: ${Object.keys(suites).join(", ")}`)
    .option("--batch <sizes>", "batch sizes, separated by commas", list)
    .option("--dtype <types>", "f32, f16, or both", list)
    .option("--layout <layout>", "batch-first or batch-last; without it, the better one is named")
    .option("--results <files...>", "results that `papilio bench --json` wrote")
    .option("--implementation <names>", "those to choose from, separated by commas", list)
    .option("--measure", "measure each case first, for a few seconds")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--offline", "open no adapter: answer for the one of the first results file")
    .option("--json", "print the answers as JSON")
    .addHelpText(
      "after",
      `
Examples:
  papilio select --pattern 4,64,64,4 --batch 128 --dtype f32 --results foundation.jsonl
  papilio select --chain "1,32,32,32; 32,32,32,1" --layout batch-last --measure
  papilio select --layers vit-s-16 --batch 196 --results foundation.jsonl
  papilio select --layers layers.json --json

Answers are measured, interpolated from other cases, or by the cost model alone; each says so.
${exitStatuses()}`,
    )
    .action((flags: Flags) => select(flags, interruption));
}

async function select(flags: Flags, interruption: Interruption): Promise<void> {
  const questions = await questionsOf(flags);
  const files: BenchResults[] = [];
  for (const file of flags.results ?? []) files.push((await readResults(file)).multiplications());
  const chosen = flags.implementation;
  const filter =
    chosen === undefined
      ? {}
      : { filter: (implementation: string) => chosen.includes(implementation) };
  const answers = flags.offline
    ? offline(questions, files, filter, flags)
    : await onAdapter(questions, files, filter, flags, interruption);
  await interruption.finish({ show: () => ({ stdout: textOf(answers, flags) }) });
}

function textOf(answers: readonly Answer[], { json }: Flags): string {
  return json ? JSON.stringify({ answers }, null, 2) : renderAnswers(answers);
}

type Filter = Pick<SelectContext, "filter">;

function offline(
  questions: readonly NamedQuestion[],
  results: readonly BenchResults[],
  filter: Filter,
  { measure }: Flags,
): Answer[] {
  const [first] = results;
  if (first === undefined || measure) {
    throw new PapilioError(
      "FLAG_INVALID",
      first === undefined ? "--offline needs --results." : "--offline excludes --measure.",
      "Give results of the adapter that is asked about, or leave out --offline.",
    );
  }
  const { adapter, rates, processors } = first.environment;
  // `2 x AMD EPYC`: as many threads, whatever the machine that answers has.
  const threads = Number.parseInt(processors, 10) || 1;
  const answer = createSelector({
    adapter,
    results,
    threads,
    ...filter,
    ...(rates ? { rates } : {}),
  });
  return questions.map((named) => attempt(named, () => answer(named.question)));
}

async function onAdapter(
  questions: readonly NamedQuestion[],
  files: readonly Measured[],
  filter: Filter,
  flags: Flags,
  interruption: Interruption,
): Promise<Answer[]> {
  using gpu = await openGpu({ adapter: flags.adapter });
  // What does not fit is known before the first measurement.
  const fitting = questions.map((named) => ({ named, reason: reasonAgainst(gpu, named) }));
  const results: Measured[] = [...files];
  const context = { adapter: gpu.report, results, ...filter };
  if (flags.measure) {
    const asked = fitting.filter(({ reason }) => reason === undefined).map(({ named }) => named);
    const soFar = (measured: Measured): Work => ({
      show: () => ({
        stdout: textOf(answersSoFar(fitting, context, measured), flags),
        stderr: "Stopped before the last case; the answers are those of what was measured.",
      }),
    });
    const onCase = (measured: Measured): Promise<void> => interruption.keep(soFar(measured));
    results.push(await measureAll(gpu, asked, filter, interruption.signal, onCase));
  }
  const known = createSelector(context);
  let modelled: typeof known | undefined;
  const answers: Answer[] = [];
  for (const { named, reason } of fitting) {
    if (reason !== undefined) {
      answers.push({ name: named.name, reason });
      continue;
    }
    try {
      answers.push(found(named, known(named.question)));
    } catch (error) {
      if (!isImpossible(error)) throw error;
      // Measured once, and only where nothing better answers.
      modelled ??= createSelector({ ...context, rates: await measureRates(gpu) });
      const answer = modelled;
      answers.push(attempt(named, () => answer(named.question)));
    }
  }
  return answers;
}

/** Answers by what is measured by now, in the layouts in which it is. */
function answersSoFar(
  fitting: readonly { readonly named: NamedQuestion; readonly reason: string | undefined }[],
  context: SelectContext,
  measured: Measured,
): Answer[] {
  const done = new Set(measured.cases.map(caseName));
  const answer = createSelector({ ...context, results: [...(context.results ?? []), measured] });
  return fitting.map(({ named, reason = "it was not measured." }) => {
    const layouts = casesOf(named).flatMap((item) => (done.has(caseName(item)) ? item.layout : []));
    const [layout] = layouts;
    if (layout === undefined) return { name: named.name, reason };
    const question = layouts.length === 1 ? { ...named.question, layout } : named.question;
    return attempt({ ...named, explicit: false }, () => answer(question));
  });
}

/** The layouts in which a question is to be measured. */
function casesOf({ question }: NamedQuestion): Case[] {
  return (question.layout === undefined ? LAYOUTS : [question.layout]).map((layout) => ({
    ...question,
    layout,
  }));
}

function reasonAgainst(gpu: Gpu, named: NamedQuestion): string | undefined {
  try {
    for (const item of casesOf(named)) assertCaseFits(gpu, item);
    return undefined;
  } catch (error) {
    if (named.explicit || !(error instanceof PapilioError)) throw error;
    return error.message;
  }
}

async function measureAll(
  gpu: Gpu,
  questions: readonly NamedQuestion[],
  { filter = () => true }: Filter,
  signal: AbortSignal,
  onCase: (measured: Measured) => Promise<void>,
): Promise<Measured> {
  const compared = [...implementations, ...cpuImplementations].filter(({ name }) => filter(name));
  const cases: CaseResult[] = [];
  const measured = {
    environment: { adapter: gpu.report, date: new Date().toISOString(), rates: null },
    implementations: compared.map(({ name, description, processor = "adapter" }) => ({
      name,
      description,
      processor,
    })),
    cases,
  };
  const items = questions.flatMap(casesOf);
  const cacheBytes = cacheBytesOf(gpu) ?? 0;
  for (const [index, item] of items.entries()) {
    note(`Measuring ${index + 1} of ${items.length} cases`);
    cases.push(await measureCase(gpu, item, compared, { cacheBytes, signal }));
    await onCase(measured);
  }
  return measured;
}

function found({ name }: NamedQuestion, selection: Selection): Answer {
  return { name, selection };
}

/** The answer, or for one of a list the reason why there is none. */
function attempt(named: NamedQuestion, answer: () => Selection): Answer {
  try {
    return found(named, answer());
  } catch (error) {
    if (named.explicit || !isImpossible(error)) throw error;
    return { name: named.name, reason: error.message };
  }
}

function isImpossible(error: unknown): error is PapilioError {
  return error instanceof PapilioError && error.code === "SELECTION_IMPOSSIBLE";
}
