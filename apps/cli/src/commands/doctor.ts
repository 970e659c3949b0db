import { implementations, measureCase } from "@papilio/bench";
import { Chain, PapilioError } from "@papilio/butterfly";
import type { AdapterFeatures, AdapterReport, Gpu } from "@papilio/gpu-runtime";
import { type InstalledAdapter, listInstalled, openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { versions } from "../machine/environment.ts";
import { print } from "../process/print.ts";

/** What the doctor found; `--json` prints it as it is. */
interface Diagnosis {
  readonly versions: Record<string, string>;
  readonly installed: readonly InstalledAdapter[];
  readonly adapter: AdapterReport | null;
  /** Why no adapter could be opened. */
  readonly problem: string | null;
  /** Largest error of a multiplication over its bound: at most 1 when the adapter is right. */
  readonly errorOverBound: number | null;
  readonly verdict: "works" | "wrong answers" | "no adapter";
  readonly advice: readonly string[];
}

/** `papilio doctor`: adapters, and a verdict from a real computation. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Show adapters, features and limits; check one by a computation; say what to install.",
    )
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--json", "print the findings as JSON")
    .addHelpText(
      "after",
      `
Examples:
  papilio doctor
  papilio doctor --adapter swiftshader --json

${exitStatuses("there is no such adapter, or it computes wrong answers")}`,
    )
    .action(async ({ adapter, json }: { adapter: string; json?: boolean }) => {
      const diagnosis = await diagnose(adapter);
      print(json ? JSON.stringify(diagnosis, null, 2) : render(diagnosis));
      if (diagnosis.verdict !== "works") process.exitCode = 1;
    });
}

async function diagnose(adapter: string): Promise<Diagnosis> {
  const base = { versions: versions(), installed: await listInstalled() };
  try {
    using gpu = await openGpu({ adapter });
    const errorOverBound = await computeError(gpu);
    return {
      ...base,
      adapter: gpu.report,
      problem: null,
      errorOverBound,
      verdict: errorOverBound <= 1 ? "works" : "wrong answers",
      advice: advise(gpu.report),
    };
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return {
      ...base,
      adapter: null,
      problem: `${error.code}: ${error.message}`,
      errorOverBound: null,
      verdict: "no adapter",
      advice: [error.fix],
    };
  }
}

/** Multiplies with every implementation; the worst error over its bound, infinite for NaN. */
async function computeError(gpu: Gpu): Promise<number> {
  const item = {
    chain: Chain.parse("3,12,20,5"),
    batch: 32,
    dtype: "f32",
    layout: "batch-last",
  } as const;
  const once = { rounds: 1, minSample: 0 };
  const { results } = await measureCase(gpu, item, implementations, once);
  const errors = results.map((entry) => {
    if (entry.status === "skipped") return 0;
    return entry.verification.nonFinite > 0
      ? Number.POSITIVE_INFINITY
      : entry.verification.maxRatio;
  });
  return Math.max(...errors);
}

function advise({ kind, embedded }: AdapterReport): string[] {
  if (kind === "hardware") return [];
  const hardware =
    "For a GPU's speed: install its Vulkan driver (NVIDIA, AMD or Intel), then run papilio doctor again.";
  const onCpu =
    "Without a GPU, the CPU backend (cpu-wasm in papilio bench) multiplies faster than a software adapter: --backend auto takes it where that is so.";
  if (!embedded) return [hardware, onCpu];
  return [
    hardware,
    onCpu,
    "For shaders without a GPU, Mesa's lavapipe is several times faster than the embedded SwiftShader and has f16: on Ubuntu 25.04 or Debian 13, apt install mesa-vulkan-drivers; on Debian 12, the same from bookworm-backports (25 or newer).",
  ];
}

/** Says whether there are matrix units, for which products, and whether kernels can use them. */
export function matrixUnitsText({ matrixUnits }: Pick<AdapterFeatures, "matrixUnits">): string {
  if (matrixUnits === undefined) return "no matrix units";
  const products = matrixUnits.products.map(
    ({ from, to, rows, columns, depth }) => `${from} to ${to} ${rows}x${columns}x${depth}`,
  );
  return `matrix units ${matrixUnits.taken ? "taken by kernels that are tuned" : "not taken"} (${products.join(", ")})`;
}

function render(diagnosis: Diagnosis): string {
  const { adapter, installed, problem, errorOverBound, advice } = diagnosis;
  const lines = [
    `Versions   ${Object.entries(diagnosis.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
    `Installed  ${installed.map(({ name, kind, backend }) => `${name} (${kind}, ${backend})`).join("; ") || "no adapter"}`,
  ];
  if (adapter === null) lines.push(`Adapter    none: ${problem}`);
  else {
    const { features, limits } = adapter;
    const subgroups =
      features.subgroups === null
        ? "no subgroups"
        : `subgroups of ${[...new Set([features.subgroups.min, features.subgroups.max])].join(" to ")}`;
    lines.push(
      `Adapter    ${adapter.name} (${adapter.kind}${adapter.embedded ? ", embedded" : ""})`,
      `Driver     ${adapter.driver}`,
      ...adapter.passedOver.map(({ name, reason }) => `Passed over ${name}: ${reason}`),
      `Features   ${features.f16 ? "f16" : "no f16"}, ${subgroups}, ${features.timestamps ? "timestamps" : "no timestamps"}, ${matrixUnitsText(features)}`,
      `Limits     ${limits.maxStorageBufferBindingSize / 2 ** 20} MiB a binding, ${limits.maxComputeWorkgroupStorageSize / 1024} KiB of workgroup memory, ${limits.maxComputeInvocationsPerWorkgroup} invocations a workgroup`,
    );
  }
  const computed =
    errorOverBound === null
      ? ""
      : ` (every implementation multiplied; the largest error is ${errorOverBound.toFixed(3)} of its bound)`;
  lines.push(`Verdict    ${diagnosis.verdict}${computed}`);
  for (const line of advice) lines.push(`Advice     ${line}`);
  return lines.join("\n");
}
