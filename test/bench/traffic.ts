/** What counting for baseline and incidents adds to a delivery that is peeked at, in processor time: `npm run bench:traffic`. */
import { peekRecord } from '@desist/contracts';
import { providerOf } from '@desist/verdicts';
import { DEFAULT_POLICY } from '@desist/domain';
import { createTraffic, hashOfKey } from '@desist/pipeline';

const NOON = Date.UTC(2026, 2, 1, 12);
const COUNT = 200_000;
const COMMIT_EVERY = 20_000;
const BIG = ['gmail.com', 'outlook.com', 'yahoo.com', 'gmx.de', 'orange.fr'];
const encoder = new TextEncoder();

interface Delivery {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly recordTime: number;
}

function deliveries(domainOf: (index: number) => string): readonly Delivery[] {
  return Array.from({ length: COUNT }, (_, index) => {
    const recipient = `user${(index * 7_919) % 150_000}@${domainOf(index)}`;
    const value = {
      ...{ version: 1, id: `id-${index}-abcdefghij`, tenant: 'acme', stream: 'transactional', recipient },
      ...{ messageId: `m-${index}-0123456789abcdef`, type: 'delivered', occurredAt: new Date(NOON + index).toISOString(), attempt: 1 },
      smtp: { code: 250, text: '250 2.0.0 OK 1772359200 x-20020a05 - gsmtp' },
      remoteHost: `aspmx${index % 2}.l.google.com`,
    };
    return { key: encoder.encode(`acme/${recipient}`), value: encoder.encode(JSON.stringify(value)), recordTime: NOON + COUNT };
  });
}

/** Microseconds of processor time per record. */
function timed(records: readonly Delivery[], each: (record: Delivery, index: number) => void): number {
  const before = process.cpuUsage();
  records.forEach(each);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records.length;
}

const offsets = {
  ...{ occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 },
  ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
};
const cases = {
  'five providers': (index: number) => BIG[index % 5] ?? '',
  '3,000 hosted domains': (index: number) => `d${index % 3_000}.example.com`,
};
for (const [name, domainOf] of Object.entries(cases)) {
  const records = deliveries(domainOf);
  for (let round = 1; round <= 6; round += 1) {
    const policies = { version: '', base: DEFAULT_POLICY, tenants: new Map() };
    let sum = 0;
    let bytes = 0;
    const peeked = timed(records, (record) => {
      if (peekRecord(record, offsets) === 'delivered') sum += hashOfKey(record.key);
    });
    const counted = (rollups: readonly string[] | null): number => {
      const traffic = createTraffic({ policies, providerOf, stored: { baseline: [], incidentCounts: [], rollups } });
      return timed(records, (record, index) => {
        if (peekRecord(record, offsets) !== 'delivered') return;
        traffic.deliveredRecord({ key: record.key, keyHash: hashOfKey(record.key), value: record.value, offsets }, NOON);
        if (index % COMMIT_EVERY !== 0) return;
        // A commit every 200 ms, as a busy engine makes them.
        const { rollups: write } = traffic.drain({ now: (index / COMMIT_EVERY) * 200, present: NOON });
        if (write?.kind === 'pending') bytes += write.body.length;
      });
    };
    // In turn, because a later run finds warmer caches.
    const [without, withRollups] = round % 2 === 0 ? [counted(null), counted([])] : [counted([]), counted(null)].toReversed();
    const figures = [peeked, without ?? 0, withRollups ?? 0, (withRollups ?? 0) - (without ?? 0)].map((us) => us.toFixed(2));
    const pending = Math.round(bytes / (records.length / COMMIT_EVERY));
    console.log(
      `${name}, round ${round}: peek ${figures[0]} µs, counted ${figures[1]} µs, with roll-ups ${figures[2]} µs, these alone ${figures[3]} µs; ${pending} bytes a commit (${sum % 7})`,
    );
  }
}
