import type { AdapterReport } from "@papilio/gpu-runtime";

/** Names of AMD graphics in the processor's package: the product's, or Mesa's code name for it. */
const AMD_INTEGRATED =
  /radeon(\(tm\))? (((rx )?vega \d{1,2} )?graphics|[678]\d0m\b|8\d{3}s\b)|custom gpu|raven|renoir|vangogh|rembrandt|raphael|phoenix|strix|krackan/i;

/** Mesa's code names of AMD's boards, some of which have no other name. */
const AMD_BOARD = /navi ?\d|vega(10|12|20)\b|polaris/i;

/** Intel's boards; its graphics in processors have names of their own, Arc 140V and B390 among them. */
const INTEL_BOARD =
  /arc(\(tm\))? (pro )?(a\d{2,3}m?|b(50|60|65|70|570|580|770))\b|iris.* xe max|\bdg[12]\b|data center gpu/i;

/**
 * Which kind of meter reads what an adapter draws, or in one sentence why none does. WebGPU tells no
 * more than names, so these decide.
 */
export function meterSource(
  adapter: Pick<AdapterReport, "name" | "vendor" | "driver" | "kind">,
): { readonly source: "powercap" | "nvidia-smi" } | { readonly reason: string } {
  const { name } = adapter;
  // Whatever made the driver, it computes on the processor.
  if (adapter.kind === "software") return { source: "powercap" };
  const text = `${adapter.vendor} ${name} ${adapter.driver}`;
  if (/nvidia|geforce|quadro|tesla/i.test(text)) return { source: "nvidia-smi" };
  if (/\bamd\b|\bati\b|radeon|radv/i.test(text)) {
    if (AMD_INTEGRATED.test(name) && !AMD_BOARD.test(name)) return { source: "powercap" };
    return {
      reason: `No meter here reads the power of ${name}: of AMD's GPUs, only those inside a processor are covered, by its counter.`,
    };
  }
  if (/intel/i.test(text)) {
    if (!INTEL_BOARD.test(name)) return { source: "powercap" };
    return {
      reason: `No meter here reads the power of ${name}: of Intel's GPUs, only those inside a processor are covered, by its counter.`,
    };
  }
  return {
    reason: `No meter here reads the power of ${name}: there are those of NVIDIA's GPUs and of Intel's and AMD's processors.`,
  };
}
