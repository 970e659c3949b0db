export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { renderModelReport } from "./render-model-report.ts";
export {
  type Report,
  type ReportFigure,
  type ReportOptions,
  renderReport,
} from "./render-report.ts";
