/**
 * The codes of errors, each with when it is thrown and what to do. Those of the packages above are declared in
 * their own `error-codes.ts`, which merge into this interface; a program can add its own in the same way.
 *
 * @example
 * ```ts
 * declare module "@papilio/butterfly" {
 *   interface ErrorCodes {
 *     MY_IMPLEMENTATION_FAILED: true;
 *   }
 * }
 * ```
 */
export interface ErrorCodes {
  // Arguments of all packages

  /**
   * An argument is not an array of the class that is needed. Convert it, for example by `Float32Array.from`.
   */
  ARRAY_TYPE: true;
  /** The memory of an array was transferred to a worker. Copy an array before its buffer is transferred. */
  ARRAY_DETACHED: true;
  /** An array would have more elements than JavaScript allows. Use a smaller pattern or a smaller batch. */
  ARRAY_TOO_LARGE: true;
  /** An argument or an option is not one of the values that are allowed. Pass one that the message names. */
  OPTION_INVALID: true;
  /** A seed is not a whole number from 0 to 2^32 - 1. Pass a whole number such as 0. */
  SEED_INVALID: true;
  /**
   * A batch size is not a whole number of at least 1. Pass the number of vectors that are multiplied at once.
   */
  BATCH_INVALID: true;
  /** A layout is neither `batch-first` nor `batch-last`. Use one of them. */
  LAYOUT_INVALID: true;
  /**
   * A number of threads is not a whole number of at least 1. Leave it out for as many as there are
   * processors.
   */
  THREADS_INVALID: true;
  /**
   * An input has more or fewer elements than its shape. Pass as many as the message says, or another batch
   * size.
   */
  INPUT_LENGTH: true;
  /** An output array has more or fewer elements than the product. Pass one of the length in the message. */
  OUTPUT_LENGTH: true;
  /** An output array shares memory with the input. Pass an output with memory of its own. */
  OUTPUT_OVERLAPS_INPUT: true;

  // Patterns, chains and matrices

  /** A text is not a pattern. Write four whole numbers with commas between them, such as `4,64,64,4`. */
  PATTERN_SYNTAX: true;
  /**
   * A pattern has a number that is not a positive whole number, or too many values. Correct the number in the
   * message.
   */
  PATTERN_INVALID: true;
  /** A chain has no patterns. Give at least one. */
  CHAIN_EMPTY: true;
  /**
   * Two neighbours of a chain differ in size, so that they do not multiply; or they do, but are not chainable, and
   * merging, factorizing and the pattern of the product need that. Change one of the two patterns in the message.
   */
  CHAIN_NOT_CHAINABLE: true;
  /** A range of factors is not within the chain. Use whole numbers with 0 <= from < to <= length. */
  CHAIN_RANGE: true;
  /**
   * No chain of the wanted kind has this size. Pad the matrix, or use a size or a number of blocks that the
   * message allows.
   */
  CHAIN_SIZE: true;
  /** A factor has more or fewer values than its pattern. Pass one for each entry of `[a, b, c, d]`. */
  VALUES_LENGTH: true;
  /** The real and the imaginary part differ in pattern, class or length. Pass two alike. */
  COMPLEX_PARTS: true;
  /** A dense matrix has more or fewer entries than its shape. Pass its entries row by row. */
  DENSE_LENGTH: true;
  /** The dense form of a matrix would be too large. Multiply by the factors themselves. */
  DENSE_TOO_LARGE: true;
  /**
   * A dense matrix has an entry where its pattern has none. Pass a matrix that is zero off the support, or
   * factorize it.
   */
  OFF_SUPPORT: true;
  /**
   * A permutation does not have every index once, or another length than the features. Pass a complete map.
   */
  PERMUTATION_INVALID: true;
  /** A range of super-blocks is not within the pattern. Use whole numbers within `a`. */
  SUPER_BLOCKS_RANGE: true;
  /**
   * An exact construction does not exist for this size, or would hold too many values. Use one that the message
   * allows.
   */
  CONSTRUCTION_SIZE: true;

  // Multiplication

  /** A compiled matrix is used after it was disposed of. Dispose of it after its last use, or compile another. */
  MATRIX_DISPOSED: true;
  /**
   * A plan does not cover the factors of its chain once and in order. Use one that was planned for this
   * chain.
   */
  PLAN_INVALID: true;
  /**
   * An error bound is asked for a sum of no terms, or of too many. Pass the number of products that an output
   * sums.
   */
  TERMS_INVALID: true;
  /**
   * What is verified, its reference and its magnitudes differ in length. Pass three arrays of the same
   * length.
   */
  VERIFY_LENGTH: true;

  // Factorization

  /**
   * A matrix to be factorized, or a block to be made orthogonal, has an entry that is not a finite number. Replace
   * or remove it.
   */
  MATRIX_NOT_FINITE: true;
  /** A factorization tree is not one of the chain's factors. Use a named one, or nested pairs. */
  TREE_INVALID: true;
  /** An option of the refinement is not valid. Give a number of at least 0. */
  REFINE_OPTION: true;
  /**
   * A limit of the search for a chain is not valid. Give a share of the dense matrix, or a relative error.
   */
  SEARCH_LIMIT: true;
  /** An eigenvalue was not found in the steps that are allowed. Please report the matrix. */
  EIGEN_NOT_CONVERGED: true;
  /** A thread of the factorization failed. Factorize with `threads: 1`. */
  WORKER_FAILED: true;
  /**
   * The threads of a factorization are used after they were disposed of. Dispose of them after the last
   * split.
   */
  SPLITTER_DISPOSED: true;

  // Files

  /**
   * A file does not begin as its format does, or its header is not valid. Give a file of the format in the
   * message.
   */
  FILE_HEADER: true;
  /** A file ends before what its header announces. Copy or download it again. */
  FILE_TRUNCATED: true;
  /**
   * A file has an entry or a tensor that contradicts its header. Write the file again with the program that
   * made it.
   */
  FILE_TENSOR: true;
  /** A file has no tensor of this name. Use one of those that the message names. */
  TENSOR_MISSING: true;
  /**
   * The elements of a tensor have a type that is not read or written here. Convert them to one that the
   * message names.
   */
  TENSOR_DTYPE: true;
  /** A tensor does not have the shape that is needed. Give one of the shape in the message. */
  TENSOR_SHAPE: true;
  /**
   * A finite number is outside the range of the type that it is stored in. Scale the numbers, or use a wider
   * type.
   */
  VALUE_RANGE: true;
  /**
   * An activation does not exist, or a parameter of it is not a finite number. Use one that the message
   * names.
   */
  ACTIVATION_INVALID: true;
}

/** A code of an error: one of those that are declared, so that a typo does not compile. */
export type ErrorCode = keyof ErrorCodes;
