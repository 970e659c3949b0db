export * from "./layers/index.ts";
