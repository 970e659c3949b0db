/** The error codes that the playground adds: when each is thrown, and what to do. */
interface PlaygroundErrorCodes {
  /** The formula of a matrix cannot be read. Use what the message names. */
  FORMULA_SYNTAX: true;
  /** A file has no matrix that the playground factorizes. Give a real one of 4 x 4 or more. */
  PLAYGROUND_FILE: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends PlaygroundErrorCodes {}
}

export {};
