/** The text of cpu-worker, with all that it imports. The build writes it into `dist`; see `tooling/workers`. */
export const source: string = "";
