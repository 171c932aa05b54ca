/** `/ui/audit`: who did what, the newest first. The filters stand in the address. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { AuditFilter } from '../api/index.ts';
import type { AuditEntry } from '../api/types.ts';
import { count, words } from '../model/words.ts';
import type { Tone } from '../model/words.ts';
import { adjust, query, to } from '../router.ts';
import { isOperator, tenant } from '../session.ts';
import { ProblemBanner } from '../ui/fields.tsx';
import { Chip, Empty, Head, TableBox, Time, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';

const ACTIONS = [
  ...['suppress', 'release', 'amend', 'allow', 'disallow', 'forget'],
  ...['key_made', 'key_rotated', 'key_ended'],
  ...['import_started', 'import_stopped', 'import_resumed', 'import_finished'],
  ...['whatif_started', 'whatif_stopped', 'whatif_resumed', 'whatif_finished'],
  ...['incident_created', 'incident_voided', 'incident_restored'],
  ...[
    'webhook_added',
    'webhook_changed',
    'webhook_paused',
    'webhook_resumed',
    'webhook_secret_rotated',
    'webhook_resent',
    'webhook_removed',
  ],
  ...['dead_letter_resent', 'republish_requested', 'republish_stopped', 'partition_resumed', 'log_accepted'],
  ...['signed_in', 'exported'],
];
const OUTCOMES: Readonly<Record<string, readonly [Tone, string]>> = {
  done: ['ok', 'done'],
  applied: ['ok', 'applied'],
  accepted: ['note', 'in the log'],
  unconfirmed: ['warn', 'not confirmed'],
  dead_letter: ['bad', 'dead letter'],
  refused: ['warn', 'refused'],
};

function filterIn(parameters: URLSearchParams): AuditFilter {
  const given = ['who', 'action', 'recipient'].flatMap((name) => {
    const value = parameters.get(name)?.trim() ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  return { ...(tenant.value === undefined ? {} : { tenant: tenant.value }), ...Object.fromEntries(given) };
}

export function Audit(): JSX.Element {
  return (
    <>
      <Head title="Audit" sub="Who did what: commands, keys, incidents, dead letters." />
      {isOperator.value ? (
        <Entries />
      ) : (
        <section class="panel">
          <Empty title="There is nothing here for you">
            <p>The audit trail is for operators. Your key only looks at the list.</p>
          </Empty>
        </section>
      )}
    </>
  );
}

function Entries(): JSX.Element {
  const filter = filterIn(query.value);
  const key = JSON.stringify(filter);
  const loaded = useData(`audit ${key}`, () => api.audit(filter), 30_000);
  return (
    <>
      <Filters key={key} />
      <section class="panel flush" aria-label="Entries">
        <WhenLoaded loaded={loaded} waiting="Reading the audit trail …">
          {(data) =>
            data.items.length === 0 && data.cursor === null ? (
              <Empty title="Nothing is written here">
                <p>Nobody did anything that fits, or it is longer ago than entries are kept.</p>
              </Empty>
            ) : (
              <Rows key={`${key} ${data.items[0]?.id ?? 0}`} filter={filter} items={data.items} cursor={data.cursor} />
            )
          }
        </WhenLoaded>
      </section>
    </>
  );
}

function Filters(): JSX.Element {
  const at = (name: string): string => query.value.get(name) ?? '';
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => {
      const value = values.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    adjust({ who: text('who'), recipient: text('recipient'), action: text('action') }, false);
  };
  const actions = at('action') === '' || ACTIONS.includes(at('action')) ? ACTIONS : [at('action'), ...ACTIONS];
  return (
    <form class="row" onSubmit={submit}>
      <select
        name="action"
        aria-label="Action"
        defaultValue={at('action')}
        onChange={({ currentTarget }) => adjust({ action: currentTarget.value }, false)}
      >
        <option value="" selected={at('action') === ''}>
          Every action
        </option>
        {actions.map((name) => (
          <option key={name} value={name} selected={at('action') === name}>
            {words(name)}
          </option>
        ))}
      </select>
      <div class="grow">
        <input name="who" type="search" aria-label="Person or key" placeholder="Person or key" maxLength={256} defaultValue={at('who')} />
      </div>
      <div class="grow">
        <input
          name="recipient"
          type="search"
          aria-label="Address that it is about"
          placeholder="Address"
          maxLength={320}
          spellcheck={false}
          autoComplete="off"
          defaultValue={at('recipient')}
        />
      </div>
      <button class="button" type="submit">
        Show
      </button>
    </form>
  );
}

interface RowsProps {
  readonly filter: AuditFilter;
  readonly items: readonly AuditEntry[];
  readonly cursor: string | null;
}

/** The first page, and what is read on demand. */
function Rows({ filter, items: first, cursor: begin }: RowsProps): JSX.Element {
  const [older, setOlder] = useState<readonly AuditEntry[]>([]);
  const [cursor, setCursor] = useState(begin);
  const [problem, setProblem] = useState<string>();
  const [isReading, setReading] = useState(false);
  // The first page is read again now and then: an outcome may have been added.
  const items = [...first, ...older.filter(({ id }) => !first.some((one) => one.id === id))];
  const more = async (): Promise<void> => {
    if (cursor === null) return;
    setReading(true);
    try {
      const page = await api.audit(filter, cursor);
      setOlder([...older, ...page.items]);
      setCursor(page.cursor);
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setReading(false);
  };
  return (
    <>
      <TableBox label="Entries, the newest first">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Action</th>
              <th scope="col">By</th>
              <th scope="col">About</th>
              <th scope="col">Tenant</th>
              <th scope="col">Outcome</th>
              <th scope="col">Note</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {items.map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      </TableBox>
      <ProblemBanner problem={problem} />
      <div class="under row" role="status">
        {count(items.length, 'entry', 'entries')}
        {cursor === null ? ', all of them.' : ' so far.'}
        {cursor === null ? null : (
          <button class="button small" type="button" disabled={isReading} onClick={() => void more()}>
            Earlier ones
          </button>
        )}
      </div>
    </>
  );
}

function Row({ entry }: { readonly entry: AuditEntry }): JSX.Element {
  const [tone, name] = OUTCOMES[entry.outcome] ?? ['quiet', words(entry.outcome)];
  const { scope } = entry.detail as { readonly scope?: unknown };
  return (
    <tr>
      <td class="nowrap">
        <Time at={entry.at} />
      </td>
      <td class="nowrap">
        {words(entry.action)}
        {typeof scope === 'string' && scope !== '*' ? <span class="quiet"> · {scope}</span> : null}
      </td>
      <td>
        {entry.by ?? (entry.key === null ? 'somebody on this machine' : '')}
        {entry.key === null ? null : <span class="quiet"> key {entry.key}</span>}
      </td>
      <td>
        <About entry={entry} />
      </td>
      <td>{entry.tenant ?? <span class="quiet">all</span>}</td>
      <td>
        <Chip tone={tone}>{name}</Chip>
      </td>
      <td>{entry.note ?? '–'}</td>
      <td class="quiet">{entry.from ?? '–'}</td>
    </tr>
  );
}

function About({ entry: { recipient, erased, tenant: of, action, target, detail } }: { readonly entry: AuditEntry }): JSX.Element {
  if (erased) return <span class="quiet">erased</span>;
  if (recipient !== null && of !== null) {
    return (
      <a class="address" href={to(['r', of, recipient], { tenant: null, who: null, action: null, recipient: null })}>
        {recipient}
      </a>
    );
  }
  if (action.startsWith('incident_') && target !== null) return <a href={to(['incidents', target])}>{target}</a>;
  const { name } = detail as { readonly name?: unknown };
  return <span>{typeof name === 'string' ? name : (target ?? '–')}</span>;
}
