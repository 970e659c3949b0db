/** What was measured with so many workers; none is one process that serves and computes, without a queue. */
export interface Round {
  readonly workers: number;
  /** Seconds of the job, and those in which workers computed, together. */
  readonly job: { readonly seconds: number; readonly computing: number } | undefined;
  /** Seconds of all live requests. */
  readonly requests: number;
}

export interface JobsExperiment {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly nats: string;
  readonly processors: string;
  readonly revision: string;
  readonly load: { readonly before: number; readonly after: number };
  readonly sizes: {
    readonly rows: number;
    readonly tokens: number;
    readonly requests: number;
    readonly clients: number;
    readonly generated: number;
  };
  readonly rounds: readonly Round[];
}

/** The experiment as a page. */
export function renderJobsReport(experiment: JobsExperiment): string {
  const { date, command, processors, node, nats, revision, load, sizes, rounds } = experiment;
  const counts = [...new Set(rounds.map(({ workers }) => workers))].toSorted((p, q) => p - q);
  const of = (workers: number) => rounds.filter((round) => round.workers === workers);
  const least = (values: readonly number[]): number => Math.min(...values);
  const alone = least(of(0).map(({ requests }) => requests));
  const jobs = counts
    .filter((count) => count > 0)
    .map((count) => {
      const fastest = of(count)
        .flatMap(({ job }) => job ?? [])
        .reduce((p, q) => (q.seconds < p.seconds ? q : p));
      // What workers did not compute in, of their processors' time: each has the time of one.
      const share = 1 - fastest.computing / count / fastest.seconds;
      const rate = sizes.rows / fastest.seconds;
      return `| ${count} | ${fastest.seconds.toFixed(2)} s | ${rate.toFixed(0)} | ${percent(share)} |`;
    });
  const requests = counts.map((count) => {
    const seconds = least(of(count).map(({ requests }) => requests));
    const rate = (sizes.requests * sizes.generated) / seconds;
    const name = count === 0 ? "none: one process" : String(count);
    const more = count === 0 ? "" : percent(seconds / alone - 1);
    return `| ${name} | ${seconds.toFixed(2)} s | ${rate.toFixed(0)} | ${more} |`;
  });
  return `# Workers behind a queue

Made by \`${command}\` on ${date.slice(0, 10)}: ${processors}, Node ${node}, ${nats}, revision ${revision}. The load average was ${load.before.toFixed(1)} before the run and ${load.after.toFixed(1)}, with the run itself, after it. A Llama of 5 M random weights in float32; the fastest of ${of(1).length} interleaved rounds. One worker has two threads, two have a processor each, and of four two share a processor. The gateway, the NATS server and the clients share the processors with them.

## A job

\`papilio run --nats\` of ${sizes.rows} rows of ${sizes.tokens} tokens. The overhead is the share of the time of the job in which a worker, on average, computed nothing.

| workers | time | rows a second | overhead |
| --- | --- | --- | --- |
${jobs.join("\n")}

## Live requests

${sizes.requests} completions of ${sizes.generated} tokens, ${sizes.clients} at once, by \`papilio serve\` with a model, and by a gateway with workers.

| workers | time | tokens a second | more time than one process |
| --- | --- | --- | --- |
${requests.join("\n")}
`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
