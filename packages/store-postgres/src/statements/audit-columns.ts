/** An audit as the port has it. */
export const AUDIT_COLUMNS = [
  'partition',
  'request',
  'reason',
  'state',
  'requested_at as requestedAt',
  'finished_at as finishedAt',
  'records',
  'read',
  'compared',
  'mended',
  'problem',
] as const;
