import { testGradients, VARIATIONS } from "../testing/gradients-on-device.ts";

testGradients((name) => VARIATIONS.has(name));
