import type { NvidiaGpu } from "./list-gpus.ts";

/** The GPU to meter, and what to call it. */
export interface ChosenGpu {
  readonly gpu: NvidiaGpu;
  /** Its name; with its index where there are others of that name. */
  readonly label: string;
}

/**
 * Chooses the GPU that an adapter is, or says in a sentence why none fits.
 *
 * WebGPU tells no more of an adapter than its name. Of several alike the first is taken, which
 * drivers list first as well; the label says so, since a meter of another GPU would read idle power.
 */
export function chooseGpu(gpus: readonly NvidiaGpu[], adapterName: string): ChosenGpu | string {
  const wanted = words(adapterName);
  const equal = gpus.filter(({ name }) => words(name) === wanted);
  const fitting = equal.length > 0 ? equal : gpus.filter(({ name }) => fits(words(name), wanted));
  // An only GPU is the adapter whatever WebGPU calls it: some builds give an architecture for a name.
  const candidates = fitting.length === 0 && gpus.length === 1 ? gpus : fitting;
  const [gpu] = candidates;
  if (gpu === undefined) {
    const listed = gpus.map(({ index, name }) => `${index}: ${name}`).join(", ");
    return `None of the GPUs that nvidia-smi lists (${listed}) is called ${adapterName}.`;
  }
  if (candidates.length === 1) return { gpu, label: gpu.name };
  return { gpu, label: `${gpu.name} (GPU ${gpu.index}, the first of ${candidates.length} alike)` };
}

/** A name for comparison: some drivers leave the maker out. */
function words(name: string): string {
  return ` ${name
    .toLowerCase()
    .replace(/\b(nvidia|geforce)\b/g, "")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
    .join(" ")} `;
}

/** Whether the adapter's name has that of the GPU in it, as whole words: `(D3D12)` may follow. */
function fits(name: string, adapterName: string): boolean {
  return name.trim() !== "" && adapterName.includes(name);
}
