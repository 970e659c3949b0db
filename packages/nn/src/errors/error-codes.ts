/** The error codes that @papilio/nn adds: when each is thrown, and what to do. */
export interface NnErrorCodes {
  // Graphs and layers

  /** An operand belongs to another graph. Trace the whole model into one graph. */
  GRAPH_MIXED: true;
  /** A graph has an input, output or state of this name already. Name each differently. */
  GRAPH_NAME: true;
  /** The operands of an operation do not fit each other. Correct the shape in the message. */
  GRAPH_SHAPE: true;
  /** A module has two parts or parameters of one name, or a part is used twice. Make one for each place. */
  MODULE_NAME: true;
  /**
   * A parameter's shape is not valid, or does not have as many numbers as are given. Give one for each
   * element.
   */
  PARAMETER_SHAPE: true;
  /**
   * The numbers of a parameter are asked for after they were released. Keep them, or load them again.
   */
  PARAMETER_RELEASED: true;
  /** The numbers of a parameter are read while a trainer has newer ones. Await `read()` of the trainer first. */
  PARAMETER_UNREAD: true;
  /** A linear layer does not fit its product, or the layer before it. Use sizes that follow one another. */
  LINEAR_SHAPE: true;
  /** An adjacency or another sparse matrix is not valid. Correct the entry in the message. */
  SPARSE_MATRIX: true;
  /**
   * An index is not below the number of things that it selects from. Give tokens of the vocabulary, and
   * positions of the context.
   */
  INDEX_RANGE: true;
  /**
   * A model is run without one of its inputs, or with one that it does not have. Give each input in the
   * message.
   */
  INPUT_MISSING: true;
  /** The kernels in WebAssembly are asked for float64. Use the reference kernels for float64. */
  CPU_PRECISION: true;
  /**
   * The plan or the profile of a model is asked for that the reference computes. Ask for the kernels in
   * WebAssembly.
   */
  CPU_PROGRAM: true;
  /** A model is used after it was disposed of. Dispose of it after its last run. */
  MODEL_DISPOSED: true;

  // Training

  /**
   * A gradient is asked for that depends on an operation without one. Ask for others, or build the model of other
   * operations.
   */
  GRADIENT_UNAVAILABLE: true;
  /** The loss does not depend on what its gradient is asked of. Leave it out, or use it. */
  GRADIENT_INDEPENDENT: true;
  /**
   * The loss, or the norm of its gradient, is NaN or infinite. Lower the learning rate, clip gradients, or check the
   * data. The parameters are as they were before the step.
   */
  TRAINING_DIVERGED: true;
  /**
   * A trainer is to go on from a state of other parameters, or of another optimizer. Give the parameters in the order of
   * the trainer that the state is of, and its kind of optimizer.
   */
  TRAINER_STATE: true;
  /** A file is not a checkpoint of training. Give one that a training has written, as it is. */
  CHECKPOINT_INVALID: true;
  /**
   * The checkpoint that a training is to go on from is of other data or other settings. Give the same, or another place.
   */
  TRAINING_OTHER_RUN: true;
  /** Data to train on cannot be read. Give a file of the kind in the message. */
  DATA_INVALID: true;

  // Weights

  /** The file or address of the weights cannot be read. Check the path or the address. */
  STATE_DICT_SOURCE: true;
  /**
   * The index of sharded weights is not valid, or does not fit its shards. Download the index and all shards
   * again.
   */
  STATE_DICT_INDEX: true;
  /**
   * The weights do not fit the model; the message has the names. Build the model by their `config.json`, or
   * allow the difference.
   */
  STATE_DICT_MISMATCH: true;
  /** Two tensors would have the same name. Change the rule that renames them. */
  STATE_DICT_RENAME: true;
  /** A file of weights changed between its header and its tensors. Load it again once it is complete. */
  STATE_DICT_CHANGED: true;
  /**
   * The weights are larger than `maxBytes`, or than one array can be. Raise the limit, or load fewer tensors.
   */
  STATE_DICT_TOO_LARGE: true;
  /** Weights cannot be written. Check the path and its permissions. */
  STATE_DICT_WRITE: true;
  /**
   * A model's `config.json` contradicts itself, or lacks an entry. Pass the file that came with the weights,
   * as it is.
   */
  CONFIG_INVALID: true;
  /** A model's `config.json` asks for what is not computed here. Use a model without it. */
  CONFIG_UNSUPPORTED: true;
  /** The folder or file of an adapter cannot be read, or lacks a part. Check the path. */
  ADAPTER_SOURCE: true;
  /**
   * The files of an adapter lack a tensor, have one of another shape, or contradict their configuration. Pass the files
   * as their library wrote them.
   */
  ADAPTER_INVALID: true;
  /** An adapter has tensors that are not computed here. Merge it with the library that wrote it. */
  ADAPTER_UNSUPPORTED: true;
  /** An adapter is for layers that a model does not have. Pass the model that it was trained on. */
  ADAPTER_MISMATCH: true;
  /** A generator has no adapter of this name. Use one that the message names, or give it to the generator. */
  ADAPTER_UNKNOWN: true;
  /** An option of the conversion into butterflies is not a share. Use a number above 0 and at most 1. */
  CONVERSION_OPTION: true;
  /** An address cannot be reached. Check the address and the connection. */
  HTTP_FAILED: true;
  /** A server answered with an error. Check the address, and whether it needs a permission. */
  HTTP_STATUS: true;
  /** A server sent a web page instead of a file. Use the address of the file itself. */
  HTTP_CONTENT: true;
  /** A download made no progress for too long. Try again, or raise the limit. */
  HTTP_TIMEOUT: true;

  // Tokenizers and generation

  /** The file of a tokenizer cannot be read or contradicts itself. Download it again. */
  TOKENIZER_FILE: true;
  /** A tokenizer has a setting that is not computed here. Use another one, or make the ids elsewhere. */
  TOKENIZER_UNSUPPORTED: true;
  /** A text cannot be split into the tokens of the vocabulary. Leave out the characters in the message. */
  TOKENIZER_TEXT: true;
  /** A tokenizer has another vocabulary than the model. Use the tokenizer that came with the model. */
  TOKENIZER_MISMATCH: true;
  /** A number is not the id of a token. Give ids of the vocabulary. */
  TOKEN_UNKNOWN: true;
  /** A prompt has no token. Give it at least the token that begins a sequence. */
  PROMPT_EMPTY: true;
  /** A model has no prompt of this name. Use one that the message names. */
  PROMPT_UNKNOWN: true;
  /** A text is longer than the model's context. Use fewer tokens, or a model with more positions. */
  CONTEXT_LENGTH: true;
  /** The keys and values of one sequence are more than the budget of all. Raise it, or give a shorter context. */
  CACHE_BUDGET: true;
  /** An option of the generation is not valid. Use whole numbers in the range of the message. */
  GENERATE_OPTION: true;
  /**
   * An option of the sampling is not valid. Use a temperature from 0 on, `topK` of at least 1, `topP` above 0
   * and at most 1.
   */
  SAMPLING_OPTION: true;
  /** A model computed logits that are not numbers. Check the weights, or use `f32`. */
  LOGITS_INVALID: true;
  /** A generator still continues another text. Wait for its end, or use another generator. */
  GENERATOR_BUSY: true;
  /** A generator is used after it was disposed of. Dispose of it after its last text. */
  GENERATOR_DISPOSED: true;

  // ONNX

  /** Two inputs, outputs or states would have the same name in ONNX. Name each differently. */
  ONNX_NAME: true;
  /** A state to be exported by its past is not one of keys or values. Export it with `states: "whole"`. */
  ONNX_STATE: true;
  /** An ONNX file would be larger than a protobuf message can be. Export parts of the model one by one. */
  ONNX_SIZE: true;
  /** A graph that trains a model is exported. Export a graph of the model alone. */
  ONNX_TRAINING: true;
  /** A constant does not have as many bytes as its shape. Give one value for each element. */
  ONNX_TENSOR: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends NnErrorCodes {}
}
