/** `/ui/incidents`: windows in which many recipients of a provider failed together, as bars per provider. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { api } from '../api/index.ts';
import type { ListedIncident } from '../api/types.ts';
import { scaleOf, timeTicks } from '../model/scale.ts';
import { DAY, duration, localClock, localDay, utcTime } from '../model/time.ts';
import { count, number, percent, words } from '../model/words.ts';
import { go, to } from '../router.ts';
import { tenant } from '../session.ts';
import { Figure } from '../ui/figure.tsx';
import { Chip, Empty, Head, now, TableBox, Time, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { useWidth } from '../ui/use-width.ts';

export function Incidents(): JSX.Element {
  const loaded = useData(`incidents ${tenant.value ?? ''}`, () => api.incidents(tenant.value), 30_000);
  return (
    <>
      <Head
        title="Incidents"
        sub="Of providers: many recipients began to fail together, which counts against nobody. Of senders: a provider refuses your mail more than usual."
      />
      <WhenLoaded loaded={loaded} waiting="Reading the incidents …">
        {({ items, cursor }) =>
          items.length === 0 ? (
            <section class="panel">
              <Empty title="No incidents">
                <p>
                  None has been noticed, and none was made. If many addresses of one provider failed for no fault of theirs, make one with{' '}
                  <code>desist incident create</code>.
                </p>
              </Empty>
            </section>
          ) : (
            <>
              <RefusedNow incidents={items} />
              <Gantt incidents={items} />
              <section class="panel flush" aria-label="Incidents">
                <IncidentTable incidents={items} />
                {cursor === null ? null : (
                  <div class="under">
                    The newest {items.length}. Older ones: <code>desist incident list</code>.
                  </div>
                )}
              </section>
            </>
          )
        }
      </WhenLoaded>
    </>
  );
}

export function whatOf({
  provider,
  domain,
  code,
  text,
  sender,
}: Pick<ListedIncident, 'provider' | 'domain' | 'code' | 'text' | 'sender'>): string {
  const pool = sender?.pool ?? null;
  const parts = [provider ?? domain ?? 'anywhere', code, text === null ? null : `“${text}”`, pool === null ? null : `pool ${pool}`];
  return parts.filter((part) => part !== null).join(', ');
}

/** Open incidents of senders, with their causes: the only ones that somebody can do something about. */
function RefusedNow({ incidents }: { readonly incidents: readonly ListedIncident[] }): JSX.Element | null {
  const open = incidents.flatMap((one) => (one.sender === null || one.state !== 'open' ? [] : [{ ...one, sender: one.sender }]));
  if (open.length === 0) return null;
  return (
    <section class="panel stack" aria-label="Refused now">
      <h2>Refused now</h2>
      {open.map((one) => (
        <div class="stack" key={one.id}>
          <p>
            <a href={to(['incidents', one.id])}>{whatOf(one)}</a> refuses mail of tenant {one.tenant} since <Time at={one.from} />:{' '}
            {percent(one.sender.share)} of {count(one.sender.tries, 'try', 'tries')}, usually {percent(one.sender.usualShare)}.
          </p>
          <SenderCauses replies={one.sender.replies.slice(0, 2)} />
        </div>
      ))}
    </section>
  );
}

/** Replies, what they mean and what to do. */
export function SenderCauses({ replies }: { readonly replies: NonNullable<ListedIncident['sender']>['replies'] }): JSX.Element {
  if (replies.length === 0) return <p class="quiet">No reply is kept of it.</p>;
  return (
    <TableBox label="Replies, what they mean and what to do">
      <table>
        <thead>
          <tr>
            <th scope="col">Reply</th>
            <th scope="col" class="num">
              Tries
            </th>
            <th scope="col">Means</th>
            <th scope="col">Do</th>
          </tr>
        </thead>
        <tbody>
          {replies.map((one) => (
            <tr key={`${one.category} ${one.code}`}>
              <td>
                <span class="mono">{one.code}</span> {words(one.category)}
                {one.reply === null ? null : <div class="quiet mono">{one.reply}</div>}
              </td>
              <td class="num">{number(one.count)}</td>
              <td>{one.meaning}</td>
              <td>
                <ul>
                  {one.actions.map((action) => (
                    <li key={action}>{action}</li>
                  ))}
                </ul>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

export function IncidentState({
  incident,
}: {
  readonly incident: Pick<ListedIncident, 'kind' | 'state' | 'holds' | 'until'>;
}): JSX.Element {
  if (incident.kind === 'sender') return incident.state === 'open' ? <Chip tone="note">open</Chip> : <Chip>over</Chip>;
  if (incident.state === 'open') return <Chip tone="bad">open</Chip>;
  return incident.holds ? <Chip tone="note">held back</Chip> : <Chip>counts</Chip>;
}

function IncidentTable({ incidents }: { readonly incidents: readonly ListedIncident[] }): JSX.Element {
  return (
    <TableBox label="Incidents">
      <table>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Kind</th>
            <th scope="col">State</th>
            <th scope="col">From</th>
            <th scope="col">Lasted</th>
            <th scope="col" class="num" title="Recipients that began to fail; of a sender: tries that were refused">
              Failing
            </th>
            <th scope="col" class="num" title="Deliveries; of a sender: all other tries">
              Others
            </th>
            <th scope="col">Codes</th>
            <th scope="col">Whose</th>
          </tr>
        </thead>
        <tbody>
          {incidents.map((one) => (
            <tr key={one.id}>
              <td>
                <a class="address" href={to(['incidents', one.id])}>
                  {whatOf(one)}
                </a>
              </td>
              <td>{one.kind}</td>
              <td>
                <IncidentState incident={one} />
              </td>
              <td>
                <Time at={one.from} />
              </td>
              <td class="nowrap">{duration((one.until === null ? now.value : Date.parse(one.until)) - Date.parse(one.from))}</td>
              <td class="num">{numberOr(one.sender?.refused ?? one.counts?.failing)}</td>
              <td class="num">{numberOr(one.sender === null ? one.counts?.delivered : one.sender.tries - one.sender.refused)}</td>
              <td class="mono">
                {one.codes
                  .slice(0, 2)
                  .map(({ code }) => code)
                  .join(', ')}
              </td>
              <td>{one.tenant ?? 'every tenant'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function numberOr(value: number | undefined): string {
  return value === undefined ? '–' : number(value);
}

const ROW = 30;

function Gantt({ incidents }: { readonly incidents: readonly ListedIncident[] }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const table = useMemo(
    () => ({
      columns: ['where', 'kind', 'state', 'from', 'until', 'failing', 'others', 'tenant'],
      rows: incidents.map((one) => [
        whatOf(one),
        one.kind,
        one.state,
        one.from,
        one.until,
        one.sender?.refused ?? one.counts?.failing ?? null,
        one.sender === null ? (one.counts?.delivered ?? null) : one.sender.tries - one.sender.refused,
        one.tenant,
      ]),
    }),
    [incidents],
  );
  const lanes = [...Map.groupBy(incidents, (one) => one.provider ?? one.domain ?? 'anywhere')];
  const begin = Math.min(...incidents.map((one) => Date.parse(one.from)));
  const from = Math.min(begin, now.value - DAY);
  const pad = (now.value - from) * 0.02;
  const left = Math.min(130, width * 0.3);
  const x = scaleOf(from - pad, now.value + pad, left, width - 6);
  const height = lanes.length * ROW + 30;
  const ticks = timeTicks(from, now.value, Math.max(2, Math.floor((width - left) / 90)), -new Date().getTimezoneOffset() * 60_000);
  return (
    <Figure title="By provider" sub={count(incidents.length, 'incident')} table={table} file="incidents">
      <div ref={box}>
        {width === 0 ? null : (
          <svg
            class="chart"
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            role="img"
            aria-label="Incidents as bars over time, one line per provider. The table below lists them."
          >
            {ticks.at.map((at) => (
              <g key={at}>
                <line x1={x(at)} x2={x(at)} y1={0} y2={height - 24} class="gridline" />
                <text x={x(at)} y={height - 6} text-anchor="middle">
                  {ticks.step >= DAY || localClock(at) === '00:00' ? localDay(at) : localClock(at)}
                  <title>{utcTime(at)}</title>
                </text>
              </g>
            ))}
            {lanes.map(([name, of], lane) => (
              <g key={name}>
                <text x={0} y={lane * ROW + 20}>
                  {name.length > 20 ? `${name.slice(0, 19)}…` : name}
                </text>
                <line x1={left} x2={width - 6} y1={(lane + 1) * ROW} y2={(lane + 1) * ROW} class="gridline" />
                {of.map((one) => {
                  const start = x(Date.parse(one.from));
                  const end = x(one.until === null ? now.value : Date.parse(one.until));
                  return (
                    <rect
                      key={one.id}
                      x={start}
                      y={lane * ROW + 7}
                      width={Math.max(5, end - start)}
                      height={16}
                      rx={4}
                      fill={
                        one.state === 'open' && one.kind === 'provider'
                          ? 'var(--mark-bad)'
                          : one.holds || one.state === 'open'
                            ? 'var(--mark-note)'
                            : 'var(--mark-quiet)'
                      }
                      style={{ cursor: 'pointer' }}
                      onClick={() => go(to(['incidents', one.id]))}
                    >
                      <title>{whatOf(one)}</title>
                    </rect>
                  );
                })}
              </g>
            ))}
          </svg>
        )}
        <ul class="legend">
          <li>
            <span class="swatch" style={{ background: 'var(--mark-bad)' }} />
            open
          </li>
          <li>
            <span class="swatch" style={{ background: 'var(--mark-note)' }} />
            over, held back; or a sender is refused
          </li>
          <li>
            <span class="swatch" style={{ background: 'var(--mark-quiet)' }} />
            failures count
          </li>
        </ul>
      </div>
    </Figure>
  );
}
