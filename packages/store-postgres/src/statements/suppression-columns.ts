/** A suppression as the ports say it; `s` is its table. */
export const SUPPRESSION_COLUMNS = [
  's.scope',
  's.reason',
  's.since',
  's.expires_at as expiresAt',
  's.category',
  's.rule',
  's.reply',
  's.first_failure_at as firstFailureAt',
  's.last_failure_at as lastFailureAt',
  's.failures',
  's.policy',
  's.created_by as createdBy',
  's.note',
  's.source',
  's.provider',
  's.subdomains',
] as const;
