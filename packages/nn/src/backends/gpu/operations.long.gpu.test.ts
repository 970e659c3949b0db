import { testOperations } from "../../testing/operations-on-device.ts";

testOperations((kind, setting) => setting !== kind % 3);
