/**
 * Layers of a model that is read from a file, at most. Each is some objects before there are any weights,
 * and the largest models have less than two hundred.
 */
export const MOST_LAYERS = 1024;
