import { testBipolarProducts } from "../../testing/bipolar-products.ts";

testBipolarProducts(100);
