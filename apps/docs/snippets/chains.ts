import { Butterfly, Chain } from "@papilio/butterfly";

// Ten factors of 2 x 2 blocks, as in a fast Fourier transform.
const dyadic = Chain.squareDyadic(1024);
// Two factors of 32 x 32 blocks.
const monarch = Chain.monarch(1024);

console.log(dyadic.length, dyadic.nonZeros); // 10 20480
console.log(monarch.length, monarch.nonZeros); // 2 65536
console.log(dyadic.rows * dyadic.cols); // 1048576

// Five neighbours of the dyadic chain multiply to one Monarch factor.
console.log(`${dyadic.product(0, 5)} and ${monarch.patterns[0]}`); // 1,32,32,32 and 1,32,32,32

const matrix = Butterfly.random(dyadic, { seed: 0 });
const merged = matrix.merge(5, 10).merge(0, 5);
console.log(`${merged.chain}`); // 1,32,32,32;32,32,32,1
