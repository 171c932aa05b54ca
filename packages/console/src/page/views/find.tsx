/** `/ui/find`: one box. An address, the beginning of one, a domain; or a whole list, which gets a verdict per line. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { Checked, Listed, Recipient } from '../api/types.ts';
import { toCsv } from '../model/csv.ts';
import { MOST_ADDRESSES, wantedIn } from '../model/find.ts';
import { count, number, words } from '../model/words.ts';
import { verdictsOf } from '../model/verdict.ts';
import { adjust, query, to } from '../router.ts';
import { oneTenant, tenant, tenants } from '../session.ts';
import { Icons } from '../ui/icons.tsx';
import { Chip, Empty, Failure, FilterButton, Head, saveAs, Sentence, StateChip, TableBox, Time, Waiting } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { isNarrow } from '../ui/use-narrow.ts';
import { Virtual } from '../ui/virtual.tsx';

/** What was pasted, which is too long for an address; it stays while the page is open. */
const pasted = signal('');

export function Find(): JSX.Element {
  const asked = query.value.get('q') ?? '';
  const [text, setText] = useState(asked === '' ? pasted.value : asked);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (asked !== '') setText(asked);
  }, [asked]);
  const wanted = wantedIn(text);
  const [many, setMany] = useState<readonly string[] | undefined>();

  const submit = (event: Event): void => {
    event.preventDefault();
    if (wanted.kind === 'many') {
      pasted.value = text;
      setMany(wanted.addresses);
      adjust({ q: null }, false);
    } else {
      setMany(undefined);
      adjust({ q: text.trim() }, false);
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && wanted.kind !== 'many') submit(event);
  };

  return (
    <>
      <Head title="Find" sub="Whether you may send to somebody, and why not." />
      <form class="panel form" onSubmit={submit}>
        <div class="field">
          <label for="find">An address, the beginning of one, a domain, or a list of addresses</label>
          <textarea
            id="find"
            ref={box}
            rows={wanted.kind === 'many' ? 8 : 1}
            value={text}
            spellcheck={false}
            autoCapitalize="off"
            autoComplete="off"
            placeholder="alice@example.com"
            aria-describedby="find-hint"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={onKey}
          />
          <p class="hint" id="find-hint">
            {wanted.kind === 'many'
              ? `${count(wanted.addresses.length, 'line')}${wanted.more > 0 ? `; ${number(wanted.more)} more are left out, because ${number(MOST_ADDRESSES)} is the most at once` : ''}.`
              : `Paste up to ${number(MOST_ADDRESSES)} addresses, one a line, to get a verdict for each.`}
          </p>
        </div>
        <div class="row">
          <button class="button main" type="submit">
            <Icons.find />
            {wanted.kind === 'many' ? `Check ${count(wanted.addresses.length, 'address', 'addresses')}` : 'Find'}
          </button>
          {wanted.kind === 'many' ? <StreamField /> : null}
        </div>
      </form>
      {many !== undefined ? <Verdicts addresses={many} /> : <Found text={asked} />}
    </>
  );
}

/** A check is for one tenant. */
function StreamField(): JSX.Element | null {
  if (tenant.value !== undefined || tenants.value.length < 2) return null;
  return <span class="hint">Checked for tenant {oneTenant.value}; choose another one above.</span>;
}

function Found({ text }: { readonly text: string }): JSX.Element {
  const wanted = wantedIn(text);
  switch (wanted.kind) {
    case 'address':
      return <FoundAddress key={wanted.address} address={wanted.address} />;
    case 'domain':
      return <FoundRows key={`@${wanted.domain}`} filter={{ domain: wanted.domain }} />;
    case 'prefix':
      return <FoundRows key={wanted.prefix} filter={{ prefix: wanted.prefix }} />;
    default:
      return (
        <section class="panel">
          <Empty title="Nothing is looked for yet">
            <p>Type an address to see whether mail is sent to it and why not, or paste a mailing list to have all of it checked.</p>
          </Empty>
        </section>
      );
  }
}

/** Of each tenant in view, what holds for the address. */
function FoundAddress({ address }: { readonly address: string }): JSX.Element {
  const names = tenant.value === undefined ? tenants.value : [tenant.value];
  const shown = names.slice(0, MOST_TENANTS);
  const { data, error, reload } = useData(`find ${address} ${shown.join()}`, () => recipientsOf(address, shown));
  if (error !== undefined && error.status === 400) {
    return (
      <section class="panel">
        <Empty title="This is not an address">
          <p>{error.message}</p>
        </Empty>
      </section>
    );
  }
  if (error !== undefined) return <Failure error={error} retry={reload} />;
  if (data === undefined) return <Waiting>Looking for {address} …</Waiting>;
  const known = data.filter((one) => one.version > 0 || one.state !== 'healthy' || one.suppressions.length > 0 || one.erased.length > 0);
  const cards = known.length > 0 ? known : data.slice(0, 1);
  return (
    <section class="panel stack" aria-label="What was found">
      {known.length > 0 ? null : <p class="quiet">Nothing ever failed at this address{shown.length > 1 ? ', for any tenant' : ''}.</p>}
      {cards.map((one) => (
        <FoundCard key={one.tenant} recipient={one} />
      ))}
      {names.length > shown.length ? (
        <p class="quiet">
          Looked at {shown.length} tenants of {names.length}. Choose a tenant above to look at another one.
        </p>
      ) : null}
    </section>
  );
}

const MOST_TENANTS = 20;

/** Of the named tenants, and of those whose list has the address. */
async function recipientsOf(address: string, names: readonly string[]): Promise<readonly Recipient[]> {
  const listed = tenant.value === undefined ? (await api.list({ address }, undefined, 50)).items : [];
  const all = new Set([...listed.map((one) => one.tenant), ...names]);
  if (all.size === 0) all.add(oneTenant.value);
  return Promise.all([...all].map((name) => api.recipient(name, address)));
}

function FoundCard({ recipient }: { readonly recipient: Recipient }): JSX.Element {
  const [first] = verdictsOf(recipient);
  return (
    <div class="verdict">
      <span class={`sign ${first?.tone ?? 'ok'}`}>
        {first?.allowed === false ? <Icons.stop /> : first?.tone === 'warn' ? <Icons.wait /> : <Icons.go />}
      </span>
      <div class="stack">
        <div class="row">
          <a class="address" href={to(['r', recipient.tenant, recipient.address], { tenant: null })}>
            {recipient.address}
          </a>
          <StateChip state={recipient.state} />
          <span class="quiet small">tenant {recipient.tenant}</span>
        </div>
        <p>
          <strong>{first?.title}.</strong> {first === undefined ? null : <Sentence pieces={first.sentence} />}
        </p>
      </div>
    </div>
  );
}

const FOUND = 100;

function FoundRows({ filter }: { readonly filter: { readonly domain?: string; readonly prefix?: string } }): JSX.Element {
  const of = { ...filter, ...(tenant.value === undefined ? {} : { tenant: tenant.value }) };
  const { data, error, reload } = useData(`rows ${JSON.stringify(of)}`, () => api.list(of, undefined, FOUND));
  const what = filter.domain === undefined ? `addresses that begin with “${filter.prefix ?? ''}”` : `addresses at ${filter.domain}`;
  if (error !== undefined) return <Failure error={error} retry={reload} />;
  if (data === undefined) return <Waiting>Looking for {what} …</Waiting>;
  if (data.items.length === 0) {
    return (
      <section class="panel">
        <Empty title={`No ${what} are on the list`}>
          <p>
            Mail to them may be sent. Whoever is deferred, and not suppressed yet, is shown under <a href={to(['risk'])}>at risk</a>.
          </p>
        </Empty>
      </section>
    );
  }
  return (
    <section class="panel flush" aria-label="What was found">
      <header>
        <h2>
          {data.cursor === null ? count(data.items.length, 'suppression') : `The first ${data.items.length} suppressions`} of {what}
        </h2>
        <div class="tools">
          <a class="button small" href={to(['list'], filter)}>
            Open in the list
          </a>
        </div>
      </header>
      <SuppressionTable items={data.items} />
    </section>
  );
}

export function SuppressionTable({ items }: { readonly items: readonly Listed[] }): JSX.Element {
  return (
    <TableBox label="Suppressions">
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Reason</th>
            <th scope="col">Stream</th>
            <th scope="col">Since</th>
            <th scope="col">Until</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={`${one.tenant}/${one.address}/${one.scope}/${one.reason}`}>
              <td>
                <a class="address" href={to(['r', one.tenant, one.address], { tenant: null })}>
                  {one.address}
                </a>
              </td>
              <td>
                {words(one.reason)}
                {one.category === null ? null : <span class="quiet"> · {words(one.category)}</span>}
              </td>
              <td>{one.scope === '*' ? 'every stream' : one.scope}</td>
              <td>
                <Time at={one.since} />
              </td>
              <td>{one.expiresAt === null ? <span class="quiet">until released</span> : <Time at={one.expiresAt} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

type Sort = 'all' | 'blocked' | 'allowed' | 'unreadable';

function Verdicts({ addresses }: { readonly addresses: readonly string[] }): JSX.Element {
  const name = oneTenant.value;
  const [results, setResults] = useState<readonly Checked[]>();
  const [error, setError] = useState<ApiError>();
  const [sort, setSort] = useState<Sort>('all');
  useEffect(() => {
    let isCurrent = true;
    setResults(undefined);
    setError(undefined);
    api.check(name, addresses).then(
      (found) => isCurrent && setResults(found),
      (problem: unknown) => isCurrent && setError(problem instanceof ApiError ? problem : new ApiError(0, messageOf(problem))),
    );
    return () => {
      isCurrent = false;
    };
  }, [addresses, name]);
  const sorted = useMemo(() => {
    const all = results ?? [];
    return {
      all,
      blocked: all.filter((one) => !one.allowed && !one.reasons.includes('invalid_address')),
      allowed: all.filter((one) => one.allowed),
      unreadable: all.filter((one) => one.reasons.includes('invalid_address')),
    };
  }, [results]);

  if (error !== undefined) return <Failure error={error} />;
  if (results === undefined) return <Waiting>Checking {count(addresses.length, 'address', 'addresses')} …</Waiting>;
  const rows = sorted[sort];
  const save = (): void =>
    saveAs(
      `verdicts-${name}.csv`,
      toCsv(
        ['recipient', 'allowed', 'reasons', 'state', 'expires_at'],
        rows.map((one) => [String(one.recipient), one.allowed, one.reasons.join(' '), one.state, one.expiresAt]),
      ),
    );
  return (
    <section class="panel flush" aria-label="Verdicts">
      <header>
        <h2>
          {count(sorted.blocked.length, 'address', 'addresses')} of {number(results.length)} {sorted.blocked.length === 1 ? 'is' : 'are'}{' '}
          blocked
        </h2>
        <p>tenant {name}</p>
        <div class="tools">
          <button class="button small" type="button" onClick={save}>
            <Icons.download />
            CSV
          </button>
        </div>
        <div class="chips below">
          {(['all', 'blocked', 'allowed', 'unreadable'] as const).map((one) => (
            <FilterButton key={one} name={SORTS[one]} n={sorted[one].length} on={sort === one} set={() => setSort(one)} />
          ))}
        </div>
      </header>
      {rows.length === 0 ? (
        <Empty title="No address is of this kind">
          <p>Choose another kind above.</p>
        </Empty>
      ) : (
        <Virtual
          label="Verdicts"
          grid="verdict-grid"
          rows={rows.length}
          rowHeight={isNarrow.value ? 58 : 40}
          head={
            <>
              <span role="columnheader">Address</span>
              <span role="columnheader">Send?</span>
              <span role="columnheader" class="c-reasons">
                Why not
              </span>
              <span role="columnheader" class="c-state">
                State
              </span>
              <span role="columnheader" class="c-until">
                Until
              </span>
            </>
          }
          row={(index) => <VerdictRow tenant={name} one={rows[index]} />}
        />
      )}
    </section>
  );
}

const SORTS: Readonly<Record<Sort, string>> = { all: 'All', blocked: 'Blocked', allowed: 'Allowed', unreadable: 'Not addresses' };

function VerdictRow({ tenant: name, one }: { readonly tenant: string; readonly one: Checked | undefined }): JSX.Element | null {
  if (one === undefined) return null;
  const address = String(one.recipient);
  const isUnreadable = one.reasons.includes('invalid_address');
  return (
    <>
      <span role="cell" title={address}>
        {isUnreadable ? address : <a href={to(['r', name, address], { tenant: null })}>{address}</a>}
      </span>
      <span role="cell">{one.allowed ? <Chip tone="ok">send</Chip> : <Chip tone="bad">no</Chip>}</span>
      <span role="cell" class="c-reasons">
        {one.reasons.map(words).join(', ')}
      </span>
      <span role="cell" class="c-state">
        {one.state === null ? '–' : words(one.state)}
      </span>
      <span role="cell" class="c-until">
        {one.allowed ? '' : one.expiresAt === null ? isUnreadable ? '–' : 'until released' : <Time at={one.expiresAt} />}
      </span>
    </>
  );
}
