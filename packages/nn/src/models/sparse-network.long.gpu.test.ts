import { it } from "vitest";
import { expectRadixNet } from "../testing/radix-net.ts";

it("finds all published categories of RadiX-Net, and the sum of its outputs", () =>
  expectRadixNet());
