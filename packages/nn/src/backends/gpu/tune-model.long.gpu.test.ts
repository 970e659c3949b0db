import { testTunedModels } from "../../testing/tuned-models.ts";

testTunedModels("f32", "kinds");
