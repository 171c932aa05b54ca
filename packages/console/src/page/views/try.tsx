/** `/ui/try`: drop a mail log or a provider's export, and see who would be suppressed, and why. The browser reads it; nothing leaves it. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { FORMAT_NAMES } from '@desist/formats/names';
import type { Explanation } from '../api/types.ts';
import { toCsv } from '../model/csv.ts';
import { HOUR } from '../model/time.ts';
import { count, number, percent, words } from '../model/words.ts';
import { startTry } from '../try/session.ts';
import type { TryRun } from '../try/session.ts';
import { sampleFile } from '../try/sample.ts';
import type { TriedRecipient, TryProgress, TryResult, TrySettings } from '../try/messages.ts';
import { verdictsOf } from '../model/verdict.ts';
import { Icons } from '../ui/icons.tsx';
import { Chip, Empty, FilterButton, Head, saveAs, StateChip, TableBox, Time, Waiting } from '../ui/pieces.tsx';
import { isNarrow } from '../ui/use-narrow.ts';
import { Virtual } from '../ui/virtual.tsx';
import { SenderCauses } from './incidents.tsx';
import { Evidence, TimelineFigure, VerdictLine } from './recipient.tsx';

const HOURS = [24, 48, 72, 96, 120];

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'reading'; readonly progress: TryProgress | undefined }
  | { readonly kind: 'done'; readonly result: TryResult }
  | { readonly kind: 'failed'; readonly message: string };

const IDLE: Phase = { kind: 'idle' };

export function Try(): JSX.Element {
  const [settings, setSettings] = useState<TrySettings>(() => ({
    format: null,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    suppressAfter: 72 * HOUR,
  }));
  const [files, setFiles] = useState<readonly File[]>([]);
  const [phase, setPhase] = useState<Phase>(IDLE);
  const run = useRef<TryRun>(undefined);
  useEffect(() => () => run.current?.stop(), []);

  const fold = (chosen: readonly File[], under: TrySettings): void => {
    setSettings(under);
    // Text that was dropped, for example.
    if (chosen.length === 0) return;
    run.current?.stop();
    setFiles(chosen);
    setPhase({ kind: 'reading', progress: undefined });
    run.current = startTry(chosen, under, {
      progress: (progress) => setPhase({ kind: 'reading', progress }),
      done: (result) => setPhase({ kind: 'done', result }),
      failed: (message) => setPhase({ kind: 'failed', message }),
    });
  };
  const stop = (): void => {
    run.current?.stop();
    setPhase(IDLE);
  };
  return (
    <>
      <Head
        title="Try it"
        sub="Who would be suppressed, and why, from your own mail log or provider’s export. Your browser reads the files; nothing leaves it."
      />
      <Drop
        settings={settings}
        names={files.map(({ name }) => name)}
        change={(under) => fold(files, under)}
        take={(chosen) => fold(chosen, settings)}
      />
      {phase.kind === 'reading' ? <Reading progress={phase.progress} stop={stop} /> : null}
      {phase.kind === 'failed' ? (
        <div class="banner bad" role="alert">
          <div class="grow">
            <strong>Not read.</strong> {phase.message}
          </div>
        </div>
      ) : null}
      {phase.kind === 'done' && run.current !== undefined ? <Result result={phase.result} run={run.current} /> : null}
    </>
  );
}

interface DropProps {
  readonly settings: TrySettings;
  readonly names: readonly string[];
  readonly change: (settings: TrySettings) => void;
  readonly take: (files: readonly File[]) => void;
}

function Drop({ settings, names, change, take }: DropProps): JSX.Element {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    take([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <section class="panel form" aria-label="Files">
      <div
        class={isOver ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p class="strong">{names.length === 0 ? 'Drop files here' : names.join(', ')}</p>
        <p class="quiet">Mail logs (Postfix, Exim, PowerMTA, KumoMTA …), exports and webhooks of providers, bounce messages; also as .gz</p>
        <div class="row">
          <button class="button main" type="button" onClick={() => input.current?.click()}>
            Choose files …
          </button>
          <button class="link" type="button" onClick={() => take([sampleFile(Date.now())])}>
            Try a sample
          </button>
        </div>
        <input
          ref={input}
          class="sr"
          type="file"
          multiple
          tabIndex={-1}
          aria-label="Files to read"
          onChange={({ currentTarget }) => {
            take([...(currentTarget.files ?? [])]);
            currentTarget.value = '';
          }}
        />
      </div>
      <div class="row">
        <div class="field">
          <label for="format">Format</label>
          <select
            id="format"
            value={settings.format ?? ''}
            onChange={({ currentTarget }) => change({ ...settings, format: currentTarget.value === '' ? null : currentTarget.value })}
          >
            <option value="">each file’s own, detected</option>
            {FORMAT_NAMES.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="zone">Zone of times without one</label>
          <input
            id="zone"
            type="text"
            value={settings.timezone}
            spellcheck={false}
            autoComplete="off"
            onChange={({ currentTarget }) => change({ ...settings, timezone: currentTarget.value.trim() })}
          />
        </div>
        <div class="field">
          <label for="after">Suppress after</label>
          <select
            id="after"
            value={String(settings.suppressAfter / HOUR)}
            onChange={({ currentTarget }) => change({ ...settings, suppressAfter: Number(currentTarget.value) * HOUR })}
          >
            {HOURS.map((hours) => (
              <option key={hours} value={String(hours)}>
                {hours === 72 ? '72 h (default)' : `${hours} h`}
              </option>
            ))}
          </select>
        </div>
      </div>
    </section>
  );
}

function Reading({ progress, stop }: { readonly progress: TryProgress | undefined; readonly stop: () => void }): JSX.Element {
  const mb = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
  return (
    <section class="panel">
      <div class="row">
        <div class="grow">
          <Waiting>
            {progress === undefined
              ? 'Opening the files …'
              : `Reading ${progress.file}: ${mb(progress.bytes)} of ${mb(progress.total)} MB, ${count(progress.events, 'event')}`}
          </Waiting>
        </div>
        <button class="button" type="button" onClick={stop}>
          Stop
        </button>
      </div>
      <progress aria-label="Bytes read" max={progress?.total ?? 1} value={progress?.bytes ?? 0} />
    </section>
  );
}

type Shown = 'suppressed' | 'others';
const COLUMNS = [
  ['Recipient', ''],
  ['State', ''],
  ['Why', 'c-why'],
  ['Provider', 'c-provider'],
  ['Since', 'c-since'],
] as const;

function Result({ result, run }: { readonly result: TryResult; readonly run: TryRun }): JSX.Element {
  const suppressed = useMemo(() => result.rows.filter(({ reason }) => reason !== null), [result]);
  const others = useMemo(() => result.rows.filter(({ reason }) => reason === null), [result]);
  const [shown, setShown] = useState<Shown>(suppressed.length > 0 ? 'suppressed' : 'others');
  const [chosen, setChosen] = useState<TriedRecipient>();
  const rows = shown === 'suppressed' ? suppressed : others;
  const save = (): void =>
    saveAs(
      'would-be-suppressed.csv',
      toCsv(
        ['tenant', 'address', 'state', 'reason', 'category', 'provider', 'since', 'expires_at', 'suppress_at', 'failures', 'reply'],
        result.rows.map((one) => [
          ...[one.tenant, one.address, one.state, one.reason, one.category, one.provider],
          ...[one.since, one.expiresAt, one.suppressAt, one.failures, one.reply],
        ]),
      ),
    );
  return (
    <>
      <div class="tiles">
        <Tile name="Would be suppressed" value={suppressed.length + (shown === 'suppressed' ? result.more : 0)} />
        <Tile name="On the way to it" value={others.length} />
        <Tile name="Recipients with failures" value={result.recipients} />
        <Tile name="Events" value={result.events} />
        <Tile name="Only greylisted" value={result.greylisted} />
        <Tile name="Incidents" value={result.incidents} />
      </div>
      <FilesRead result={result} />
      <Senders senders={result.senders} />
      {result.rows.length === 0 ? (
        <section class="panel">
          <Empty title={result.events === 0 ? 'No events were read' : 'Nobody would be suppressed'}>
            <p>
              {result.events === 0
                ? 'See above what was read of each file. Another format or zone may help.'
                : `At the last event, on ${result.clock?.slice(0, 10) ?? ''}, nobody is suppressed or on the way to it.`}
            </p>
          </Empty>
        </section>
      ) : (
        <div class="grid wide-left">
          <section class="panel flush" aria-label="Recipients">
            <header>
              <div class="chips">
                <FilterButton name="Suppressed" n={suppressed.length} on={shown === 'suppressed'} set={() => setShown('suppressed')} />
                <FilterButton name="On the way" n={others.length} on={shown === 'others'} set={() => setShown('others')} />
              </div>
              <div class="tools">
                <button class="button small" type="button" onClick={save}>
                  <Icons.download />
                  CSV
                </button>
              </div>
            </header>
            <Virtual
              label="Recipients"
              grid="tried-grid"
              rowHeight={isNarrow.value ? 60 : 44}
              rows={rows.length}
              head={COLUMNS.map(([name, style]) => (
                <div key={name} role="columnheader" class={style}>
                  {name}
                </div>
              ))}
              row={(index) => <Row one={rows[index] as TriedRecipient} choose={setChosen} />}
            />
            {result.more === 0 ? null : <div class="under">{count(result.more, 'recipient')} more are not shown.</div>}
          </section>
          <ByProvider rows={result.rows} />
        </div>
      )}
      {chosen === undefined ? null : <Why key={`${chosen.tenant}/${chosen.address}`} one={chosen} run={run} />}
    </>
  );
}

function Tile({ name, value }: { readonly name: string; readonly value: number }): JSX.Element {
  return (
    <div class="tile">
      <span class="name">{name}</span>
      <span class="value">{number(value)}</span>
    </div>
  );
}

/** What was refused for the sender's own fault: it counts against nobody, and is what people can mend. */
function Senders({ senders }: { readonly senders: TryResult['senders'] }): JSX.Element | null {
  if (senders.length === 0) return null;
  return (
    <section class="panel stack" aria-labelledby="senders">
      <h2 id="senders">Refused for the sender’s fault</h2>
      {senders.slice(0, SENDERS_SHOWN).map(({ id, tenant, provider, pool, from, until, tries, refused, usualShare, replies }) => (
        <div class="stack" key={id}>
          <p>
            <b>{provider}</b>
            {tenant === 'default' ? '' : `, tenant ${tenant}`}
            {pool === null ? '' : `, pool ${pool}`}, <Time at={from} /> – {until === null ? 'the end of the files' : <Time at={until} />}:{' '}
            {percent(tries === 0 ? 0 : refused / tries)} of {count(tries, 'try', 'tries')} refused; usually {percent(usualShare)} are. It
            counts against no recipient.
          </p>
          <SenderCauses replies={replies} />
        </div>
      ))}
      {senders.length <= SENDERS_SHOWN ? null : <p class="quiet">and {number(senders.length - SENDERS_SHOWN)} more</p>}
    </section>
  );
}

const SENDERS_SHOWN = 5;

function FilesRead({ result }: { readonly result: TryResult }): JSX.Element {
  const unread = result.files.reduce((sum, { problems }) => sum + problems, 0);
  return (
    <section class="panel stack" aria-label="What was read">
      <ul class="bullets">
        {result.files.map(({ name, format, events, ignored, problems }, index) => (
          <li key={index}>
            <span class="strong">{name}</span> read as {format}: {count(events, 'event')}, {number(ignored)} other lines
            {problems === 0 ? '' : `, ${number(problems)} not readable`}
          </li>
        ))}
      </ul>
      {result.duplicates === 0 ? null : <p class="quiet">{count(result.duplicates, 'repetition')} counted once.</p>}
      {unread === 0 ? null : (
        <details>
          <summary>What could not be read</summary>
          <ul class="bullets small">
            {result.problems.map(({ file, place, detail }, index) => (
              <li key={index}>
                {file}, {place}: {detail}
              </li>
            ))}
          </ul>
          {unread > result.problems.length ? <p class="quiet">and {number(unread - result.problems.length)} more</p> : null}
        </details>
      )}
    </section>
  );
}

function Row({ one, choose }: { readonly one: TriedRecipient; readonly choose: (one: TriedRecipient) => void }): JSX.Element {
  return (
    <>
      <div role="cell" class="box">
        <button class="link address" type="button" onClick={() => choose(one)}>
          {one.address}
        </button>
      </div>
      <div role="cell">
        <StateChip state={one.state} />
      </div>
      <div role="cell" class="c-why">
        {words(one.reason ?? one.category ?? '')}
        {one.reason === null || one.category === null ? null : <span class="quiet"> · {words(one.category)}</span>}
      </div>
      <div role="cell" class="c-provider">
        {one.provider ?? '–'}
      </div>
      <div role="cell" class="c-since">
        <Time at={one.since} />
      </div>
    </>
  );
}

function ByProvider({ rows }: { readonly rows: readonly TriedRecipient[] }): JSX.Element {
  const groups = useMemo(
    () =>
      [...Map.groupBy(rows, ({ provider }) => provider ?? 'other')]
        .map(([name, of]) => ({ name, n: of.length, suppressed: of.filter(({ reason }) => reason !== null).length }))
        .toSorted((a, b) => b.n - a.n)
        .slice(0, 12),
    [rows],
  );
  return (
    <section class="panel flush" aria-labelledby="by-provider">
      <header>
        <h2 id="by-provider">By provider</h2>
      </header>
      <TableBox label="By provider">
        <table>
          <thead>
            <tr>
              <th scope="col">Provider</th>
              <th scope="col" class="num">
                Suppressed
              </th>
              <th scope="col" class="num">
                On the way
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ name, n, suppressed }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="num">{number(suppressed)}</td>
                <td class="num">{number(n - suppressed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}

/** The same explanation as of a recipient of the service. */
function Why({ one, run }: { readonly one: TriedRecipient; readonly run: TryRun }): JSX.Element {
  const [explanation, setExplanation] = useState<Explanation>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    let isShown = true;
    void run.explain(one.tenant, one.address).then((found) => {
      if (isShown) setExplanation(found);
    });
    return () => void (isShown = false);
  }, [one, run]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: 'start' });
  }, [explanation === undefined]);
  if (explanation === undefined) return <Waiting>Reading the evidence …</Waiting>;
  return (
    <section class="stack" aria-labelledby="why">
      <h2 id="why" tabIndex={-1} ref={heading}>
        {one.address} {one.tenant === 'default' ? null : <Chip>{one.tenant}</Chip>}
      </h2>
      <div class="panel verdicts">
        {verdictsOf(explanation).map((verdict) => (
          <VerdictLine key={verdict.scope} verdict={verdict} />
        ))}
      </div>
      <TimelineFigure explanation={explanation} isLocal />
      <Evidence facts={explanation.facts} />
    </section>
  );
}
