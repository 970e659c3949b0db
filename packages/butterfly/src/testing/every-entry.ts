import * as constructions from "../constructions/index.ts";
import * as errors from "../errors/index.ts";
import * as factorization from "../factorization/index.ts";
import * as files from "../files/index.ts";
import * as root from "../index.ts";
import * as matrix from "../matrix/index.ts";
import * as numeric from "../numeric/index.ts";
import * as pattern from "../pattern/index.ts";
import * as planning from "../planning/index.ts";
import * as rounding from "../rounding/index.ts";
import * as threads from "../threads/index.ts";

/** What each entry of the package exports, by the entry's name in package.json. */
export const entries = {
  ".": root,
  "./constructions": constructions,
  "./errors": errors,
  "./factorization": factorization,
  "./files": files,
  "./matrix": matrix,
  "./numeric": numeric,
  "./pattern": pattern,
  "./planning": planning,
  "./rounding": rounding,
  "./threads": threads,
};

/** All that the package exports. */
export const butterfly = {
  ...root,
  ...constructions,
  ...errors,
  ...factorization,
  ...files,
  ...matrix,
  ...numeric,
  ...pattern,
  ...planning,
  ...rounding,
  ...threads,
};
