/** What all entries of the package export but those for reports and for Node. */
export * from "../../analysis/index.ts";
export * from "../../index.ts";
export * from "../../models/index.ts";
export * from "../../results/index.ts";
export * from "../../select/index.ts";
export * from "../../traffic/index.ts";
