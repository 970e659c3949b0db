import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";
import {
  type AdapterReport,
  type InputShape,
  type Plan,
  planChain,
  type Stage,
} from "@papilio/gpu-runtime";
import { factorByFactor, typicalReport } from "@papilio/gpu-runtime/planning";
import { type Drawing, hue, INK, MUTED, type Panel, rect, SOFT, text } from "./svg.ts";

const TYPICAL_GPU = typicalReport({ name: "a typical GPU", kind: "hardware" });
const WIDTH = 340;
const ROW = 40;
const KINDS: readonly Stage["how"][] = ["multiply", "fuse", "merge"];
const DONE: Readonly<Record<Stage["how"], string>> = {
  multiply: "multiplied",
  fuse: "fused in one kernel",
  merge: "merged in advance",
};

/** One pass: its factors in colours, which they are, and what is done with them. */
interface Pass {
  readonly from: number;
  readonly to: number;
  readonly colour: (factor: number) => string;
  readonly done: string;
}

/** Passes below one another, from the first that runs to the last. */
function drawPasses(passes: readonly Pass[], factors: number): string {
  const box = Math.min(26, (WIDTH - 150) / factors);
  const rows = passes.map(({ from, to, colour, done }, index) => {
    const y = ROW * index;
    const boxes = Array.from({ length: factors }, (_, factor) => {
      const taken = factor >= from && factor < to;
      return rect(factor * box + 1, y + 8, box - 2, 18, taken ? colour(factor) : SOFT, `rx="2"`);
    });
    return (
      boxes.join("") +
      text(factors * box + 10, y + 16, factorsName(from, to), { fill: INK, size: 12 }) +
      text(factors * box + 10, y + 30, done, { fill: MUTED, size: 11 })
    );
  });
  return rows.join("");
}

function factorsName(from: number, to: number): string {
  return to - from === 1 ? `factor ${to}` : `factors ${from + 1} to ${to}`;
}

function passesTitle(title: string, passes: number): string {
  return `${title}: ${passes} ${passes === 1 ? "pass" : "passes"}`;
}

/** A plan as its passes over memory, in the order in which they run. */
export function planPanel(plan: Plan, chain: Chain, title: string, layout = plan.layout): Panel {
  const stages = plan.stages.toReversed();
  const turned = plan.layout !== layout;
  const passes = stages.length + (turned ? 2 : 0);
  const content = drawPasses(
    stages.map(({ from, to, how }) => ({
      from,
      to,
      colour: () => hue(KINDS.indexOf(how) === 0 ? 1 : KINDS.indexOf(how) === 1 ? 0 : 2),
      done: DONE[how],
    })),
    chain.length,
  );
  const notes = turned
    ? text(0, ROW * stages.length + 14, `and a transposition at either end`, {
        fill: MUTED,
        size: 11,
      })
    : "";
  return {
    title: passesTitle(title, passes),
    description: stages
      .map(({ from, to, how }) => `${factorsName(from, to)} ${DONE[how]}`)
      .join(", then "),
    width: WIDTH,
    height: ROW * stages.length + (turned ? 20 : 0),
    content: content + notes,
  };
}

/** What the planner does with a dyadic chain, beside factor by factor. */
export function plansDrawing(): Drawing {
  const chain = Chain.squareDyadic(1024);
  const shape: InputShape = { batch: 128, layout: "batch-last", dtype: "f32" };
  const software: AdapterReport = { ...TYPICAL_GPU, kind: "software" };
  return {
    name: "plans",
    caption:
      "The dyadic chain of 1024, batch 128. Each row is a pass over memory, from the first that runs to the last. The plans are what planChain returns with its typical rates for a GPU and for a software adapter.",
    panels: [
      planPanel(factorByFactor(chain, shape.layout), chain, "Factor by factor"),
      planPanel(planChain(TYPICAL_GPU, chain, shape), chain, "Planned for a GPU", shape.layout),
      planPanel(
        planChain(software, chain, shape),
        chain,
        "Planned for a software adapter",
        shape.layout,
      ),
    ],
  };
}

/** How the CPU backend divides a dyadic chain. */
export async function cpuPlanDrawing(): Promise<Drawing> {
  const chain = Chain.squareDyadic(4096);
  using weights = await compile(Butterfly.random(chain, { seed: 0 }), cpu({ threads: 1 }));
  const passes = weights.plan({ batch: 1, layout: "batch-last" }).passes.toReversed();
  const done = (stages: number): string =>
    stages === 1 ? "multiplied out in advance" : `${stages} products, in the cache`;
  const panel: Panel = {
    title: passesTitle("Planned for the CPU", passes.length),
    description: passes
      .map(({ from, to, stages }) => `${factorsName(from, to)}, ${done(stages.length)}`)
      .join(", then "),
    width: WIDTH,
    height: ROW * passes.length,
    content: drawPasses(
      passes.map(({ from, to, stages }) => ({
        from,
        to,
        colour: (factor) =>
          hue(stages.findIndex((stage) => factor >= stage.from && factor < stage.to)),
        done: done(stages.length),
      })),
      chain.length,
    ),
  };
  return {
    name: "cpu-plan",
    caption:
      "The dyadic chain of 4096. Each row is a pass over memory, from the first that runs to the last. Factors of one colour are multiplied out in advance; the colours of a row are applied to a block one after the other while it is in the cache. The plan is the choice of the cost model.",
    panels: [panel],
  };
}
