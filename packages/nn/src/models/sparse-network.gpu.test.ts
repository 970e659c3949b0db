import { it } from "vitest";
import { expectRadixNet } from "../testing/radix-net.ts";

// Three of 64 images are alive after the last layer.
it("finds the published categories of RadiX-Net among some images", () => expectRadixNet(370, 434));
