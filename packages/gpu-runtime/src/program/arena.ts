import { type ArenaPlan, type Lifetime, planArena } from "@papilio/butterfly/planning";
import type { DeviceContext } from "../device/device-context.ts";
import type { Binding, Kernel, Step } from "../device/kernel.ts";
import { assertFits, storageBuffer } from "../device/storage.ts";
import type { Lease, Span } from "../memory/lease.ts";
import { type Operand, Scratch, ScratchPart, spanPart } from "../memory/scratch.ts";

/** A step whose memory has its place. */
export interface PlacedStep {
  readonly kernel: Kernel;
  readonly buffers: readonly Span[];
  readonly role: Step["role"];
}

/** Memory of programs that share an arena: held until each of them released it. */
export interface Arena {
  readonly programs: readonly {
    readonly steps: readonly PlacedStep[];
    readonly plan: ArenaPlan;
  }[];
  /** To be called once for each program. */
  release(): void;
}

/** Where the scratch memory of steps lies in an arena. */
export interface ArenaLayout {
  readonly scratches: readonly Scratch[];
  readonly plan: ArenaPlan;
}

/**
 * Gives the scratch memory of step sequences its place in one arena. The sequences never run at
 * once, so they share it.
 *
 * @throws PapilioError `MEMORY_BUDGET`, `BUFFER_TOO_LARGE`
 */
export function placeInArena(gpu: DeviceContext, sequences: readonly (readonly Step[])[]): Arena {
  const layouts = sequences.map((steps) => ({ steps, layout: layOut(gpu, steps) }));
  const bytes = Math.max(0, ...layouts.map(({ layout }) => layout.plan.bytes));
  const lease = bytes === 0 ? undefined : storageBuffer(gpu, bytes, "arena");
  let users = sequences.length;
  return {
    programs: layouts.map(({ steps, layout }) => ({
      plan: layout.plan,
      steps: placeSteps(steps, layout, lease),
    })),
    release() {
      users--;
      if (users === 0) lease?.release();
    },
  };
}

/**
 * Lays out an arena for the scratch memory of steps, but for what is `given` a place of its own.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE` for steps that bind more of a buffer than the device can
 */
export function layOut(
  gpu: DeviceContext,
  steps: readonly Step[],
  given: readonly Scratch[] = [],
): ArenaLayout {
  requireBindings(gpu, steps);
  const alignment = gpu.device.limits.minStorageBufferOffsetAlignment;
  const lifetimes = lifetimesOf(steps);
  for (const scratch of given) lifetimes.delete(scratch);
  return {
    scratches: [...lifetimes.keys()],
    plan: planArena([...lifetimes.values()], alignment),
  };
}

/** Steps with the memory of an arena, and with that of scratch memory whose place is given. */
export function placeSteps(
  steps: readonly Step[],
  { scratches, plan }: ArenaLayout,
  arena: Lease | undefined,
  given: readonly (readonly [Scratch, Span])[] = [],
): PlacedStep[] {
  const spans = new Map<Scratch, Span>(given);
  scratches.forEach((scratch, index) => {
    spans.set(scratch, spanPart(arena as Lease, plan.offsets[index] as number, scratch.size));
  });
  const span = (operand: Operand): Span => {
    if (operand instanceof Scratch) return spans.get(operand) as Span;
    if (!(operand instanceof ScratchPart)) return operand;
    return spanPart(spans.get(operand.whole) as Span, operand.offset, operand.size);
  };
  return steps.map(({ kernel, buffers, role }) =>
    bindable({ kernel, buffers: buffers.map(span), role }),
  );
}

/** Refuses steps that bind more of a buffer than the device can, before the arena is allocated. */
function requireBindings(gpu: DeviceContext, steps: readonly Step[]): void {
  for (const { kernel, buffers } of steps) {
    buffers.forEach(({ size }, index) => {
      const { name = "an operand" } = kernel.bindings[index] ?? {};
      assertFits(gpu, size, `${name} of ${kernel.label}`);
    });
  }
}

/** The first and the last step that use each scratch memory. */
function lifetimesOf(steps: readonly Step[]): Map<Scratch, Lifetime> {
  const lifetimes = new Map<Scratch, Lifetime>();
  steps.forEach(({ buffers }, index) => {
    for (const operand of buffers) {
      const scratch = operand instanceof ScratchPart ? operand.whole : operand;
      if (!(scratch instanceof Scratch)) continue;
      const first = lifetimes.get(scratch)?.first ?? index;
      lifetimes.set(scratch, { size: scratch.size, first, last: index });
    }
  });
  return lifetimes;
}

/**
 * A step whose buffers can be bound at once. WebGPU forbids that a dispatch binds parts of one buffer for
 * reading and for writing, but not that it binds several for writing, so what is read there is bound so.
 * Then it forbids that two of them overlap: what is read twice is bound once.
 */
function bindable(step: PlacedStep): PlacedStep {
  const { kernel, buffers } = step;
  const written = new Set(
    kernel.bindings.flatMap(({ access }, index) =>
      access === "read-write" ? [buffers[index]?.buffer] : [],
    ),
  );
  const widened = (index: number): boolean =>
    kernel.bindings[index]?.access === "read" && written.has(buffers[index]?.buffer);
  if (!kernel.bindings.some((_, index) => widened(index))) return step;
  let { wgsl } = kernel;
  const bindings: Binding[] = [];
  const bound: Span[] = [];
  kernel.bindings.forEach((binding, index) => {
    const span = buffers[index] as Span;
    const twin = kernel.bindings.findIndex(
      ({ elements }, other) =>
        other < index &&
        widened(other) &&
        elements === binding.elements &&
        isSame(buffers[other] as Span, span),
    );
    if (widened(index) && twin !== -1) {
      const { name } = kernel.bindings[twin] as Binding;
      wgsl = wgsl.replaceAll(new RegExp(`\\b${binding.name}\\[`, "g"), `${name}[`);
      return;
    }
    bindings.push(widened(index) ? { ...binding, access: "read-write" } : binding);
    bound.push(span);
  });
  return { ...step, kernel: { ...kernel, bindings, wgsl }, buffers: bound };
}

function isSame(p: Span, q: Span): boolean {
  return p.buffer === q.buffer && p.offset === q.offset && p.size === q.size;
}
