import { defineConfig } from "vitepress";
import apiSidebar from "../api/typedoc-sidebar.json" with { type: "json" };

export default defineConfig({
  title: "Papilio",
  description: "Inference with butterfly (Kronecker-sparse) matrices on WebGPU",
  lang: "en",
  cleanUrls: true,
  lastUpdated: false,
  srcExclude: ["snippets/**"],
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Quickstart", link: "/guide/quickstart" },
      { text: "Concepts", link: "/concepts/patterns-and-chains" },
      { text: "API", link: "/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", items: apiSidebar }],
      "/": [
        {
          text: "Guide",
          items: [
            { text: "Quickstart", link: "/guide/quickstart" },
            { text: "Memory and chains", link: "/guide/memory" },
            { text: "Tuning", link: "/guide/tuning" },
            { text: "Factorization", link: "/guide/factorization" },
            { text: "Exact constructions and files", link: "/guide/exact-constructions" },
            { text: "When things go wrong", link: "/guide/when-things-go-wrong" },
            { text: "The benchmark", link: "/guide/benchmark" },
            { text: "Add an implementation", link: "/guide/add-an-implementation" },
            { text: "Select and compare", link: "/guide/select-and-compare" },
            { text: "The results format", link: "/guide/results-format" },
            { text: "Contributing", link: "/guide/contributing" },
          ],
        },
        {
          text: "Concepts",
          items: [
            { text: "Patterns and chains", link: "/concepts/patterns-and-chains" },
            { text: "Layouts", link: "/concepts/layouts" },
          ],
        },
      ],
    },
    outline: [2, 3],
  },
});
