import { LAYOUTS, type Layout } from "@papilio/butterfly";
import { testPlans } from "../testing/butterfly-plans.ts";

testPlans((chain, batch) => [LAYOUTS[(chain + batch + 1) % 2] as Layout]);
