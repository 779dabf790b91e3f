/** Times as commands print them: UTC, to the minute, sortable. */
export function toDay(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
