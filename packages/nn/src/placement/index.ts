export type { NnErrorCodes } from "../errors/error-codes.ts";
export {
  choosePlace,
  type Machine,
  type MeasuredPlaces,
  type Place,
  type PlaceChoice,
  type PlacedProduct,
  type Work,
} from "./choose-place.ts";
export { placeOfGraph } from "./compile.ts";
export { workOf } from "./work.ts";
