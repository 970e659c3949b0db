import { it } from "vitest";
import { expectRadixNet } from "../testing/radix-net.ts";

it("finds the published categories of RadiX-Net among the first images", () => expectRadixNet(128));
