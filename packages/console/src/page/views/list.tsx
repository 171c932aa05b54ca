/** `/ui/list`: the suppression list, filtered, of any length; what is chosen can be released, and new entries made. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { ListFilter } from '../api/index.ts';
import { reconnections } from '../api/connection.ts';
import type { Listed } from '../api/types.ts';
import { count, number, scopeName, words } from '../model/words.ts';
import { adjust, query, to } from '../router.ts';
import { mayWrite, seesAllTenants, tenant } from '../session.ts';
import { Icons } from '../ui/icons.tsx';
import { ImportDialog } from '../ui/import-dialog.tsx';
import { ReleaseDialog, SuppressDialog } from '../ui/list-dialogs.tsx';
import { Chip, Empty, Failure, Head, Time, Waiting } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { isNarrow } from '../ui/use-narrow.ts';
import { Virtual } from '../ui/virtual.tsx';

const REASONS = ['persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator'] as const;
const TONES = { persistent_deferral: 'late', hard_bounce: 'bad', complaint: 'note', unsubscribe: 'note', operator: 'quiet' } as const;
const SINCE: readonly (readonly [string, string, number])[] = [
  ['1d', 'Last 24 h', 1],
  ['7d', 'Last 7 days', 7],
  ['30d', 'Last 30 days', 30],
];

function filterIn(parameters: URLSearchParams): ListFilter {
  const read = (name: string): string | undefined => parameters.get(name) ?? undefined;
  const days = SINCE.find(([name]) => name === read('since'))?.[2];
  const midnight = new Date();
  midnight.setUTCSeconds(0, 0);
  return {
    ...defined({ tenant: tenant.value, reason: read('reason'), scope: read('scope'), domain: read('domain'), prefix: read('prefix') }),
    ...(days === undefined ? {} : { since: new Date(midnight.getTime() - days * 86_400_000).toISOString() }),
  };
}

function defined(values: Readonly<Record<string, string | undefined>>): ListFilter {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

export function keyOf({ tenant: of, address, scope, reason }: Listed): string {
  return `${of}/${address}/${scope}/${reason}`;
}

export function List(): JSX.Element {
  const parameters = query.value;
  const filter = useMemo(() => filterIn(parameters), [parameters.toString(), tenant.value]);
  const rows = usePages(filter);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Listed>>(new Map());
  const [dialog, setDialog] = useState<'release' | 'suppress' | 'import'>();
  const drop = useDrop(mayWrite.value && dialog === undefined, () => setDialog('import'));
  useEffect(() => setChosen(new Map()), [filter]);
  const total = useTotal(filter);

  const toggle = (row: Listed): void => {
    const next = new Map(chosen);
    if (!next.delete(keyOf(row))) next.set(keyOf(row), row);
    setChosen(next);
  };
  const toggleAll = (): void => setChosen(chosen.size > 0 ? new Map() : new Map(rows.items.map((row) => [keyOf(row), row])));
  const closed = (isDone: boolean): void => {
    setDialog(undefined);
    if (!isDone) return;
    setChosen(new Map());
    rows.reload();
  };

  return (
    <>
      <Head title="List" sub="Who gets no mail, and why.">
        <a class="button" href={api.exportUrl(filter)} download="suppressions.csv">
          <Icons.download />
          Export CSV
        </a>
        {mayWrite.value ? (
          <button class="button" type="button" onClick={() => setDialog('import')}>
            <Icons.upload />
            Import …
          </button>
        ) : null}
        {mayWrite.value ? (
          <button class="button main" type="button" onClick={() => setDialog('suppress')}>
            <Icons.plus />
            Suppress …
          </button>
        ) : null}
      </Head>
      <Filters />
      <section class={drop.isOver ? 'panel flush dropping' : 'panel flush'} aria-label="Suppressions">
        {rows.error !== undefined && rows.items.length === 0 ? (
          <Failure error={rows.error} retry={rows.reload} />
        ) : rows.items.length === 0 && rows.isDone ? (
          <NobodyListed isFiltered={Object.keys(filter).some((name) => name !== 'tenant')} />
        ) : rows.items.length === 0 ? (
          <Waiting>Reading the list …</Waiting>
        ) : (
          <>
            {chosen.size === 0 ? null : (
              <div class="under row" role="status">
                <b>{count(chosen.size, 'entry', 'entries')} chosen</b>
                <button class="button small" type="button" onClick={() => setDialog('release')}>
                  Release …
                </button>
                <button class="link" type="button" onClick={() => setChosen(new Map())}>
                  Choose none
                </button>
              </div>
            )}
            <Virtual
              label="Suppressions"
              grid="list-grid"
              rows={rows.items.length}
              total={rows.isDone ? rows.items.length + 1 : -1}
              rowHeight={isNarrow.value ? 62 : 42}
              onEnd={rows.more}
              head={<ListHead all={chosen.size === rows.items.length} some={chosen.size > 0} toggleAll={toggleAll} />}
              row={(index) => <Row row={rows.items[index]} isChosen={chosen.has(keyOf(rows.items[index] as Listed))} toggle={toggle} />}
            />
          </>
        )}
        {rows.items.length === 0 ? null : (
          <div class="under" role="status">
            {rows.isDone
              ? `${count(rows.items.length, 'suppression')}, all of them.`
              : `${number(rows.items.length)} loaded${total === undefined ? '' : ` of about ${number(total)}`}. Scroll on for more.`}
            {rows.error === undefined ? null : ` ${rows.error.message}`}
          </div>
        )}
      </section>
      {dialog === 'import' ? (
        <ImportDialog
          dropped={drop.file}
          onClose={(isDone) => {
            drop.clear();
            closed(isDone);
          }}
        />
      ) : null}
      {dialog === 'suppress' ? <SuppressDialog onClose={closed} /> : null}
      {dialog === 'release' ? <ReleaseDialog rows={[...chosen.values()]} onClose={closed} /> : null}
    </>
  );
}

/** Files that are dropped anywhere in the window. */
function useDrop(isOpen: boolean, onDrop: () => void) {
  const [file, setFile] = useState<File>();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    if (!isOpen) return undefined;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      setFile(event.dataTransfer?.files[0]);
      onDrop();
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, [isOpen]);
  return { file, isOver, clear: () => setFile(undefined) };
}

function NobodyListed({ isFiltered }: { readonly isFiltered: boolean }): JSX.Element {
  return isFiltered ? (
    <Empty title="Nobody on the list matches">
      <p>Take a filter away to see more.</p>
      <button class="button" type="button" onClick={() => adjust({ reason: null, scope: null, domain: null, prefix: null, since: null })}>
        Take all filters away
      </button>
    </Empty>
  ) : (
    <Empty title="The list is empty">
      <p>
        Nobody is suppressed. Send delivery events to <code>POST /v1/events</code>
        {mayWrite.value ? ', or drop a suppression list of another system here.' : ', or bring a list with `desist import`.'}
      </p>
    </Empty>
  );
}

/** The first page at once, the others when they are asked for. */
function usePages(filter: ListFilter) {
  const [items, setItems] = useState<readonly Listed[]>([]);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [turn, setTurn] = useState(0);
  const position = useRef<{ cursor: string | undefined; isBusy: boolean; isDone: boolean; turn: object }>({
    cursor: undefined,
    isBusy: false,
    isDone: false,
    turn: {},
  });

  const more = useCallback(async () => {
    const mine = position.current;
    if (mine.isBusy || mine.isDone) return;
    mine.isBusy = true;
    try {
      const page = await api.list(filter, mine.cursor);
      if (position.current !== mine) return;
      mine.cursor = page.cursor ?? undefined;
      mine.isDone = page.cursor === null;
      setItems((before) => [...before, ...page.items]);
      setDone(mine.isDone);
      setError(undefined);
    } catch (problem) {
      if (position.current === mine) setError(problem instanceof ApiError ? problem : new ApiError(0, messageOf(problem)));
    } finally {
      mine.isBusy = false;
    }
  }, [filter]);
  useEffect(() => {
    position.current = { cursor: undefined, isBusy: false, isDone: false, turn: {} };
    setItems([]);
    setDone(false);
    setError(undefined);
    void more();
  }, [more, turn]);
  const again = reconnections.value;
  const hasFailed = error !== undefined;
  useEffect(() => {
    if (hasFailed) setTurn((value) => value + 1);
  }, [again]);
  return { items, isDone, error, more: () => void more(), reload: () => setTurn((value) => value + 1) };
}

/** Of the whole list, from the counters of the commits. */
function useTotal(filter: ListFilter): number | undefined {
  const { reason, scope, ...others } = filter;
  const isKnown = Object.keys(others).length === 0 && seesAllTenants.value;
  const { data } = useData(`total ${String(isKnown)}`, async () => (isKnown ? (await api.status()).suppressions : []));
  if (!isKnown || data === undefined) return undefined;
  return data
    .filter((one) => (reason === undefined || one.reason === reason) && (scope === undefined || one.scope === scope))
    .reduce((sum, one) => sum + one.count, 0);
}

function Filters(): JSX.Element {
  const parameters = query.value;
  const toggle = (name: string, value: string): void => adjust({ [name]: parameters.get(name) === value ? null : value });
  const where = parameters.get('domain') ?? parameters.get('prefix') ?? '';
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('where');
    const value = typeof text === 'string' ? text.trim() : '';
    const isDomain = value.startsWith('@') || /^[^\s@]+\.[a-z][a-z0-9-]+$/i.test(value);
    adjust({ domain: isDomain ? value.replace(/^@/, '') : null, prefix: isDomain || value === '' ? null : value });
  };
  return (
    <div class="stack">
      <div class="chips" role="group" aria-label="Reason">
        {REASONS.map((reason) => (
          <button
            key={reason}
            class="filter"
            type="button"
            aria-pressed={parameters.get('reason') === reason}
            onClick={() => toggle('reason', reason)}
          >
            {words(reason)}
          </button>
        ))}
        {SINCE.map(([name, label]) => (
          <button
            key={name}
            class="filter"
            type="button"
            aria-pressed={parameters.get('since') === name}
            onClick={() => toggle('since', name)}
          >
            {label}
          </button>
        ))}
        <button class="filter" type="button" aria-pressed={parameters.get('scope') === '*'} onClick={() => toggle('scope', '*')}>
          every stream
        </button>
        {parameters.get('scope') === null || parameters.get('scope') === '*' ? null : (
          <button class="filter" type="button" aria-pressed onClick={() => adjust({ scope: null })}>
            stream {parameters.get('scope')}
          </button>
        )}
      </div>
      <form class="row" onSubmit={submit} key={where}>
        <div class="search grow">
          <Icons.find />
          <input
            name="where"
            type="search"
            defaultValue={where}
            aria-label="Beginning of the address, or its domain"
            placeholder="Beginning of the address, or @domain"
            autoComplete="off"
            spellcheck={false}
            maxLength={320}
          />
        </div>
        <button class="button" type="submit">
          Filter
        </button>
      </form>
    </div>
  );
}

function ListHead({
  all,
  some,
  toggleAll,
}: {
  readonly all: boolean;
  readonly some: boolean;
  readonly toggleAll: () => void;
}): JSX.Element {
  return (
    <>
      <span role="columnheader" class="box">
        {mayWrite.value ? (
          <input
            type="checkbox"
            aria-label={some ? 'Choose none' : 'Choose all that are loaded'}
            checked={all && some}
            indeterminate={some && !all}
            onChange={toggleAll}
          />
        ) : (
          <span class="sr">Choice</span>
        )}
      </span>
      <span role="columnheader" class="c-address">
        Address
      </span>
      <span role="columnheader" class="c-scope">
        Stream
      </span>
      <span role="columnheader" class="c-reason">
        Reason
      </span>
      <span role="columnheader" class="c-category">
        Category, or who
      </span>
      <span role="columnheader" class="c-since">
        Since
      </span>
      <span role="columnheader" class="c-until">
        Until
      </span>
    </>
  );
}

interface RowProps {
  readonly row: Listed | undefined;
  readonly isChosen: boolean;
  readonly toggle: (row: Listed) => void;
}

function Row({ row, isChosen, toggle }: RowProps): JSX.Element | null {
  if (row === undefined) return null;
  const { address, scope, reason, category, since, expiresAt, subdomains, createdBy, source, note } = row;
  const from = category === null ? (createdBy ?? source) : words(category);
  return (
    <>
      <span role="cell" class="box">
        {mayWrite.value ? <input type="checkbox" aria-label={`Choose ${address}`} checked={isChosen} onChange={() => toggle(row)} /> : null}
      </span>
      <span role="cell" class="c-address" title={address}>
        <a class="strong" href={to(['r', row.tenant, address], { tenant: null })}>
          {address}
        </a>
        {subdomains ? <span class="quiet"> and below</span> : null}
        {tenant.value === undefined ? <span class="quiet"> {row.tenant}</span> : null}
      </span>
      <span role="cell" class="c-scope">
        {scopeName(scope)}
      </span>
      <span role="cell" class="c-reason">
        <Chip tone={TONES[reason]}>{words(reason)}</Chip>
      </span>
      <span role="cell" class="c-category quiet" title={note ?? undefined}>
        {from ?? '–'}
      </span>
      <span role="cell" class="c-since">
        <Time at={since} />
      </span>
      <span role="cell" class="c-until">
        {expiresAt === null ? <span class="quiet">until released</span> : <Time at={expiresAt} />}
      </span>
    </>
  );
}
