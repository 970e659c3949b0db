/**
 * Change logs hold the texts of changesets alone. All packages have one version, so that a list of
 * dependencies that changed too would say nothing.
 */
export default {
  getReleaseLine: ({ summary }) => {
    const [first, ...rest] = summary.trim().split("\n");
    return Promise.resolve([`- ${first}`, ...rest.map((line) => `  ${line}`.trimEnd())].join("\n"));
  },
  getDependencyReleaseLine: () => Promise.resolve(""),
};
