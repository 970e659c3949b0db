import { call, type PublicCalls, shallow } from "@papilio/public-arguments";
import * as report from "../../report/index.ts";
import { modelResults } from "../model-results.ts";
import { caseOf, itemOf, runOf, testAdapter, testRates, timed, wrong } from "../results.ts";
import * as bench from "./entries.ts";

const chain = "4,4,4,4";
const run = (seconds: number): bench.BenchResults =>
  runOf([
    caseOf(chain, [
      timed("kronecker-sparse", [seconds, seconds, seconds]),
      timed("bmm", [2e-3, 2e-3, 2e-3], { multiply: [1e-3], rewrite: [1e-3] }),
      wrong("csr"),
    ]),
  ]);
const before = run(1e-3);
const after = run(1.5e-3);
const [result] = before.cases as [bench.CaseResult];
const record = { record: "run", ...before } as const;
const {
  resumed: _,
  complete: __,
  damagedLines: ___,
  cases: ____,
  skipped: _____,
  ...fields
} = record;
const summary = bench.summarizeRun(before);
const [item] = summary.cases as [bench.CaseSummary];
/** Of summaries, what the functions read. */
const ranked = (one: bench.Ranked | undefined): object => ({
  implementation: one?.implementation,
  time: one?.time,
  coldSeconds: one?.coldSeconds,
  rewriting: 0.5,
});
const shown = {
  name: item.name,
  ranking: item.ranking.map(ranked),
  ours: ranked(item.ours),
  other: ranked(item.other),
  speedup: item.speedup,
};
const { environment, options, implementations } = before;
const facts = {
  environment: {
    adapter: { name: testAdapter.name, driver: testAdapter.driver },
    versions: environment.versions,
  },
  options,
  implementations: implementations.map(({ name }) => ({ name })),
};
const estimate = { median: 2, lower: 1, upper: 3 };
const question = {
  chain: itemOf(chain).chain,
  batch: 128,
  dtype: "f32",
  layout: "batch-last",
} as const;
const context = {
  adapter: { name: testAdapter.name, driver: testAdapter.driver, kind: testAdapter.kind },
  results: [
    {
      cases: before.cases,
      implementations: before.implementations,
      environment: before.environment,
    },
  ],
  rates: testRates,
  threads: 2,
  filter: () => true,
};
const text = bench.formatRecord(fields);

/** Results, and what is said of them. */
export const resultCalls: PublicCalls = {
  commonClock: () => call(bench.commonClock, [{ device: [1] }]),
  runClock: () => shallow(call(bench.runClock, { cases: [{ results: result.results }] }), 4),
  summarizeRun: () =>
    shallow(
      call(bench.summarizeRun, before, () => true),
      2,
    ),
  summarizeCase: () => call(bench.summarizeCase, result, () => true, "device"),
  outcomeOf: () => call(bench.outcomeOf, { median: 2 }),
  isWide: () => call(bench.isWide, estimate),
  compareRuns: () =>
    shallow(call(bench.compareRuns, before, after, { threshold: 0.1, relativeTo: "bmm" }), 2),
  compareModels: () =>
    shallow(
      call(bench.compareModels, modelResults, modelResults, {
        threshold: 0.1,
        relativeTo: "papilio adapter dense f32 batch-last",
      }),
      2,
    ),
  hasRegression: () => call(bench.hasRegression, { regressions: [], broken: [] }),
  machineName: () =>
    call(bench.machineName, { adapter: { name: "a GPU" }, processors: "2 x test" }),
  percent: () => call(bench.percent, 0.5),
  outOf: () => call(bench.outOf, 1, 2),
  quantity: () => call(bench.quantity, 0.5, "s"),
  times: () => call(bench.times, 2),
  estimateMedian: () => call(bench.estimateMedian, [1, 2, 3]),
  estimateRatio: () => call(bench.estimateRatio, [1, 2, 3], [1, 2, 3]),
  findVerdict: () => call(bench.findVerdict, [shown]),
  verdictOf: () => shallow(call(bench.verdictOf, before), 2),
  hasWrongAnswer: () =>
    shallow(call(bench.hasWrongAnswer, { cases: [{ results: result.results }] }), 4),
  kindShares: () => call(bench.kindShares, [{ part: "attention", kind: "attention", seconds: 1 }]),
  modelLines: () => call(bench.modelLines, modelResults),
  modelRows: () => shallow(call(bench.modelRows, modelResults), 2),
  // Whole results in all their depth once; other functions check the same.
  mergeResults: () => call(bench.mergeResults, [before]),
  isModelResults: () => call(bench.isModelResults, text),
  parseModelResults: () => call(bench.parseModelResults, JSON.stringify(modelResults)),
  assembleResults: () => shallow(call(bench.assembleResults, [fields], [2]), 3),
  formatRecord: () => call(bench.formatRecord, { record: "end", date: "2026" }),
  parseResults: () => call(bench.parseResults, text),
  runDifferences: () => call(bench.runDifferences, facts, facts),
  parseLayers: () => call(bench.parseLayers, JSON.stringify({ layers: [{ name: "up", chain }] })),
  predictSeconds: () =>
    call(
      bench.predictSeconds,
      "bmm",
      { chain: question.chain, batch: 128, dtype: "f32" },
      testRates,
    ),
  createSelector: () => shallow(call(bench.createSelector, context), 4),
  "createSelector, a question": () => call(bench.createSelector(context), question),
  select: () => shallow(call(bench.select, question, context), 2),
  renderReport: () =>
    shallow(call(report.renderReport, runOf([]), { figurePath: () => "figure.svg" }), 2),
  renderModelReport: () => shallow(call(report.renderModelReport, [modelResults]), 3),
};

/** Cases and implementations, by name. */
export const caseCalls: PublicCalls = {
  caseKey: () => call(bench.caseKey, itemOf(chain)),
  caseName: () => call(bench.caseName, itemOf(chain)),
  shortCaseName: () => call(bench.shortCaseName, bench.caseKey(itemOf(chain))),
  expandGrid: () =>
    call(bench.expandGrid, {
      chains: [itemOf(chain).chain],
      batches: [1],
      dtypes: ["f32"],
      layouts: ["batch-last"],
      operation: "gradient",
    }),
  findSuite: () => call(bench.findSuite, "quick"),
  findImplementation: () =>
    call(bench.findImplementation, "bmm", bench.chainImplementations, "gradient"),
  countTraffic: () =>
    call(bench.countTraffic, "einsum", itemOf("1,2,2,2", { batch: 2 }), { workgroups: 1 }),
  findModelSubject: () => call(bench.findModelSubject, "vit-s16"),
  isOurs: () => call(bench.isOurs, "bmm"),
  ownerOf: () => call(bench.ownerOf, "bmm"),
  fromMultiplication: () =>
    call(bench.fromMultiplication, "mine", "a way", () => undefined, { arithmetic: "factors" }),
};
