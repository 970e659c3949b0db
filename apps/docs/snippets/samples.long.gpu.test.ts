import { describeSamples } from "./testing/describe-samples.ts";
import { LONG, samplesInPages } from "./testing/samples.ts";

describeSamples(new Map([...samplesInPages()].filter(([name]) => LONG.includes(name))));
