/** The partition that publishes an incident. Distributes them, so that a stopped partition delays the announcement of few. */
export function announcerOf(id: string, partitions: number): number {
  let sum = 0;
  for (let i = 0; i < id.length; i += 1) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return sum % partitions;
}
