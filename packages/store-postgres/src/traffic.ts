/** What the commits counted, for people: series of the roll-ups, and counters. Reads only; times in ms. */
import type { SeriesPoint, TrafficReader } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import type { SeriesTerms } from './statements/series.ts';
import { findTopReasons } from './statements/find-top-reasons.ts';
import { sumAllowances } from './statements/sum-allowances.ts';
import { sumDeadlines } from './statements/sum-deadlines.ts';
import { sumHours } from './statements/sum-hours.ts';
import { sumLastHours } from './statements/sum-last-hours.ts';
import { sumShadow } from './statements/sum-shadow.ts';
import { sumQuarters } from './statements/sum-quarters.ts';

export function createTrafficReader(db: Database): TrafficReader {
  return {
    async series({ table, beside = null, tenants = null, provider = null, pool = null, stream = null, ...query }) {
      const terms: SeriesTerms = { ...query, beside, tenants, provider, pool, stream };
      const rows = await (table === 'quarters' ? sumQuarters : sumHours).run(db, terms);
      return rows.map(({ name, ...row }): SeriesPoint => ({ group: name, ...row }));
    },
    reasons: ({ tenants = null, ...query }) => findTopReasons.run(db, { ...query, tenants }),
    async counters({ since, until }) {
      const types = await sumLastHours.run(db, { since });
      const of = (family: string): Record<string, number> =>
        Object.fromEntries(types.filter((row) => row.family === family).map(({ type, count }) => [type, count]));
      return {
        atRisk: (await sumDeadlines.first(db, { before: until }))?.count ?? 0,
        allowances: (await sumAllowances.first(db, {}))?.count ?? 0,
        events: of('events'),
        changes: of('changes'),
        regret: of('regret'),
        shadow: Object.fromEntries((await sumShadow.run(db, {})).map(({ kind, count }) => [kind, count])),
      };
    },
  };
}
