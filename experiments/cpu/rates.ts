import { type CpuRates, measureCpuRates } from "@papilio/bench/models";
import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";

/** What the machine reaches when it is asked for nothing else. Best of many, on one thread. */
export interface KernelRates extends CpuRates {
  /** Multiplications and additions by the CPU backend, for a block that is in the cache, in a second. */
  readonly kernelFlopsPerSecond: number;
}

const TRIES = 200;

export async function measureKernelRates(): Promise<KernelRates> {
  const block = Butterfly.random(Chain.parse("1,64,64,1"), { seed: 1 });
  using weights = await compile(block, cpu({ threads: 1 }));
  const batch = 1024;
  using x = weights.allocate(64 * batch);
  using y = weights.allocate(64 * batch);
  let kernel = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const started = performance.now();
    await weights.multiply(x.values, { batch, layout: "batch-last" }, { out: y.values });
    kernel = Math.min(kernel, performance.now() - started);
  }
  const kernelFlopsPerSecond = (2 * 64 * 64 * batch) / (kernel / 1000);
  return { ...(await measureCpuRates()), kernelFlopsPerSecond };
}
