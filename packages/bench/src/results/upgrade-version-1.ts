import * as v from "valibot";

const record = v.looseObject({});

/** As much of version 1 as the upgrade reads; the records it makes are validated as any others. */
const version1 = v.looseObject({
  environment: v.looseObject({ load: v.nullable(v.number()) }),
  options: record,
  cases: v.pipe(
    v.array(
      v.looseObject({
        pattern: v.string(),
        results: v.array(v.looseObject({ status: v.string(), timing: v.optional(record) })),
      }),
    ),
    v.maxLength(100_000),
  ),
  skipped: v.array(
    v.object({
      case: v.pipe(v.string(), v.regex(/^\S+ x \d+ f(32|16) batch-(first|last)$/)),
      reason: v.string(),
    }),
  ),
  complete: v.boolean(),
});

/**
 * The records that a file of version 1 amounts to: one JSON value, factors and no chains, and less
 * known of how it was measured. Undefined where it is not such a file.
 */
export function upgradeVersion1(data: unknown): unknown[] | undefined {
  const parsed = v.safeParse(version1, data);
  if (!parsed.success) return undefined;
  const { environment, options, cases, skipped, complete } = parsed.output;
  const names = new Set(
    cases.flatMap(({ results }) => results.map(({ implementation }) => implementation)),
  );
  const run = {
    record: "run",
    schema: "papilio-bench/2",
    environment: {
      ...environment,
      revision: null,
      load: { average: environment.load, busy: null },
      cacheBytes: null,
      clockSteps: { device: null, wall: null },
      rates: null,
      energy: { reason: "Version 1 of the results format had no energy." },
    },
    options: { ...options, maxRunSeconds: null },
    implementations: [...names].map((name) => ({ name, description: "", processor: "adapter" })),
  };
  return [
    run,
    ...cases.map(({ pattern, results, ...rest }) => ({
      ...rest,
      record: "case",
      chain: pattern,
      inputs: 1,
      seconds: null,
      results: results.map((entry) => ({
        ...entry,
        ...(entry.status === "timed"
          ? { traffic: null, energy: null, timing: { ...entry.timing, repeats: null } }
          : {}),
      })),
    })),
    ...skipped.map(({ case: name, reason }) => {
      const [chain, , batch, dtype, layout] = name.split(" ");
      const key = { chain, batch: Number(batch), dtype, layout };
      return { record: "skip", ...key, cause: "device", reason };
    }),
    ...(complete ? [{ record: "end", date: environment.date }] : []),
  ];
}
