import type { FactorizedRow } from "./factorized.ts";
import type { Dtype, Rounding } from "./round-model.ts";

/** A model with the weights of its matrices in a type. */
export interface Row {
  readonly dtype: Dtype;
  readonly rounding: Rounding;
  readonly bytes: number;
  /** The median of `|W - B| / |W|` over the matrices. */
  readonly error: number;
  /** Nats. */
  readonly loss: number;
  readonly accuracy: number;
  /** In which it was trained. */
  readonly steps?: number;
}

/** How a part of the results was made. */
interface Made {
  readonly command: string;
  readonly date: string;
  readonly node: string;
}

export interface FewBitsResults extends Made {
  readonly subjects: readonly {
    readonly name: string;
    readonly description: string;
    readonly metric: "loss" | "accuracy";
    readonly rows: readonly Row[];
  }[];
  readonly factorized?: Made & { readonly rows: readonly FactorizedRow[] };
}

/** The tables of the results, as Markdown. */
export function fewBitsReport(results: FewBitsResults): string {
  const { command, date, node, subjects, factorized } = results;
  return `# Weights of few bits: accuracy

Made by \`${command}\` on ${date.slice(0, 10)}, Node ${node}. Weights of linear layers, and tables of tokens, are rounded as \`papilio quantize\` does it; products are then computed in float32 with what the codes stand for. Plain rounding takes each weight to the nearest; structured rounding makes the error of the product of the factors small; calibrated rounding that of its outputs, for 32 pieces of the training data, as the gradients of what the model predicts weigh them. Bytes are those of the rounded matrices, scales included; the error is the median of \`|W - B| / |W|\` over them. Trained rows are those of a model that was calibrated and then learned from its float32 version, as \`papilio quantize --train\` does it, in so many steps of 8 sequences or 32 images of its training data: stories260K of other texts of its own than those it is measured by. Rotated rows are calibrated ones of the model whose dense layers' inputs were rotated before, as \`papilio rotate\` does it; their bytes are those of the rotations, too. They are made by \`pnpm experiment:few-bits --subject NAME --rotated\`. Each trained one is made by \`pnpm experiment:few-bits --subject NAME --trained --dtype TYPE --steps STEPS\`.

${subjects.map(sectionOf).join("\n")}${factorized === undefined ? "" : `\n${factorizedSection(factorized)}`}
## To be read with care

These are small models. The error of outputs that a calibration makes small is that of each matrix alone, the others exact. Digits are few: one more that is right is 0.3 points. Dense twins, where there are any, are trained by the settings of the models of the site, which were not chosen for them; they say what rounding does to dense layers, not which layers are better. stories260K is measured by texts of its own, on which float32 is the best there can be: more bits can only come nearer to it.
`;
}

function factorizedSection({
  command,
  date,
  node,
  rows,
}: NonNullable<FewBitsResults["factorized"]>): string {
  const head = [
    ...[
      "matrix",
      "chain",
      "weights",
      "bytes",
      "plain, of the factors",
      "structured, of the factors",
    ],
    ...["less by", "plain, of the matrix", "structured, of the matrix", "float32, of the matrix"],
  ];
  const cells = rows.map((row) => [
    ...[row.matrix, `\`${row.chain}\``, row.dtype, String(row.bytes)],
    ...[row.plain.toPrecision(3), row.structured.toPrecision(3)],
    `${(100 * (1 - row.structured / row.plain)).toFixed(0)} %`,
    ...[row.plainWhole, row.structuredWhole, row.factorized].map((error) => error.toPrecision(3)),
  ]);
  return `## Matrices that were factorized

Made by \`${command}\` on ${date.slice(0, 10)}, Node ${node}. Each matrix \`A\` is factorized as \`papilio factorize\` does it, into \`W\`, and the factors are rounded, at equal bytes by both ways, to \`B\`. Errors of the factors are \`|W - B| / |W|\`, those of the matrix \`|A - B| / |A|\`.

${tableOf([head, head.map(() => "---"), ...cells])}
`;
}

function tableOf(lines: readonly (readonly string[])[]): string {
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function sectionOf({
  name,
  description,
  metric,
  rows,
}: FewBitsResults["subjects"][number]): string {
  const [exact] = rows as readonly [Row];
  const head = ["weights", "rounding", "bytes", "error of matrices", "loss, nats"];
  const cells = rows.map((row) => {
    const { dtype, rounding, bytes, error, loss, accuracy, steps } = row;
    const change = perplexityChange(row, exact);
    const last = metric === "accuracy" ? `${(100 * accuracy).toFixed(1)} %` : signed(change);
    const how = dtype === "f32" || dtype === "f16" ? "-" : roundingOf(rounding, steps);
    const share = `${bytes} (${((100 * bytes) / exact.bytes).toFixed(1)} %)`;
    return [dtype, how, share, error === 0 ? "0" : error.toPrecision(3), loss.toFixed(4), last];
  });
  const last = metric === "accuracy" ? "accuracy" : "perplexity beside f32";
  const table = tableOf([[...head, last], [...head, last].map(() => "---"), ...cells]);
  return `## ${name}: ${description}\n\n${table}\n`;
}

function roundingOf(rounding: Rounding, steps: number | undefined): string {
  return steps === undefined ? rounding : `${rounding}, ${steps} steps`;
}

/** By how much the perplexity is larger, as a share. */
function perplexityChange({ loss }: Row, exact: Row): number {
  return Math.exp(loss - exact.loss) - 1;
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${(100 * share).toFixed(2)} %`;
}
