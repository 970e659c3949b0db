import { readFileSync } from "node:fs";
import { implementations } from "@papilio/bench";
import { loadImplementations, loadOnnxRuntime } from "@papilio/bench/node";
import { renderReport } from "@papilio/bench/report";
import { parseResults } from "@papilio/bench/results";

// Results of the repository become a report; the optional peer is missing, and said to be.
const results = parseResults(readFileSync("results.jsonl", "utf8"));
const { html, figures } = await renderReport(results);
const onnx = await loadOnnxRuntime();
console.log(
  JSON.stringify({
    implementations: implementations.length > 3,
    report:
      html.startsWith("<!doctype html>") && figures.every(({ svg }) => svg.includes("</svg>")),
    figures: figures.length > 0,
    onnx: "reason" in onnx,
    loader: typeof loadImplementations,
  }),
);
