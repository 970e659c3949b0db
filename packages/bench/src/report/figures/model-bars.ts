import { counted, percent, quantity } from "../../analysis/format.ts";
import { estimateMedian } from "../../analysis/statistics.ts";
import type {
  ModelResults,
  PartKind,
  Processor,
  VariantResult,
} from "../../results/model-results.ts";
import { PART_KINDS, PROCESSORS } from "../../results/model-results.ts";
import { barPanel } from "../bars.ts";
import type { Panel, Sketch } from "../figure.ts";
import { type ColourName, colour } from "../theme.ts";

const ENGINE_NAMES = { papilio: "Papilio", onnxruntime: "ONNX Runtime" } as const;

const WHERE: Readonly<Record<Processor, string>> = {
  cpu: "on the CPU",
  adapter: "on an adapter",
};

const COLOURS: Readonly<
  Record<VariantResult["engine"], Readonly<Record<VariantResult["linear"], ColourName>>>
> = {
  onnxruntime: { dense: "sky", butterfly: "blue" },
  papilio: { dense: "amber", butterfly: "vermilion" },
};

const PART_COLOURS: Readonly<Record<PartKind, ColourName>> = {
  linear: "blue",
  attention: "amber",
  normalization: "green",
  rewrite: "vermilion",
  other: "grey",
};
const PART_NAMES: Readonly<Record<PartKind, string>> = {
  linear: "linear layers",
  attention: "attention",
  normalization: "normalization",
  rewrite: "moving numbers",
  other: "other",
};

/** `vit-s16, 8 images`. */
export function modelTitle({ model, units, unit }: ModelResults): string {
  return `${model}, ${counted(units, unit.slice(0, -1))}`;
}

/** `ONNX Runtime dense`; with numbers and layout where there are several of them beside it. */
function barName(variant: VariantResult, beside: readonly VariantResult[]): string {
  const { engine, linear, dtype, layout, sequences } = variant;
  const own = beside.filter((other) => other.engine === engine);
  const several = (of: (one: VariantResult) => string | null): boolean =>
    new Set(own.map(of)).size > 1;
  return [
    ENGINE_NAMES[engine],
    linear,
    ...(several((one) => one.dtype) ? [dtype] : []),
    ...(layout !== null && several((one) => one.layout) ? [layout] : []),
    ...(sequences === undefined ? [] : [`${sequences} sequences`]),
  ].join(" ");
}

/** The variants of a processor that were timed, ONNX Runtime's first, dense ones before butterflies. */
export function timedOn(processor: Processor, { variants }: ModelResults): VariantResult[] {
  const order = ({ engine, linear }: VariantResult): number =>
    (engine === "onnxruntime" ? 0 : 2) + (linear === "dense" ? 0 : 1);
  return variants
    .filter((variant) => variant.processor === processor && variant.wall.length > 0)
    .toSorted((p, q) => order(p) - order(q));
}

/** The time of each variant of each model, with its interval. */
export function modelTimesFigure(parts: readonly ModelResults[]): Sketch {
  const name = { name: "model-times", title: "How long a run takes" } as const;
  const panels = parts.flatMap((results) =>
    PROCESSORS.flatMap((processor) => timesPanel(results, processor)),
  );
  if (panels.length === 0) return { ...name, omitted: "No variant was timed." };
  return {
    ...name,
    caption:
      "Medians with their 95 % intervals: the shorter, the faster. Dense and butterfly layers are of the same shapes; each plot has an axis of its own.",
    panels,
  };
}

function timesPanel(results: ModelResults, processor: Processor): Panel[] {
  const variants = timedOn(processor, results);
  if (variants.length === 0) return [];
  const rows = variants.map((variant) => {
    const { median, lower, upper } = estimateMedian(variant.wall);
    const row = barName(variant, variants);
    const text = quantity(median, "s");
    const label = `${row}: ${text} (${quantity(lower, "s")} to ${quantity(upper, "s")})`;
    const fill = colour(COLOURS[variant.engine][variant.linear]);
    return { row, text, lower, upper, label, colour: fill, start: 0, end: median };
  });
  const threads = variants.find((variant) => variant.threads !== null)?.threads;
  const where = WHERE[processor];
  const axis = `time of a run${threads ? ` on ${counted(threads, "thread")}` : ""}`;
  return [
    barPanel({
      title: `${modelTitle(results)}: ${where}`,
      description: `${modelTitle(results)}, medians of a run ${where}: ${rows.map(({ label }) => label).join(", ")}.`,
      bars: rows,
      ends: rows,
      axis: { title: axis, unit: "s" },
    }),
  ];
}

/** On what each variant spends its time, where its engine can tell. */
export function modelPartsFigure(parts: readonly ModelResults[]): Sketch {
  const name = { name: "model-parts", title: "Where the time goes" } as const;
  const panels = parts.flatMap((results) =>
    PROCESSORS.flatMap((processor) => partsPanel(results, processor)),
  );
  if (panels.length === 0) return { ...name, omitted: "No engine could time its operations." };
  return {
    ...name,
    caption:
      "The operations of a run, one after the other, each at its median of several runs. ONNX Runtime is left out: it is timed as a whole.",
    panels,
  };
}

function partsPanel(results: ModelResults, processor: Processor): Panel[] {
  const variants = timedOn(processor, results).filter(({ profile }) => profile?.length);
  if (variants.length === 0) return [];
  const rows = variants.map((variant) => {
    const row = barName(variant, variants);
    const seconds = PART_KINDS.map((kind) =>
      (variant.profile ?? []).reduce(
        (sum, part) => sum + (part.kind === kind ? part.seconds : 0),
        0,
      ),
    );
    const total = seconds.reduce((sum, part) => sum + part, 0);
    let end = 0;
    const bars = PART_KINDS.map((kind, index) => {
      const own = seconds[index] as number;
      const start = end;
      end += own;
      const label = `${row}, ${PART_NAMES[kind]}: ${quantity(own, "s")}, ${percent(own / total)}`;
      return { row, kind: PART_NAMES[kind], colour: colour(PART_COLOURS[kind]), start, end, label };
    });
    return { bars, end: { row, text: quantity(total, "s") } };
  });
  return [
    barPanel({
      title: `${modelTitle(results)}: ${WHERE[processor]}`,
      description: `${rows
        .flatMap(({ bars }) => bars.filter(({ start, end }) => end > start))
        .map(({ label }) => label)
        .join("; ")}.`,
      bars: rows.flatMap(({ bars }) => bars),
      ends: rows.map(({ end }) => end),
      axis: { title: "time of the operations of a run", unit: "s" },
    }),
  ];
}
