import { Chain, PapilioError } from "@papilio/butterfly";
import { factorize, searchChains } from "@papilio/butterfly/factorization";
import { factorizationKernels } from "@papilio/cpu-runtime";
import type { FactorizeAnswer, FactorizeRequest } from "./factorize-messages.ts";

const kernels = factorizationKernels();
let dense: Float64Array = new Float64Array();

function tell(answer: FactorizeAnswer): void {
  self.postMessage(answer);
}

const onProgress = (share: number): void => tell({ tell: "progress", share });

/** The errors of all chains, and of the exact ones on the front. */
async function search(n: number): Promise<void> {
  const started = performance.now();
  const { front } = await searchChains(dense, n, n, { threads: 1, kernels, onProgress });
  tell({
    tell: "front",
    points: front.map(({ chain, ...point }) => ({ chain: chain.toString(), ...point })),
    seconds: (performance.now() - started) / 1000,
  });
}

async function approximate(text: string): Promise<void> {
  const chain = Chain.parse(text);
  const options = { threads: 1, kernels, onProgress };
  const { matrix, error, bounds, seconds } = await factorize(dense, chain, options);
  tell({
    tell: "factorized",
    point: { chain: text, parameters: chain.nonZeros / dense.length, error },
    bounds: { lower: bounds?.lower ?? 0, upper: bounds?.upper ?? error },
    approximation: matrix.dense(),
    seconds,
  });
}

function fail(error: unknown): void {
  if (error instanceof PapilioError) {
    const { code, message, fix } = error;
    tell({ tell: "failed", problem: { code, message, fix } });
  } else {
    const problem = { code: "UNEXPECTED", message: String(error), fix: "Please report this." };
    tell({ tell: "failed", problem });
  }
}

self.onmessage = ({ data }: MessageEvent<FactorizeRequest>) => {
  if (data.ask === "factorize") {
    approximate(data.chain).catch(fail);
    return;
  }
  dense = data.dense;
  search(data.n).catch(fail);
};
