import { testTunedModels } from "../../testing/tuned-models.ts";

testTunedModels("f16", "all");
