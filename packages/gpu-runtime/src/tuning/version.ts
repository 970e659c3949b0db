/** Version of this package: a constant, so that bundles for browsers have it too. */
export const VERSION = "0.1.0";
