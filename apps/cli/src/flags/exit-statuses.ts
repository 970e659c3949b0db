/**
 * The paragraph on exit statuses that ends the help of every command.
 *
 * @param finding what the command may find that is status 1, besides work that fails
 * @param unusable what is status 2, besides input
 */
export function exitStatuses(finding?: string, unusable?: string): string {
  const found = finding === undefined ? "" : `${finding}, or `;
  const others = unusable === undefined ? "" : `, or ${unusable}`;
  return `Exit status: 0; 1 when ${found}the work failed or was stopped; 2 for input that cannot be used${others}.`;
}
