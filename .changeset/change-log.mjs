/**
 * How changesets writes change logs: the texts of changesets alone. All packages have one version, so that
 * a list of dependencies that changed too would say nothing.
 */
export function getReleaseLine({ summary }) {
  const [first, ...rest] = summary.trim().split("\n");
  return Promise.resolve([`- ${first}`, ...rest.map((line) => `  ${line}`.trimEnd())].join("\n"));
}

export function getDependencyReleaseLine() {
  return Promise.resolve("");
}
