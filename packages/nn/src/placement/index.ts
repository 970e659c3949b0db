export {
  choosePlace,
  type Machine,
  type MeasuredPlaces,
  type Place,
  type PlaceChoice,
  type PlacedProduct,
  type Work,
} from "./choose-place.ts";
export {
  type CompileGraphOptions,
  compileGraph,
  type PlacedModel,
  placeOfGraph,
} from "./compile.ts";
export { workOf } from "./work.ts";
