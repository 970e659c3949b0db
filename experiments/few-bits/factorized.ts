import { readFileSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import { factorize } from "@papilio/butterfly/factorization";
import {
  dequantizeValues,
  FEW_BITS,
  type FewBits,
  type QuantizedValues,
  quantizedBytes,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import { roundButterfly, roundingError } from "@papilio/butterfly/rounding";
import { readLlama2c } from "@papilio/nn/weights";
import { readText } from "../accuracy/data.ts";
import { stories } from "./subjects.ts";

/** A factorized matrix with its factors in a type. */
export interface FactorizedRow {
  readonly matrix: string;
  readonly chain: string;
  readonly dtype: FewBits;
  readonly bytes: number;
  /** `|A - W| / |A|` of the factors in float32. */
  readonly factorized: number;
  /** `|W - B| / |W|` by plain and by structured rounding. */
  readonly plain: number;
  readonly structured: number;
  /** `|A - B| / |A|` by both. */
  readonly plainWhole: number;
  readonly structuredWhole: number;
}

interface RealMatrix {
  readonly name: string;
  readonly values: Float32Array;
  readonly chains: readonly Chain[];
}

/** What rounding does to the factors that `papilio factorize` finds of matrices. */
export async function roundFactorized(): Promise<FactorizedRow[]> {
  const rows: FactorizedRow[] = [];
  for (const { name, values, chains } of realMatrices()) {
    for (const chain of chains) {
      const { matrix, error: factorized } = await factorize(values, chain);
      for (const dtype of FEW_BITS) {
        const plain = matrix.factors.map((factor) => {
          const { a, b, c, d } = factor.stored;
          return quantizeValues(factor.values, [a, b, c, d], dtype);
        });
        const structured = await roundButterfly(matrix, dtype);
        rows.push({
          ...{ matrix: name, chain: String(chain), dtype, factorized },
          bytes: structured.reduce((sum, { shape }) => sum + quantizedBytes(shape, dtype), 0),
          plain: await roundingError(matrix, plain),
          structured: await roundingError(matrix, structured),
          plainWhole: wholeError(values, matrix, plain),
          structuredWhole: wholeError(values, matrix, structured),
        });
      }
    }
  }
  return rows;
}

function realMatrices(): RealMatrix[] {
  const { tensors } = readLlama2c(readFileSync(stories));
  const tensor = (name: string): Float32Array =>
    Float32Array.from(tensors.get(name)?.toReal("float64") ?? []);
  const digits = readText("data/digits.csv.gz")
    .trim()
    .split("\n")
    .slice(0, 1024)
    .flatMap((row) => row.split(",").slice(0, 64).map(Number));
  return [
    {
      name: "the table of tokens of stories260K",
      values: tensor("model.embed_tokens.weight"),
      chains: [Chain.parse("1,64,32,8;8,32,8,1")],
    },
    {
      name: "the queries of the first layer of stories260K",
      values: tensor("model.layers.0.self_attn.q_proj.weight"),
      chains: [Chain.monarch(64), Chain.squareDyadic(64)],
    },
    {
      name: "the pixels of the first 1,024 digits",
      values: Float32Array.from(digits),
      chains: [Chain.parse("1,128,32,8;8,32,8,1")],
    },
  ];
}

function wholeError(
  exact: Float32Array,
  matrix: Butterfly<Float32Array>,
  rounded: readonly QuantizedValues[],
): number {
  const factors = matrix.factors.map((factor, at) =>
    factor.map(() => dequantizeValues(rounded[at] as QuantizedValues)),
  );
  const near = new Butterfly<Float32Array>(factors).convert("float64").dense();
  let [error, whole] = [0, 0];
  for (let place = 0; place < exact.length; place++) {
    error += ((exact[place] as number) - (near[place] as number)) ** 2;
    whole += (exact[place] as number) ** 2;
  }
  return Math.sqrt(error / whole);
}
