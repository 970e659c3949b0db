import { Chain } from "@papilio/butterfly";
import {
  type AdapterReport,
  factorByFactor,
  type InputShape,
  type Plan,
  planChain,
  type Stage,
} from "@papilio/gpu-runtime";
import { type Drawing, hue, INK, MUTED, type Panel, rect, SOFT, text } from "./svg.ts";
import { TYPICAL_GPU } from "./typical-adapter.ts";

const WIDTH = 340;
const ROW = 40;
const KINDS: readonly Stage["how"][] = ["multiply", "fuse", "merge"];
const DONE: Readonly<Record<Stage["how"], string>> = {
  multiply: "multiplied",
  fuse: "fused in one kernel",
  merge: "merged in advance",
};

/** A plan as its passes over memory, in the order in which they run. */
export function planPanel(plan: Plan, chain: Chain, title: string, layout = plan.layout): Panel {
  const stages = plan.stages.toReversed();
  const box = Math.min(26, (WIDTH - 150) / chain.length);
  const turned = plan.layout !== layout;
  const passes = stages.length + (turned ? 2 : 0);
  const content = stages.map(({ from, to, how }, index) => {
    const y = ROW * index;
    const colour = hue(KINDS.indexOf(how) === 0 ? 1 : KINDS.indexOf(how) === 1 ? 0 : 2);
    const boxes = chain.patterns.map((_, factor) => {
      const taken = factor >= from && factor < to;
      return rect(factor * box + 1, y + 8, box - 2, 18, taken ? colour : SOFT, `rx="2"`);
    });
    const numbers = to - from === 1 ? `factor ${to}` : `factors ${from + 1} to ${to}`;
    return (
      boxes.join("") +
      text(chain.length * box + 10, y + 16, numbers, { fill: INK, size: 12 }) +
      text(chain.length * box + 10, y + 30, DONE[how], { fill: MUTED, size: 11 })
    );
  });
  const notes = turned
    ? text(0, ROW * stages.length + 14, `and a transposition at either end`, {
        fill: MUTED,
        size: 11,
      })
    : "";
  return {
    title: `${title}: ${passes} ${passes === 1 ? "pass" : "passes"}`,
    description: stages
      .map(({ from, to, how }) => `factors ${from + 1} to ${to} ${DONE[how]}`)
      .join(", then "),
    width: WIDTH,
    height: ROW * stages.length + (turned ? 20 : 0),
    content: content.join("") + notes,
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
