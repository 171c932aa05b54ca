/** Another system's list: read here, tried without sending anything, then imported row by row. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImportJob, NewImport } from '../api/types.ts';
import type { Help, ListSampled, Reading } from '../import/messages.ts';
import { runImport, sampleFile } from '../import/session.ts';
import type { ImportProgress, ImportRun } from '../import/session.ts';
import { toCsv } from '../model/csv.ts';
import { count, number, scopeName } from '../model/words.ts';
import { tenant as tenantInView } from '../session.ts';
import { Dialog } from './dialog.tsx';
import { Rich, saveAs, TableBox, Waiting } from './pieces.tsx';

const ROLES: Readonly<Record<string, string>> = {
  address: 'Address',
  reason: 'Reason',
  since: 'Since',
  scope: 'Stream',
  tenant: 'Tenant',
  reply: 'Reply of the server',
  expires: 'Until',
};
const HELP: Readonly<Record<Help, string>> = {
  name: 'Choose “columns that I name” below, and say which has what.',
  every_row: 'If these people must get no mail all the same, choose “columns that I name” below: then every row is taken.',
  format: 'Say below which of them it is.',
  try: 'See who would be suppressed with “Try a log”, or send it to POST /v1/events.',
  none: '',
};
const KINDS = { bounce: 'bounces', complaint: 'complaints', unsubscribe: 'unsubscribes', other: 'others' } as const;
const PROBLEMS_SHOWN = 50;

interface Settings {
  readonly tenant: string;
  readonly stream: string;
  readonly as: string;
  /** `''`: detected; `columns`: as they are named; otherwise a format. */
  readonly format: string;
  readonly columns: Readonly<Record<string, string>>;
}

type Phase =
  | { readonly kind: 'empty' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'chosen' }
  | { readonly kind: 'running'; readonly dryRun: boolean; readonly progress: ImportProgress | undefined }
  | { readonly kind: 'ended'; readonly dryRun: boolean; readonly progress: ImportProgress };

export function ImportDialog({
  dropped,
  onClose,
}: {
  readonly dropped: File | undefined;
  readonly onClose: (isDone: boolean) => void;
}): JSX.Element {
  const [file, setFile] = useState<File>();
  const [sample, setSample] = useState<ListSampled>();
  const [settings, setSettings] = useState<Settings>({ tenant: tenantInView.value ?? '', stream: '', as: '', format: '', columns: {} });
  const [phase, setPhase] = useState<Phase>({ kind: 'empty' });
  const [problem, setProblem] = useState<string>();
  const run = useRef<ImportRun>(undefined);
  const hasSent = useRef(false);

  const take = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    setFile(chosen);
    setSample(undefined);
    setProblem(undefined);
    setPhase({ kind: 'looking' });
    setSettings((before) => ({ ...before, format: '', columns: {} }));
    try {
      setSample(await sampleFile(chosen));
      setPhase({ kind: 'chosen' });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setPhase({ kind: 'empty' });
    }
  };
  useEffect(() => {
    void take(dropped);
    return () => run.current?.stop();
  }, []);

  const start = async (dryRun: boolean): Promise<void> => {
    if (file === undefined || sample === undefined) return;
    setProblem(undefined);
    setPhase({ kind: 'running', dryRun, progress: undefined });
    if (!dryRun) hasSent.current = true;
    const reading: Reading = {
      format: settings.format === '' || settings.format === 'columns' ? null : settings.format,
      columns: settings.format === 'columns' ? settings.columns : null,
    };
    run.current = runImport({ file, reading, ...wantedOf(file, sample, settings), dryRun }, (progress) =>
      setPhase({ kind: 'running', dryRun, progress }),
    );
    try {
      setPhase({ kind: 'ended', dryRun, progress: await run.current.result });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setPhase({ kind: 'chosen' });
    }
  };
  const close = (): void => {
    run.current?.stop();
    onClose(hasSent.current);
  };

  return (
    <Dialog title={file === undefined ? 'Import a list' : `Import ${file.name}`} onClose={close} wide>
      <div class="form">
        {problem === undefined ? null : (
          <div class="banner bad" role="alert">
            {problem}
          </div>
        )}
        {phase.kind === 'empty' ? <DropList take={(chosen) => void take(chosen)} /> : null}
        {phase.kind === 'looking' ? <Waiting>Reading the first rows …</Waiting> : null}
        {phase.kind === 'chosen' && sample !== undefined ? (
          <Choices sample={sample} settings={settings} set={setSettings} start={() => void start(true)} cancel={close} />
        ) : null}
        {phase.kind === 'running' ? <Running phase={phase} size={file?.size ?? 1} stop={() => run.current?.stop()} /> : null}
        {phase.kind === 'ended' ? (
          <Ended
            phase={phase}
            name={file?.name ?? 'list'}
            back={() => setPhase({ kind: 'chosen' })}
            start={() => void start(false)}
            close={close}
          />
        ) : null}
      </div>
    </Dialog>
  );
}

function wantedOf(file: File, sample: ListSampled, { tenant, stream, as, format, columns }: Settings): NewImport {
  const mapping = format === 'columns' ? Object.entries(columns).sort().join('-') : format;
  return {
    name: file.name.slice(0, 200),
    // Another reading of the columns is another import.
    fingerprint: `${sample.fingerprint}-${mapping.replaceAll(/[^\w-]/g, '_')}`.slice(0, 128),
    ...(tenant.trim() === '' ? {} : { tenant: tenant.trim() }),
    ...(stream.trim() === '' ? {} : { stream: stream.trim() }),
    ...(as === '' ? {} : { as: as as NonNullable<NewImport['as']> }),
  };
}

function DropList({ take }: { readonly take: (file: File | undefined) => void }): JSX.Element {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <p class="strong">Drop a suppression list here</p>
      <p class="quiet">
        CSV or JSON of a provider, of your own, or our export; also as .gz. Your browser reads it; nothing is sent before you say so.
      </p>
      <button class="button main" type="button" onClick={() => input.current?.click()}>
        Choose a file …
      </button>
      <input
        ref={input}
        class="sr"
        type="file"
        tabIndex={-1}
        aria-label="List to import"
        onChange={({ currentTarget }) => take(currentTarget.files?.[0])}
      />
    </div>
  );
}

interface ChoicesProps {
  readonly sample: ListSampled;
  readonly settings: Settings;
  readonly set: (settings: Settings) => void;
  readonly start: () => void;
  readonly cancel: () => void;
}

function Choices({ sample, settings, set, start, cancel }: ChoicesProps): JSX.Element {
  const { format, problem, help } = sample;
  const isNamed = settings.format === 'columns';
  const isReadable = isNamed ? (settings.columns['address'] ?? '') !== '' : settings.format !== '' || format !== null;
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      {problem === null ? (
        <p>
          Read as <b>{format === 'plain' ? 'a plain table' : format}</b>, by its columns.
        </p>
      ) : (
        <div class="banner warn" role="status">
          <div class="grow">
            <strong>This is not read as it is:</strong> {problem}. {HELP[help]}
          </div>
        </div>
      )}
      <div class="row">
        <div class="field grow">
          <label for="import-format">Read as</label>
          <select
            id="import-format"
            value={settings.format}
            onChange={({ currentTarget }) => set({ ...settings, format: currentTarget.value })}
          >
            <option value="">{format === null ? 'choose …' : `detected: ${format}`}</option>
            {sample.columns.length === 0 ? null : <option value="columns">columns that I name</option>}
            {sample.formats.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div class="field grow">
          <label for="import-as">Import as</label>
          <select id="import-as" value={settings.as} onChange={({ currentTarget }) => set({ ...settings, as: currentTarget.value })}>
            <option value="">what each row says</option>
            <option value="bounce">bounces, every row</option>
            <option value="complaint">complaints, every row</option>
            <option value="unsubscribe">unsubscribes, every row</option>
            <option value="operator">an operator’s decision, every row</option>
          </select>
        </div>
      </div>
      {isNamed ? <Mapping sample={sample} settings={settings} set={set} /> : null}
      <div class="row">
        <div class="field grow">
          <label for="import-tenant">Tenant</label>
          <input
            id="import-tenant"
            type="text"
            value={settings.tenant}
            maxLength={64}
            placeholder="as the rows say, otherwise default"
            autoComplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => set({ ...settings, tenant: currentTarget.value })}
          />
        </div>
        <div class="field grow">
          <label for="import-stream">Stream of unsubscribes that name none</label>
          <input
            id="import-stream"
            type="text"
            value={settings.stream}
            maxLength={64}
            placeholder="every stream"
            autoComplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => set({ ...settings, stream: currentTarget.value })}
          />
        </div>
      </div>
      <div class="row end">
        <button class="button" type="button" onClick={cancel}>
          Cancel
        </button>
        <button class="button main" type="submit" disabled={!isReadable}>
          Dry run
        </button>
      </div>
    </form>
  );
}

function Mapping({ sample, settings, set }: Pick<ChoicesProps, 'sample' | 'settings' | 'set'>): JSX.Element {
  return (
    <fieldset class="mapping">
      <legend>Which column has what</legend>
      {sample.roles.map((role) => {
        const chosen = sample.columns.find(({ name }) => name === settings.columns[role]);
        return (
          <div class="field" key={role}>
            <label for={`import-${role}-column`}>{ROLES[role] ?? role}</label>
            <select
              id={`import-${role}-column`}
              value={settings.columns[role] ?? ''}
              onChange={({ currentTarget }) => {
                const { [role]: _, ...others } = settings.columns;
                set({ ...settings, columns: currentTarget.value === '' ? others : { ...others, [role]: currentTarget.value } });
              }}
            >
              <option value="">{role === 'address' ? 'choose …' : 'none'}</option>
              {sample.columns.map(({ name, examples: [first = ''] }) => (
                <option key={name} value={name}>
                  {name}
                  {first === '' ? '' : ` (${first.slice(0, 30)})`}
                </option>
              ))}
            </select>
            <span class="quiet example">{chosen?.examples.slice(0, 2).join(', ')}</span>
          </div>
        );
      })}
    </fieldset>
  );
}

function Running({
  phase,
  size,
  stop,
}: {
  readonly phase: Phase & { kind: 'running' };
  readonly size: number;
  readonly stop: () => void;
}): JSX.Element {
  const { dryRun, progress } = phase;
  const [isStopping, setStopping] = useState(false);
  return (
    <>
      <Waiting>
        {progress === undefined
          ? 'Opening the file …'
          : `${count(progress.job.rows, 'row')} ${dryRun ? 'looked at' : 'imported'}${isStopping ? '; stopping …' : ' …'}`}
      </Waiting>
      <progress aria-label="Of the file" max={size} value={progress?.bytes ?? 0} />
      <div class="row end">
        <button
          class="button"
          type="button"
          disabled={isStopping}
          onClick={() => {
            setStopping(true);
            stop();
          }}
        >
          Stop
        </button>
      </div>
    </>
  );
}

interface EndedProps {
  readonly phase: Phase & { kind: 'ended' };
  readonly name: string;
  readonly back: () => void;
  readonly start: () => void;
  readonly close: () => void;
}

function Ended({ phase: { dryRun, progress }, name, back, start, close }: EndedProps): JSX.Element {
  const { job, first } = progress;
  const { counts } = job;
  const wanted = counts.fresh + counts.known;
  return (
    <>
      <p role="status">
        {job.state === 'stopped' ? (
          <>
            <b>Stopped after {count(job.rows, 'row')}.</b>{' '}
            {dryRun ? 'Nothing was sent.' : 'What was sent stays. Import the same file again to continue there.'}
          </>
        ) : dryRun ? (
          <>
            <b>{count(wanted, 'row')} would be imported</b> of {number(job.rows)}. Nothing was sent.
          </>
        ) : (
          <>
            <b>{count(wanted, 'row')} imported</b> of {number(job.rows)}, durable in the log. The list shows them as the engine applies
            them.
          </>
        )}
      </p>
      <Counts job={job} />
      {dryRun && first.length > 0 ? <FirstRows first={first} /> : null}
      {job.problems.length === 0 ? null : <Problems job={job} name={name} />}
      <div class="row end">
        {dryRun || job.state === 'stopped' ? (
          <button class="button" type="button" onClick={back}>
            Back
          </button>
        ) : null}
        {job.state === 'stopped' ? null : dryRun ? (
          <button class="button main" type="button" disabled={wanted === 0} onClick={start}>
            Import {count(wanted, 'row')}
          </button>
        ) : null}
        <button class={dryRun ? 'button' : 'button main'} type="button" onClick={close}>
          Close
        </button>
      </div>
    </>
  );
}

function Counts({ job: { counts } }: { readonly job: ImportJob }): JSX.Element {
  const kinds = Object.entries(KINDS).flatMap(([kind, name]) =>
    (counts.kinds[kind] ?? 0) === 0 ? [] : [`${number(counts.kinds[kind] ?? 0)} ${name}`],
  );
  const scopes = Object.entries(counts.scopes).filter(([scope]) => scope !== '*');
  const because = Object.entries(counts.notSuppressedBecause);
  return (
    <ul class="bullets">
      {kinds.length === 0 ? null : <li>By reason: {kinds.join(', ')}.</li>}
      <li>
        {number(counts.fresh)} new, {number(counts.known)} suppressed already
        {counts.forgotten === 0 ? '' : `, ${number(counts.forgotten)} erased before and left out`}.
      </li>
      {scopes.length === 0 ? null : (
        <li>Of one stream only: {scopes.map(([scope, n]) => `${number(n)} ${scopeName(scope)}`).join(', ')}.</li>
      )}
      {counts.repeated === 0 ? null : (
        <li>
          {number(counts.repeated)} repeated in the file
          {counts.conflicting === 0 ? '' : `, ${number(counts.conflicting)} of them with another reason`}.
        </li>
      )}
      {counts.timesUnread === 0 ? null : <li>{number(counts.timesUnread)} with a time that could not be read: they count from now.</li>}
      {because.map(([why, n]) => (
        <li key={why}>
          {number(n)} left out: {why}.
        </li>
      ))}
      {counts.unreadable === 0 ? null : <li>{number(counts.unreadable)} could not be read.</li>}
    </ul>
  );
}

function FirstRows({ first }: { readonly first: ImportProgress['first'] }): JSX.Element {
  return (
    <TableBox label="What becomes of the first rows" tall>
      <table>
        <caption class="sr">What becomes of the first rows</caption>
        <thead>
          <tr>
            <th scope="col" class="num">
              Line
            </th>
            <th scope="col">Recipient</th>
            <th scope="col">Becomes</th>
          </tr>
        </thead>
        <tbody>
          {first.map(({ row, line, recipient, becomes }) => (
            <tr key={row}>
              <td class="num">{line ?? row}</td>
              <td class="wrap">{recipient ?? '–'}</td>
              <td class="wrap">
                <Rich text={becomes} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Problems({ job: { problems, counts }, name }: { readonly job: ImportJob; readonly name: string }): JSX.Element {
  const save = (): void =>
    saveAs(
      `${name}-problems.csv`,
      toCsv(
        ['line', 'row', 'problem'],
        problems.map(({ row, line, problem }) => [line, row, problem]),
      ),
    );
  return (
    <section aria-label="Rows that could not be read" class="form">
      <div class="row">
        <h3 class="grow">Could not be read</h3>
        <button class="button small" type="button" onClick={save}>
          CSV
        </button>
      </div>
      <TableBox label="Rows that could not be read" tall>
        <table>
          <thead>
            <tr>
              <th scope="col" class="num">
                Line
              </th>
              <th scope="col">Problem</th>
            </tr>
          </thead>
          <tbody>
            {problems.slice(0, PROBLEMS_SHOWN).map(({ row, line, problem }) => (
              <tr key={row}>
                <td class="num">{line ?? row}</td>
                <td class="wrap">{problem}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {counts.unreadable <= PROBLEMS_SHOWN ? null : (
        <p class="quiet">
          {number(counts.unreadable)} in all;{' '}
          {problems.length < counts.unreadable ? `the CSV has the first ${number(problems.length)}` : 'the CSV has them'}.
        </p>
      )}
    </section>
  );
}
