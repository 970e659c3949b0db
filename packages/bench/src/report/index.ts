export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { renderModelReport } from "./render-model-report.ts";
export { renderReport } from "./render-report.ts";
export type { Report, ReportFigure, ReportOptions } from "./report.ts";
