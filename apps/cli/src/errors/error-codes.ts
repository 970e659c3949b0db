/** The error codes that the command line adds: when each is thrown, and what to do. */
interface CliErrorCodes {
  // What was asked for

  /**
   * A flag has a value that it does not allow, or goes with another one that it does not fit. Change it as
   * the message says.
   */
  FLAG_INVALID: true;
  /** No chain that was tried is within the limits. Allow more parameters or a larger error. */
  CHAIN_NOT_FOUND: true;
  /** A matrix in few bits has a larger error than `--max-error` allows. Use more bits, or allow a larger one. */
  QUANTIZE_ERROR: true;
  /**
   * A file for `--calibrate` has nothing that the model could be run with. Give a text, an array of images or of ids, or
   * vectors, as the message says.
   */
  CALIBRATION_EMPTY: true;
  /** Two implementations have the same name. Name each once. */
  IMPLEMENTATION_TWICE: true;
  /** A model is of a kind that the command does not run. Use a model of the kind in the message. */
  MODEL_KIND: true;
  /** There is no tokenizer beside a model. Name one with `--tokenizer`. */
  TOKENIZER_MISSING: true;
  /** Some files of results are of whole models, others of multiplications. Make one report of each. */
  RESULTS_MIXED: true;
  /**
   * A file of results holds a run with other settings. Give another file, or the same settings to continue
   * it.
   */
  RESULTS_OTHER_RUN: true;
  /**
   * What is left of a job at the places of its outputs is of another job. Run that one to its end, or give other
   * outputs.
   */
  JOB_OTHER: true;
  /** The work was stopped by Ctrl+C or SIGTERM. Run it again. */
  INTERRUPTED: true;

  // Many machines

  /** A NATS server cannot be reached, or keeps no messages. Start it with JetStream, or give its address. */
  NATS_UNREACHABLE: true;
  /** A row of the inputs is larger than the messages that a NATS server takes. Let it take larger ones. */
  MESSAGE_TOO_LARGE: true;
  /** A message is not from this version of the program. Use the same version everywhere. */
  MESSAGE_INVALID: true;
  /** A worker could not compute a part of a job. Do what its own error says, which is in the message. */
  CHUNK_FAILED: true;
  /** A worker that did a request again came to another text than the one before it. Use workers of one kind. */
  ANSWER_DIFFERS: true;

  // Files

  /** A file cannot be read as what the command needs. Give a file as the message describes. */
  INPUT_UNREADABLE: true;
  /** An image has no pixels left after it is resized and cropped. Give a larger or less narrow one. */
  INPUT_SHAPE: true;
  /** An image cannot be decoded. Download it again, or convert it with another program. */
  IMAGE_INVALID: true;
  /** An image has more pixels than its size in bytes allows. Make it smaller with another program. */
  IMAGE_TOO_LARGE: true;
  /** There is a file at the path of an output. Give another path, or allow it to be replaced. */
  OUTPUT_EXISTS: true;
  /** A file is both read and to be written. Give the output a file of its own. */
  OUTPUT_IS_INPUT: true;
  /** Two outputs are the same file. Give each a file of its own. */
  OUTPUT_TWICE: true;
  /** A model has no output of this name. Use one that the message names. */
  OUTPUT_UNKNOWN: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends CliErrorCodes {}
}

export {};
