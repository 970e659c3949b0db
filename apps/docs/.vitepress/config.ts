import { defineConfig } from "vitepress";
import apiSidebar from "../api/typedoc-sidebar.json" with { type: "json" };
import { withPolicy } from "./content-security-policy.ts";

/**
 * The packages and their kinds of exports, whose lists are on the packages' own pages: all exports, in
 * the sidebar of each of their own pages, would make the site thirty times as large.
 */
const apiPackages = apiSidebar.map(({ text, link, items = [] }) => ({
  text,
  link,
  items: items.map((kind) => ({
    text: kind.text,
    // A kind of exports is a heading on its package's page; an entry of the package has a page.
    link: "link" in kind ? kind.link : `${link}#${kind.text.toLowerCase().replaceAll(" ", "-")}`,
  })),
}));

/** With these a page may share memory, and so has threads. Hosts that read it take them from public/_headers. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  title: "Papilio",
  description: "Inference with butterfly (Kronecker-sparse) matrices on WebGPU",
  lang: "en",
  cleanUrls: true,
  // The list of all chunks once, not in every page.
  metaChunk: true,
  lastUpdated: false,
  srcExclude: ["snippets/**", "src/**", "generated/**"],
  transformHtml: (html) => withPolicy(html),
  vite: {
    // Workers import packages, as the pages do.
    worker: { format: "es" },
    build: { chunkSizeWarningLimit: 4000 },
    server: { headers: ISOLATION },
    preview: { headers: ISOLATION },
  },
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  themeConfig: {
    search: {
      provider: "local",
      options: {
        translations: { button: { buttonText: "Search", buttonAriaLabel: "Search" } },
      },
    },
    nav: [
      { text: "Quickstart", link: "/guide/quickstart" },
      { text: "Playground", link: "/playground/" },
      { text: "Concepts", link: "/concepts/patterns-and-chains" },
      { text: "Results", link: "/results/" },
      { text: "API", link: "/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", items: apiPackages }],
      "/": [
        {
          text: "Start",
          items: [
            { text: "Why butterflies", link: "/why" },
            { text: "Quickstart", link: "/guide/quickstart" },
          ],
        },
        {
          text: "Playground",
          items: [
            { text: "Chains, costs, times", link: "/playground/" },
            { text: "Factorize a matrix", link: "/playground/factorize" },
            { text: "Generate text", link: "/playground/generate" },
          ],
        },
        {
          text: "Concepts",
          items: [
            { text: "Patterns and chains", link: "/concepts/patterns-and-chains" },
            { text: "Layouts", link: "/concepts/layouts" },
            { text: "The fused kernel", link: "/concepts/fused-kernel" },
            { text: "Fusion and plans", link: "/concepts/chain-fusion" },
            { text: "Memory pool, programs", link: "/concepts/memory" },
            { text: "Factorization", link: "/concepts/factorization" },
            { text: "Numerical accuracy", link: "/concepts/accuracy" },
            { text: "Rounding to few bits", link: "/concepts/rounding" },
            { text: "How a step of training runs", link: "/concepts/training" },
          ],
        },
        {
          text: "Guides",
          items: [
            { text: "Multiply anywhere", link: "/guide/multiply" },
            { text: "Replace a layer", link: "/guide/replace-a-layer" },
            { text: "Load a PyTorch checkpoint", link: "/guide/load-a-checkpoint" },
            { text: "Whole models", link: "/guide/models" },
            { text: "Adapters", link: "/guide/adapters" },
            { text: "Train a model", link: "/guide/train" },
            { text: "Batched generation", link: "/guide/batched-generation" },
            { text: "Serve a model", link: "/guide/serve" },
            { text: "Train in PyTorch", link: "/guide/train-in-pytorch" },
            { text: "Many machines", link: "/guide/many-machines" },
            { text: "Deploy", link: "/guide/deploy" },
            { text: "Factorize a matrix", link: "/guide/factorization" },
            { text: "Exact constructions, files", link: "/guide/exact-constructions" },
            { text: "Run under a memory budget", link: "/guide/memory" },
            { text: "Tune the kernels", link: "/guide/tuning" },
            { text: "Without a GPU", link: "/guide/cpu" },
            { text: "Weights of few bits", link: "/guide/few-bits" },
            { text: "Deploy in a browser", link: "/guide/deploy-in-a-browser" },
            { text: "Run the benchmark", link: "/guide/benchmark" },
            { text: "Measure honestly", link: "/guide/measure-honestly" },
            { text: "Select and compare", link: "/guide/select-and-compare" },
            { text: "Add an implementation", link: "/guide/add-an-implementation" },
            { text: "Add a kernel", link: "/guide/add-a-kernel" },
          ],
        },
        {
          text: "Results",
          items: [
            { text: "All runs", link: "/results/" },
            { text: "Many shapes", link: "/results/foundation" },
            { text: "The paper's grid", link: "/results/paper" },
            { text: "Products of factors", link: "/results/chains" },
            { text: "The CPU backend", link: "/results/cpu" },
            { text: "Whole models", link: "/results/models" },
            { text: "Accuracy of trained models", link: "/results/accuracy" },
            { text: "Accuracy of few bits", link: "/results/few-bits" },
            { text: "Factorization", link: "/results/factorization" },
            { text: "Fourier transforms", link: "/results/fourier" },
            { text: "Bytes moved", link: "/results/traffic" },
          ],
        },
        {
          text: "Reference",
          items: [
            { text: "Where it runs", link: "/guide/where-it-runs" },
            { text: "When things go wrong", link: "/guide/when-things-go-wrong" },
            { text: "Error codes", link: "/reference/error-codes" },
            { text: "The results format", link: "/guide/results-format" },
            { text: "Compared with others", link: "/reference/comparison" },
            { text: "Change log", link: "/reference/changelog" },
            { text: "Contributing", link: "/guide/contributing" },
          ],
        },
      ],
    },
    notFound: {
      quote: "There is no such page. The search finds what has moved.",
      linkText: "To the first page",
    },
    outline: [2, 3],
  },
});
