/** `/ui/incidents/{id}`: one incident: what failed, what it changes, and the decision to hold it back or not. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { Incident, Preview } from '../api/types.ts';
import type { Line } from '../model/series.ts';
import { byMetric } from '../model/series.ts';
import { duration, HOUR } from '../model/time.ts';
import { compact, count, number, percent, words } from '../model/words.ts';
import { to } from '../router.ts';
import { isOperator, mayWrite } from '../session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { NoteField, ProblemBanner } from '../ui/fields.tsx';
import { Figure } from '../ui/figure.tsx';
import { CountedFigure } from '../ui/incident-chart.tsx';
import { notify } from '../ui/notices.tsx';
import { Empty, Failure, Head, now, Time, Waiting, WhenLoaded } from '../ui/pieces.tsx';
import { Plot } from '../ui/plot.tsx';
import { useData } from '../ui/use-data.ts';
import { IncidentState, SenderCauses, whatOf } from './incidents.tsx';

export function IncidentView({ id }: { readonly id: string }): JSX.Element {
  const { data, error, reload } = useData(`incident ${id}`, () => api.incident(id), 5_000);
  const [decision, setDecision] = useState<'void' | 'restore'>();
  const crumbs = <a href={to(['incidents'])}>Incidents</a>;
  if (data === undefined) {
    return (
      <>
        <Head title="Incident" crumbs={crumbs} />
        {error === undefined ? (
          <Waiting>Reading the incident …</Waiting>
        ) : error.status === 404 ? (
          <section class="panel">
            <Empty title="There is no such incident">
              <p>It does not exist, or your key may not see it.</p>
            </Empty>
          </section>
        ) : (
          <Failure error={error} retry={reload} />
        )}
      </>
    );
  }
  const ended = data.until === null ? now.value : Date.parse(data.until);
  return (
    <>
      <Head
        title={whatOf(data)}
        name={`Incident ${data.provider ?? data.domain ?? ''}`}
        crumbs={crumbs}
        sub={
          <span class="row">
            <IncidentState incident={data} />
            <span>
              <Time at={data.from} /> – {data.until === null ? 'now' : <Time at={data.until} />}, {duration(ended - Date.parse(data.from))}
            </span>
          </span>
        }
      >
        {mayWrite.value && !data.holds && data.kind === 'provider' ? (
          <button class="button main" type="button" onClick={() => setDecision('void')}>
            Hold back …
          </button>
        ) : null}
        {mayWrite.value && data.holds ? (
          <button class="button" type="button" onClick={() => setDecision('restore')}>
            Let it count …
          </button>
        ) : null}
      </Head>
      {data.sender === null ? <Meaning incident={data} /> : <Refused incident={data} sender={data.sender} />}
      {data.kind === 'provider' ? <Progress incident={data} /> : null}
      {data.counted === null ? null : <CountedFigure incident={data} counted={data.counted} />}
      <Traffic incident={data} />
      {data.kind === 'provider' ? (
        <div class="grid two">
          <Samples incident={data} />
          {isOperator.value ? <Effects id={id} revision={data.revision} /> : null}
        </div>
      ) : null}
      {decision === undefined ? null : (
        <DecisionDialog id={id} decision={decision} onClose={() => setDecision(undefined)} onDone={reload} />
      )}
    </>
  );
}

/** Of a sender: what is refused, compared with what is usual, why, and what to do. */
function Refused({ incident, sender }: { readonly incident: Incident; readonly sender: NonNullable<Incident['sender']> }): JSX.Element {
  const { tenant, state } = incident;
  return (
    <section class="panel stack" aria-label="What is refused">
      <p>
        {percent(sender.share)} of {count(sender.tries, 'try', 'tries')} of tenant {tenant}
        {sender.pool === null ? '' : `, pool ${sender.pool},`} {state === 'open' ? 'are' : 'were'} refused for the sender’s fault when it
        was decided last; usually {percent(sender.usualShare)} are. It counts against no recipient.
      </p>
      <SenderCauses replies={sender.replies} />
    </section>
  );
}

function Meaning({ incident }: { readonly incident: Incident }): JSX.Element {
  const { counts, origin, by, note, decidedAt, tenant } = incident;
  return (
    <section class="panel stack" aria-label="What it is">
      <p>
        {counts === null
          ? 'An operator made it.'
          : `${count(counts.failing, 'recipient')} failed and ${count(counts.delivered, 'message was', 'messages were')} delivered when it opened; usually ${percent(counts.usualShare)} fail.`}{' '}
        {incident.holds
          ? 'What fails inside counts against nobody, and suppressions that it had caused have ended.'
          : 'Failures inside count like any others.'}
      </p>
      <dl class="facts">
        <div>
          <dt>Whose</dt>
          <dd>{tenant === null ? 'every tenant' : `tenant ${tenant}`}</dd>
        </div>
        <div>
          <dt>Noticed</dt>
          <dd>{origin === 'detected' ? 'by itself' : 'by an operator'}</dd>
        </div>
        <div>
          <dt>Last decision</dt>
          <dd>
            {words(incident.action)}, <Time at={decidedAt} />
            {by === null ? '' : ` by ${by}`}
          </dd>
        </div>
        {note === null ? null : (
          <div>
            <dt>Note</dt>
            <dd>{note}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Progress({ incident }: { readonly incident: Incident }): JSX.Element | null {
  const { told, partitions, done, looked, changed } = incident.progress;
  if (incident.action === 'opened' && !incident.holds) return null;
  const isDone = told && done >= partitions && partitions > 0;
  return (
    <div class={`banner ${isDone ? 'ok' : 'note'}`} role="status">
      <div class="grow">
        {isDone
          ? `The decision is applied everywhere: ${count(looked, 'recipient')} looked at, ${number(changed)} changed.`
          : `The decision is being applied: ${done} of ${partitions} partitions, ${count(looked, 'recipient')} looked at, ${number(changed)} changed so far.`}
      </div>
    </div>
  );
}

/** What was delivered and what failed around it, by the quarter of an hour (by the hour when it was long). */
function Traffic({ incident }: { readonly incident: Incident }): JSX.Element | null {
  const { provider, tenant } = incident;
  const begin = Date.parse(incident.from);
  const end = incident.until === null ? Math.min(Date.now(), begin + 48 * HOUR) : Date.parse(incident.until);
  const step = end - begin > 24 * HOUR ? '1h' : '15m';
  const around = step === '1h' ? 12 * HOUR : 3 * HOUR;
  const from = new Date(begin - around).toISOString();
  const until = new Date(Math.min(Date.now(), end + around)).toISOString();
  const { data } = useData(`traffic ${incident.id} ${step}`, () =>
    api.series({
      measure: 'outcomes',
      from,
      to: until,
      step,
      ...(provider === null ? {} : { provider }),
      ...(tenant === null ? {} : { tenant }),
    }),
  );
  const lines = useMemo(
    (): readonly Line[] => (data === undefined ? [] : byMetric(data, ['delivered', 'deferred', 'bounced', 'expired'])),
    [data],
  );
  if (provider === null || data === undefined) return null;
  const table = {
    columns: ['time', ...lines.map(({ name }) => name)],
    rows: data.times.map((time, index) => [time, ...lines.map(({ values }) => values[index] ?? 0)]),
  };
  return (
    <Figure
      title="Outcomes around it"
      sub={`${provider}, by ${step === '15m' ? 'quarter of an hour' : 'hour'}`}
      table={table}
      file={`incident-${incident.id}`}
    >
      {lines.length === 0 ? (
        <Empty title="No traffic is kept of that time">
          <p>Quarters of an hour are kept for 15 days, hours for 13 months.</p>
        </Empty>
      ) : (
        <Plot name="Outcomes around it" times={data.times} lines={lines} kind="stacked" format={compact} label={words} />
      )}
    </Figure>
  );
}

function Samples({ incident }: { readonly incident: Incident }): JSX.Element {
  return (
    <section class="panel stack" aria-labelledby="samples">
      <h2 id="samples">What was replied</h2>
      {incident.codes.length === 0 ? null : (
        <div class="chips">
          {incident.codes.map(({ code, count: n }) => (
            <span key={code} class="chip">
              <span class="mono">{code}</span> {number(n)}
            </span>
          ))}
        </div>
      )}
      {incident.samples.length === 0 ? (
        <p class="quiet">No replies are kept.</p>
      ) : (
        incident.samples.map((sample) => (
          <div class="reply" key={sample}>
            {sample}
          </div>
        ))
      )}
    </section>
  );
}

/** Pages of recipients that are looked at before the view says "at least". */
const PAGES = 4;

function Effects({ id, revision }: { readonly id: string; readonly revision: number }): JSX.Element {
  const loaded = useData(`effects ${id} ${revision}`, () => effectsOf(id));
  return (
    <section class="panel stack" aria-labelledby="effects">
      <h2 id="effects">Whom it concerns</h2>
      <WhenLoaded loaded={loaded} waiting="Counting recipients …">
        {(data) => (
          <>
            <dl class="facts">
              <Fact name="Recipients with failures inside" value={data.recipients} isLeast={data.cursor !== null} />
              <Fact name="Failures" value={data.failures} isLeast={data.cursor !== null} />
              <Fact name="Held back already" value={data.heldBack} isLeast={data.cursor !== null} />
              <Fact name="Suppressed now" value={data.suppressed} isLeast={data.cursor !== null} />
              <Fact name="Held back: released" value={data.released} isLeast={data.cursor !== null} />
              <Fact name="Let count: suppressed again" value={data.suppressedAgain} isLeast={data.cursor !== null} />
            </dl>
            {data.addresses.length === 0 ? null : <p class="quiet">Among them {data.addresses.slice(0, 3).join(', ')}.</p>}
          </>
        )}
      </WhenLoaded>
    </section>
  );
}

function Fact({ name, value, isLeast }: { readonly name: string; readonly value: number; readonly isLeast: boolean }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {isLeast ? 'at least ' : ''}
        {number(value)}
      </dd>
    </div>
  );
}

async function effectsOf(id: string): Promise<Preview> {
  let sum = await api.previewIncident(id);
  for (let page = 1; page < PAGES && sum.cursor !== null; page += 1) {
    const next = await api.previewIncident(id, sum.cursor);
    sum = {
      ...sum,
      recipients: sum.recipients + next.recipients,
      failures: sum.failures + next.failures,
      heldBack: sum.heldBack + next.heldBack,
      suppressed: sum.suppressed + next.suppressed,
      released: sum.released + next.released,
      suppressedAgain: sum.suppressedAgain + next.suppressedAgain,
      cursor: next.cursor,
    };
  }
  return sum;
}

interface DecisionProps {
  readonly id: string;
  readonly decision: 'void' | 'restore';
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function DecisionDialog({ id, decision, onClose, onDone }: DecisionProps): JSX.Element {
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string>();
  const isVoid = decision === 'void';
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await api.decideIncident(id, decision, note.trim());
      notify('Decided. The engine applies it, partition by partition.');
      onDone();
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <Dialog title={isVoid ? 'Hold back what failed inside' : 'Let what failed inside count'} onClose={onClose}>
      <form class="form" onSubmit={(event) => void send(event)}>
        <p>
          {isVoid
            ? 'Failures inside stop counting, and suppressions that rest on them end. It can be restored.'
            : 'Failures inside count as if there had been no incident, and whom they suppress is suppressed again. It can be held back again.'}
        </p>
        <NoteField note={note} onNote={setNote} />
        <div class="publishes">
          <b>What this publishes</b>
          <span>
            {isVoid
              ? 'A change of the incident, and a release for each suppression that ends.'
              : 'A change of the incident, and a suppression for each recipient that is suppressed again.'}
          </span>
        </div>
        <ProblemBanner problem={problem} />
        <div class="row end">
          <button class="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button class={isVoid ? 'button main' : 'button danger'} type="submit">
            {isVoid ? 'Hold back' : 'Let it count'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
