import { testOperations } from "../../testing/operations-on-device.ts";

// Each in one setting, by turns: compiling its kernels takes most of the time. The long tests have all.
testOperations((kind, setting) => setting === kind % 3);
