/** `/ui/providers`: every provider that mail goes to, and what it did lately. */
import type { JSX } from 'preact';
import { api } from '../api/index.ts';
import type { ListedProvider } from '../api/types.ts';
import { shares } from '../model/series.ts';
import type { Line } from '../model/series.ts';
import { DAY } from '../model/time.ts';
import { number, percent } from '../model/words.ts';
import { to } from '../router.ts';
import { tenant } from '../session.ts';
import { Chip, Empty, Head, TableBox, WhenLoaded } from '../ui/pieces.tsx';
import { boundsOf } from '../ui/period.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { useData } from '../ui/use-data.ts';

export function Providers(): JSX.Element {
  const of = tenant.value;
  const loaded = useData(`providers ${of ?? ''}`, () => providersOf(of), 30_000);
  return (
    <>
      <Head title="Providers" sub="Who operates the mailboxes, what they did lately, and how they want to be sent to." />
      <WhenLoaded loaded={loaded} waiting="Reading the providers …">
        {({ ours, others }) => (
          <>
            <Ours lines={ours} />
            {others.length === 0 ? null : <Others providers={others} />}
          </>
        )}
      </WhenLoaded>
    </>
  );
}

interface OwnProvider extends Pick<ListedProvider, 'provider' | 'title' | 'openIncidents'> {
  /** Null: it is not in the table of providers. */
  readonly connections: ListedProvider['connections'] | null;
  readonly share: Line | undefined;
  readonly tries: number;
}

const DAYS = 14;

/** Those that mail went to lately, the largest first, and the others that are known. */
async function providersOf(
  of: string | undefined,
): Promise<{ readonly ours: readonly OwnProvider[]; readonly others: readonly ListedProvider[] }> {
  const whose = of === undefined ? {} : { tenant: of };
  const range = boundsOf({ length: DAYS * DAY, step: '1d' });
  const [known, answer] = await Promise.all([
    api.providers(of),
    api.series({ measure: 'deferral_share', by: 'provider', step: '1d', groups: 50, ...range, ...whose }),
  ]);
  const lines = shares(answer).filter(({ name }) => name !== 'other');
  const ours = lines.map((share): OwnProvider => {
    const tries = answer.series
      .filter((one) => one.group === share.name && one.metric !== 'share')
      .reduce((sum, { total }) => sum + (total ?? 0), 0);
    return { ...UNKNOWN, provider: share.name, title: share.name, ...known.find(({ provider }) => provider === share.name), share, tries };
  });
  const quiet = known.filter(({ provider }) => !lines.some(({ name }) => name === provider));
  const troubled = quiet
    .filter(({ openIncidents }) => openIncidents > 0)
    .map((one): OwnProvider => ({ ...one, share: undefined, tries: 0 }));
  const others = quiet.filter(({ openIncidents }) => openIncidents === 0).toSorted((a, b) => a.title.localeCompare(b.title));
  return { ours: [...troubled, ...ours], others };
}

const UNKNOWN = { openIncidents: 0, connections: null };

function Ours({ lines }: { readonly lines: readonly OwnProvider[] }): JSX.Element {
  if (lines.length === 0) {
    return (
      <section class="panel">
        <Empty title="No provider has been tried lately">
          <p>As soon as events arrive, each provider has a line here.</p>
        </Empty>
      </section>
    );
  }
  return (
    <section class="panel flush" aria-labelledby="ours">
      <header>
        <h2 id="ours">Where your mail goes</h2>
        <p>last {DAYS} days</p>
      </header>
      <TableBox label="Where your mail goes">
        <table>
          <thead>
            <tr>
              <th scope="col">Provider</th>
              <th scope="col" class="num">
                Tries
              </th>
              <th scope="col" class="num">
                Deferred
              </th>
              <th scope="col">Deferred by day</th>
              <th scope="col">Incidents</th>
              <th scope="col" class="num">
                Connections at once
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ provider, title, openIncidents, connections, share, tries }) => (
              <tr key={provider}>
                <td>
                  <a class="address" href={to(['providers', provider])}>
                    {title}
                  </a>
                  {title === provider ? null : <span class="quiet"> {provider}</span>}
                </td>
                <td class="num">{number(tries)}</td>
                <td class="num">{percent(share?.total)}</td>
                <td>{share === undefined ? '–' : <Sparkline values={share.values} top={0.05} />}</td>
                <td>{openIncidents === 0 ? <span class="quiet">none open</span> : <Chip tone="bad">{openIncidents} open</Chip>}</td>
                <td class="num">{connections === null ? '–' : `${connections.least}–${connections.most}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}

function Others({ providers }: { readonly providers: readonly ListedProvider[] }): JSX.Element {
  return (
    <section class="panel stack" aria-labelledby="others">
      <h2 id="others">Others that Desist knows</h2>
      <p class="quiet">What they ask of senders, and what their codes mean.</p>
      <ul class="chips">
        {providers.map(({ provider, title }) => (
          <li key={provider}>
            <a class="chip" href={to(['providers', provider])}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
