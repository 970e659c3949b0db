import { testGradients, VARIATIONS } from "../testing/gradients-on-device.ts";

// The long test has the variations.
testGradients((name) => !VARIATIONS.has(name));
