import type { StorageDtype } from "../numeric/dtype.ts";
import { quantize } from "../numeric/half-precision.ts";
import { Butterfly } from "./butterfly.ts";

/** The same butterfly with the values that storage in `dtype` leaves: see {@link quantize}. */
export function quantizeButterfly(butterfly: Butterfly, dtype: StorageDtype): Butterfly {
  return new Butterfly(
    butterfly.factors.map((factor) => factor.map((values) => quantize(values, dtype))),
  );
}
