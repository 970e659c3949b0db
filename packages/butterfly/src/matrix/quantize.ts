import { requireButterfly } from "../errors/matrix-checks.ts";
import type { StorageDtype } from "../numeric/dtype.ts";
import { quantize } from "../numeric/half-precision.ts";
import { Butterfly } from "./butterfly.ts";

/**
 * The same butterfly with the values that storage in `dtype` leaves: see {@link quantize}.
 *
 * @throws PapilioError `ARRAY_TYPE` for values in double precision, `OPTION_INVALID`
 */
export function quantizeButterfly(butterfly: Butterfly, dtype: StorageDtype): Butterfly {
  requireButterfly("The matrix", butterfly);
  return new Butterfly(
    butterfly.factors.map((factor) => factor.map((values) => quantize(values, dtype))),
  );
}
