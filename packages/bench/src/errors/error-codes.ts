/** The error codes that @papilio/bench adds: when each is thrown, and what to do. */
export interface BenchErrorCodes {
  // Cases and implementations

  /** There is no suite of this name. Use one that the message names, or give patterns. */
  SUITE_UNKNOWN: true;
  /** There is no model of this name to be timed. Use one that the message names. */
  MODEL_UNKNOWN: true;
  /** There is no implementation of this name. Use one that the message names. */
  IMPLEMENTATION_UNKNOWN: true;
  /**
   * The file of an implementation cannot be loaded. Give a TypeScript or JavaScript module that runs as it
   * is.
   */
  IMPLEMENTATION_FILE_UNREADABLE: true;
  /** The file of an implementation exports none. Export a value of the type `Implementation`. */
  IMPLEMENTATION_FILE_INVALID: true;
  /** A chain of one factor has nothing to plan. Compare the implementations of a single factor. */
  CHAIN_OF_ONE: true;
  /** The gradient that is measured is that of one factor. Give patterns of one factor. */
  GRADIENT_OF_CHAIN: true;
  /** The bytes that are counted are those of one factor's multiplication. Give patterns of one factor. */
  TRAFFIC_OF_CHAIN: true;
  /** A case of an adapter is not a dense weight with the levels of a rotation. Give such a chain. */
  ADAPTER_CHAIN: true;
  /** An implementation of one operation was given another. Measure it on cases of its own operation. */
  OPERATION_MISMATCH: true;
  /** An implementation would keep too many products in memory. Use another one for this case. */
  TOO_MANY_PRODUCTS: true;
  /** ONNX Runtime cannot compute this case. Use another implementation for it. */
  ONNX_RUNTIME_UNSUPPORTED: true;
  /** The energy meter failed during the measurement. Measure again, or without energy. */
  ENERGY_METER_FAILED: true;
  /** An option of the energy measurement is not a positive, finite number. Give one. */
  ENERGY_OPTION_INVALID: true;

  // Results

  /** A file of results is not JSON. Give a file that `papilio bench --json FILE` wrote. */
  RESULTS_SYNTAX: true;
  /**
   * A file of results does not fit the schema. Give a file that `papilio bench --json FILE` wrote, unchanged.
   */
  RESULTS_INVALID: true;
  /** A file of results is of another version of the format. Measure again. */
  RESULTS_VERSION: true;
  /** There are no results to merge. Give at least one. */
  MERGE_EMPTY: true;
  /** The results to merge are of different adapters or drivers. Give the files of one at a time. */
  MERGE_MIXED_ADAPTERS: true;
  /** Two runs have no case and implementation in common. Give two results of the same suite or patterns. */
  COMPARE_NOTHING: true;
  /** The threshold of a comparison is not a positive share. Give one such as 0.1 for ten percent. */
  COMPARE_THRESHOLD: true;

  // Selection

  /** A file of layers is not JSON. Give a file such as the one in the message. */
  LAYERS_SYNTAX: true;
  /**
   * A file of layers does not fit its schema, or a chain in it is not valid. Correct the entry in the
   * message.
   */
  LAYERS_INVALID: true;
  /** Nothing that may be chosen is measured or modelled for a case. Give results or rates of this adapter. */
  SELECTION_IMPOSSIBLE: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends BenchErrorCodes {}
}
