/**
 * The text of an implementation's module: it computes 8 vectors on the CPU, and does something else with more.
 *
 * @param instead a statement
 */
export function ownImplementation(name: string, instead: string): string {
  return `export const implementation = {
    name: "${name}",
    description: "does something else with more than 8 vectors",
    processor: "cpu",
    prepare: async ({ shape, butterfly, hostInput }) => {
      if (shape.batch > 8) ${instead};
      let y;
      return {
        bytes: 0,
        run: async () => {
          const [dense, { rows, cols }, { batch }] = [butterfly.dense(), butterfly.chain, shape];
          y = Float32Array.from({ length: rows * batch }, (_, at) => {
            const row = dense.subarray(cols * Math.floor(at / batch));
            return Array.from({ length: cols }, (_, c) => row[c] * hostInput[c * batch + (at % batch)])
              .reduce((sum, product) => sum + product);
          });
        },
        output: async () => y,
        [Symbol.dispose]: () => undefined,
      };
    },
  };`;
}
