import type { Drawn } from "./figure.ts";

/** A part of a report, before it is HTML or Markdown. All text is plain: what writes it escapes it. */
export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | {
      /** Of results that must not be trusted. */
      readonly kind: "notice";
      readonly text: string;
      readonly items: readonly string[];
    }
  | {
      readonly kind: "table";
      readonly caption: string;
      readonly head: readonly string[];
      /** The first cell of a row names it. */
      readonly rows: readonly (readonly string[])[];
      /** Whether the columns after the first hold figures, which align at the right. */
      readonly figures: boolean;
    }
  | { readonly kind: "details"; readonly summary: string; readonly blocks: readonly Block[] }
  | { readonly kind: "figure"; readonly figure: Drawn };

export interface Section {
  /** Its anchor. */
  readonly id: string;
  readonly heading: string;
  readonly blocks: readonly Block[];
}

/** A report, before it is HTML or Markdown. */
export interface ReportDocument {
  readonly title: string;
  /** Adapter, driver, date and counts, in a line. */
  readonly subtitle: string;
  /** What the reader must know before the first number. */
  readonly notices: readonly Block[];
  readonly sections: readonly Section[];
}
