/**
 * What threads call. Everything lies in a memory that all threads share and TypeScript allocates.
 */

export { runItem } from "./run-item";
export { cancelProgram, requestMessage, runProgram, startProgram } from "./run-program";
// For the compiler alone; vector-constants.ts says why.
export * from "./vector-constants";
