import { uniform } from "@papilio/butterfly/numeric";
import { codingRoutes, lengthRoutes, wholeRoutes } from "./body-routes.ts";
import { headRoutes, resetRoutes, statusRoutes } from "./head-routes.ts";
import type { Below, Route } from "./route.ts";
import { redirectRoutes, shardRoutes, stalledRoutes } from "./sequence-routes.ts";

/** All ways of answering, in an order that is drawn, as are the places where they are cut and such. */
export function drawRoutes(seed: number): Route[] {
  const next = uniform(seed);
  const below: Below = (end) => Math.floor(((next() + 1) / 2) * end);
  const routes = [
    ...wholeRoutes(below),
    ...lengthRoutes(below),
    ...codingRoutes(below),
    ...stalledRoutes(below),
    ...redirectRoutes(below),
    ...statusRoutes(below),
    ...headRoutes(below),
    ...resetRoutes(below),
    ...shardRoutes(below),
  ];
  for (let last = routes.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [routes[last], routes[other]] = [routes[other] as Route, routes[last] as Route];
  }
  return routes;
}
