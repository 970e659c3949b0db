/** The text of cpu-worker, with all that it imports. The build writes it into `dist`; see `workers/inline.ts`. */
export const source: string = "";
