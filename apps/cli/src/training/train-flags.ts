import { PapilioError } from "@papilio/butterfly";
import { warmupCosine } from "@papilio/nn/training";
import { numberFrom, oneOf, wholeNumber } from "../flags/options.ts";
import { MODELS, type TrainingChoice } from "./train-model.ts";

/** The flags of `papilio train`. */
export interface TrainFlags {
  readonly model?: string;
  readonly target?: string;
  readonly task?: string;
  readonly test: string;
  readonly linear: string;
  readonly layers: string;
  readonly features: string;
  readonly heads: string;
  readonly context: string;
  readonly imageSize: string;
  readonly patch: string;
  readonly labels?: string;
  readonly tokenizer?: string;
  readonly validation: string;
  readonly validationData?: string;
  readonly shift: string;
  readonly flip?: boolean;
  readonly smoothing: string;
  readonly dropout: string;
  readonly steps: string;
  readonly batch: string;
  readonly accumulate: string;
  readonly optimizer: string;
  readonly rate: string;
  readonly warmup: string;
  readonly decay: string;
  readonly clip?: string;
  readonly seed: string;
  readonly factors: string;
  readonly oneRate?: boolean;
  readonly evaluateEvery: string;
  readonly keepEvery: string;
  readonly from?: string;
  readonly teacher?: string;
  readonly temperature: string;
  readonly backend: string;
  readonly adapter: string;
  readonly out: string;
  readonly metrics?: string;
  readonly resume?: boolean;
  readonly weightsOnly?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** What is trained on what. Throws `FLAG_INVALID`. */
export function choiceOf(data: string, flags: TrainFlags): TrainingChoice {
  const size = (flag: string, text: string): number => wholeNumber(flag, text, 1, 2 ** 16);
  const share = (flag: string, text: string): number => numberFrom(flag, text, 0, 0.999);
  const model = modelOf(flags);
  const test = share("--test", flags.test);
  return {
    data,
    validationData: flags.validationData,
    labels: flags.labels,
    tokenizer: flags.tokenizer,
    model,
    target: flags.target,
    task:
      flags.task === undefined
        ? undefined
        : oneOf("--task", flags.task, ["classification", "regression"]),
    test: model === "mlp" ? test : undefined,
    linear: flags.linear,
    layers: wholeNumber("--layers", flags.layers, 1, 1024),
    features: size("--features", flags.features),
    heads: size("--heads", flags.heads),
    context: size("--context", flags.context),
    imageSize: wholeNumber("--image-size", flags.imageSize, 1, 4096),
    patch: wholeNumber("--patch", flags.patch, 1, 4096),
    batch: size("--batch", flags.batch),
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 32 - 1),
    validation: share("--validation", flags.validation),
    shift: wholeNumber("--shift", flags.shift, 0, 4096),
    flip: flags.flip ?? false,
    smoothing: share("--smoothing", flags.smoothing),
    dropout: share("--dropout", flags.dropout),
    temperature: numberFrom("--temperature", flags.temperature, 0.01, 1000),
  };
}

/** A perceptron where a column of a table is named. */
function modelOf({ model, target, task }: TrainFlags): TrainingChoice["model"] {
  if (model === undefined && target === undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      "Neither --model nor --target is given.",
      "Give --model KIND, or --target COLUMN for a table.",
    );
  }
  const kind = model === undefined ? "mlp" : oneOf("--model", model, MODELS);
  if (kind === "mlp" || (target === undefined && task === undefined)) return kind;
  throw new PapilioError(
    "FLAG_INVALID",
    `--${target === undefined ? "task" : "target"} is given, and a model of the kind ${kind} takes no table.`,
    "Leave it out, or give --model mlp.",
  );
}

/** How it is trained. Throws `FLAG_INVALID`. */
export function settingsOf(flags: TrainFlags): {
  readonly steps: number;
  readonly accumulate: number;
  readonly optimizer: "adam" | "adamw" | "sgd";
  readonly rate: number;
  readonly warmup: number;
  readonly schedule: ReturnType<typeof warmupCosine>;
  readonly decay: number;
  readonly clip: number | undefined;
  readonly evaluateEvery: number;
  readonly keepEvery: number;
  readonly backend: "cpu" | "gpu";
  readonly factors: "normal" | "orthogonal";
  readonly oneRate: boolean;
} {
  const count = (flag: string, text: string, least = 0): number =>
    wholeNumber(flag, text, least, 1e9);
  const steps = count("--steps", flags.steps, 1);
  const rate = numberFrom("--rate", flags.rate, 0, 1e6);
  const factors = oneOf("--factors", flags.factors, ["normal", "orthogonal"]);
  if (factors !== "normal" && flags.from !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--factors draws first numbers, and --from has them.",
      "Leave one of them out.",
    );
  }
  const warmup = wholeNumber("--warmup", flags.warmup, 0, steps);
  return {
    steps,
    rate,
    warmup,
    schedule: warmupCosine({ rate, warmup, steps }),
    accumulate: count("--accumulate", flags.accumulate, 1),
    optimizer: oneOf("--optimizer", flags.optimizer, ["adamw", "adam", "sgd"]),
    decay: numberFrom("--decay", flags.decay, 0, 1e6),
    clip: flags.clip === undefined ? undefined : numberFrom("--clip", flags.clip, 0, 1e6),
    evaluateEvery: count("--evaluate-every", flags.evaluateEvery),
    keepEvery: count("--keep-every", flags.keepEvery),
    backend: oneOf("--backend", flags.backend, ["cpu", "gpu"]),
    factors,
    oneRate: flags.oneRate ?? false,
  };
}
