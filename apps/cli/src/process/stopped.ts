/** What is said of a command that was interrupted. */
export const STOPPED = {
  code: "INTERRUPTED",
  message: "The work was stopped.",
  fix: "Run it again.",
} as const;
