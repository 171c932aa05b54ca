/** `/ui/r/{tenant}/{address}`: what holds for a recipient, why, and what would change it. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { Change, Explanation, ListedIncident, Trial } from '../api/types.ts';
import { ticketOf, verdictsOf } from '../model/verdict.ts';
import type { Verdict } from '../model/verdict.ts';
import { utcTime } from '../model/time.ts';
import { count, engagementText, FAULTS, scopeName, toneOf, words } from '../model/words.ts';
import { to } from '../router.ts';
import { mayWrite } from '../session.ts';
import { CommandDialog } from '../ui/command-dialog.tsx';
import type { Action } from '../ui/command-dialog.tsx';
import { Figure } from '../ui/figure.tsx';
import { Icons } from '../ui/icons.tsx';
import { notify } from '../ui/notices.tsx';
import { Chip, copyText, Empty, Failure, FilterButton, Head, Rich, Sentence, StateChip, Time, Waiting } from '../ui/pieces.tsx';
import { TimelineChart } from '../ui/timeline-chart.tsx';
import { useData } from '../ui/use-data.ts';

type Fact = Explanation['facts'][number];

interface Props {
  readonly tenant: string;
  readonly address: string;
}

export function RecipientView({ tenant, address }: Props): JSX.Element {
  const { data, error, reload } = useData(`why ${tenant} ${address}`, () => api.explain(tenant, address), 30_000);
  const [action, setAction] = useState<Action>();
  const crumbs = (
    <>
      <a href={to(['find'], { q: null })}>Find</a>
      <span aria-hidden="true">/</span>
      <span>{tenant}</span>
    </>
  );
  if (data === undefined) {
    return (
      <>
        <Head title={address} crumbs={crumbs} />
        {error === undefined ? (
          <Waiting>Reading what is known of this recipient …</Waiting>
        ) : (
          <NotShown error={error} reload={reload} tenant={tenant} />
        )}
      </>
    );
  }
  const facts = data.facts;
  const copy = async (): Promise<void> => {
    const done = await copyText(ticketOf({ tenant, address: data.address }, data, evidenceLines(facts)));
    notify(done ? 'Copied as text for a ticket.' : 'The browser does not let this page copy.');
  };
  return (
    <>
      <Head
        title={data.address}
        crumbs={crumbs}
        sub={
          <span class="row">
            <StateChip state={data.state} />
            {data.updatedAt === null ? (
              'nothing ever failed here'
            ) : (
              <span>
                changed <Time at={data.updatedAt} mode="relative" />
              </span>
            )}
          </span>
        }
      >
        <button class="button" type="button" onClick={() => void copy()}>
          <Icons.copy />
          Copy for a ticket
        </button>
        {mayWrite.value ? <Actions recipient={data} choose={setAction} /> : null}
      </Head>
      <section class="panel" aria-label="Verdict">
        <div class="verdicts">
          {verdictsOf(data).map((verdict) => (
            <VerdictLine key={verdict.scope} verdict={verdict} />
          ))}
        </div>
        {[...new Set(data.domains.flatMap(({ entry }) => entry ?? []))].map((entry) => (
          <p key={entry}>
            <a href={to(['r', tenant, entry], { tenant: null })}>Open the entry {entry}</a>
          </p>
        ))}
      </section>
      <TimelineFigure explanation={data} />
      <div class="grid wide-left">
        <Evidence facts={facts} />
        <div class="stack">
          <Outlook explanation={data} />
          <History tenant={tenant} address={address} version={data.version} />
        </div>
      </div>
      {mayWrite.value ? <OtherPolicy tenant={tenant} address={address} /> : null}
      {action === undefined ? null : (
        <CommandDialog action={action} recipient={data} onClose={() => setAction(undefined)} onDone={reload} />
      )}
    </>
  );
}

function NotShown({
  error,
  reload,
  tenant,
}: {
  readonly error: ApiError;
  readonly reload: () => void;
  readonly tenant: string;
}): JSX.Element {
  if (error.status !== 403 && error.status !== 400) return <Failure error={error} retry={reload} />;
  return (
    <section class="panel">
      <Empty title={error.status === 403 ? 'There is nothing here for you' : 'This is not an address'}>
        <p>{error.status === 403 ? `Your key is not for tenant ${tenant}.` : error.message}</p>
        <a class="button" href={to(['find'], { tenant: null })}>
          Find somebody else
        </a>
      </Empty>
    </section>
  );
}

function Actions({ recipient, choose }: { readonly recipient: Explanation; readonly choose: (action: Action) => void }): JSX.Element {
  const isHeld = recipient.suppressions.length > 0;
  const isDomain = recipient.address.startsWith('@');
  const button = (action: Action, name: string, look = ''): JSX.Element => (
    <button class={`button ${look}`} type="button" onClick={() => choose(action)}>
      {name}
    </button>
  );
  return (
    <>
      {isHeld ? button('release', 'Release …', 'main') : button('suppress', 'Suppress …')}
      {recipient.allowed.length > 0
        ? button('disallow', 'End the allowance …')
        : isHeld && !isDomain
          ? button('allow', 'Allow for a while …')
          : null}
      {isHeld ? button('amend', 'Amend …') : null}
      {isHeld ? button('suppress', 'Suppress …') : null}
    </>
  );
}

export function VerdictLine({ verdict }: { readonly verdict: Verdict }): JSX.Element {
  const { scope, allowed, tone, title, sentence } = verdict;
  return (
    <div class="verdict">
      <span class={`sign ${tone}`}>{allowed ? tone === 'warn' ? <Icons.wait /> : <Icons.go /> : <Icons.stop />}</span>
      <div>
        <p class="title">
          {title} {scope === '*' ? null : <Chip tone="note">{scope}</Chip>}
        </p>
        <p>
          <Sentence pieces={sentence} />
        </p>
      </div>
    </div>
  );
}

const MOST_INCIDENTS = 10;

interface TimelineFigureProps {
  readonly explanation: Explanation;
  /** The service knows nothing of it. */
  readonly isLocal?: boolean;
}

export function TimelineFigure({ explanation, isLocal = false }: TimelineFigureProps): JSX.Element {
  const { facts, address } = explanation;
  const ids = useMemo(
    () => (isLocal ? [] : [...new Set(facts.flatMap(({ incident }) => incident ?? []))].slice(-MOST_INCIDENTS)),
    [facts, isLocal],
  );
  const { data: incidents = [] } = useData<readonly ListedIncident[]>(`incidents ${ids.join()}`, () =>
    Promise.all(ids.map(known)).then((all) => all.flatMap((one) => one ?? [])),
  );
  const table = useMemo(
    () => ({
      columns: ['time', 'event', 'counts', 'why not', 'category', 'fault', 'rule', 'reply', 'message', 'stream'],
      rows: facts.map((one) => [
        one.at,
        one.kind === undefined ? one.type : engagementText(one.kind),
        one.counts ? 'yes' : 'no',
        reasonOf(one),
        one.category,
        one.attribution,
        one.rule,
        one.reply,
        one.messageId,
        one.stream,
      ]),
    }),
    [facts],
  );
  return (
    <Figure title="Timeline" table={table} file={`events-${address}`}>
      <TimelineChart explanation={explanation} incidents={incidents} />
    </Figure>
  );
}

/** An incident that is gone, or of another tenant's, is not shaded. */
async function known(id: string): Promise<ListedIncident | undefined> {
  try {
    return await api.incident(id);
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return undefined;
    throw error;
  }
}

export function reasonOf({ why, voidedBy, counts }: Pick<Fact, 'why' | 'voidedBy' | 'counts'>): string | null {
  if (counts) return null;
  return why ?? (voidedBy === null ? null : `void: ${words(voidedBy)}`);
}

type Shown = 'all' | 'counted' | 'not';

export function Evidence({ facts }: { readonly facts: readonly Fact[] }): JSX.Element {
  const [shown, setShown] = useState<Shown>('all');
  const failures = facts.filter(({ category }) => category !== null);
  const rows = facts.filter((one) => shown === 'all' || (one.category !== null && one.counts === (shown === 'counted'))).toReversed();
  const counted = failures.filter(({ counts }) => counts).length;
  return (
    <section class="panel flush" aria-labelledby="evidence">
      <header>
        <h2 id="evidence">Evidence</h2>
        {facts.length === 0 ? null : (
          <div class="chips">
            <FilterButton on={shown === 'all'} set={() => setShown('all')} name="All" n={facts.length} />
            <FilterButton on={shown === 'counted'} set={() => setShown('counted')} name="Counted" n={counted} />
            <FilterButton on={shown === 'not'} set={() => setShown('not')} name="Did not count" n={failures.length - counted} />
          </div>
        )}
      </header>
      {rows.length === 0 ? (
        <Empty title="No events are kept">
          <p>
            {facts.length === 0
              ? 'Nothing failed here, or it is long ago. Deliveries to somebody to whom everything arrives leave no trace.'
              : 'Choose another kind above.'}
          </p>
        </Empty>
      ) : (
        <ol class="events">
          {rows.map((fact, index) => (
            <FactRow key={index} fact={fact} isSame={isSame(fact, rows[index - 1])} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** The reply and what it means are those of the other one. */
function isSame(one: Fact, other: Fact | undefined): boolean {
  return (
    other !== undefined &&
    one.reply !== null &&
    (['reply', 'rule', 'attribution', 'why', 'counts', 'messageId', 'stream', 'merged'] as const).every((name) => one[name] === other[name])
  );
}

/** `isSame`: what was said is what stands in the line above. */
function FactRow({ fact, isSame }: { readonly fact: Fact; readonly isSame: boolean }): JSX.Element {
  const why = reasonOf(fact);
  const verdict = fact.counts ? 'counts' : fact.role === 'held_back' ? 'held back' : fact.role === 'waiting' ? 'waits' : 'does not count';
  return (
    <li>
      <Time at={fact.at} />
      <div class="row">
        <span class="strong">{fact.kind === undefined ? words(fact.type) : engagementText(fact.kind)}</span>
        {fact.category === null ? null : <Chip tone={fact.counts ? 'bad' : 'quiet'}>{verdict}</Chip>}
      </div>
      {isSame ? <div class="quiet">the same reply</div> : <FactSaid fact={fact} why={why} />}
    </li>
  );
}

function FactSaid({ fact, why }: { readonly fact: Fact; readonly why: string | null }): JSX.Element {
  return (
    <div>
      <FactMeaning fact={fact} />
      {fact.effect == null ? null : (
        <div>
          <Rich text={fact.effect} />
        </div>
      )}
      {why === null ? null : (
        <div class="quiet">
          <Rich text={why} />
          {fact.incident === undefined ? null : (
            <>
              {' '}
              <a href={to(['incidents', fact.incident])}>Open the incident</a>
            </>
          )}
        </div>
      )}
      {fact.reply === null ? null : <div class="reply">{fact.reply}</div>}
      {fact.note === undefined || fact.note === null || fact.note === '' ? null : <div>“{fact.note}”</div>}
    </div>
  );
}

function FactMeaning({ fact }: { readonly fact: Fact }): JSX.Element | null {
  const details: ComponentChildren[] = [];
  if (fact.category !== null) details.push(<span class="strong">{words(fact.category)}</span>);
  if (fact.attribution !== null) details.push(`fault: ${FAULTS[fact.attribution] ?? fact.attribution}`);
  if (fact.merged !== undefined) details.push(`stands for ${count(fact.merged, 'more failure')} before it`);
  if (fact.scope !== undefined) details.push(scopeName(fact.scope));
  if (fact.by !== undefined && fact.by !== null) details.push(`by ${fact.by}`);
  if (fact.rule !== null) details.push(<code>{fact.rule}</code>);
  if (fact.messageId !== undefined) details.push(<span class="quiet">message {fact.messageId}</span>);
  if (fact.stream !== null && fact.stream !== 'default') details.push(`stream ${fact.stream}`);
  if (details.length === 0) return null;
  return (
    <div>
      {details.map((detail, index) => (
        <span key={index}>
          {index === 0 ? null : <span class="quiet"> · </span>}
          {detail}
        </span>
      ))}
    </div>
  );
}

function Outlook({ explanation }: { readonly explanation: Explanation }): JSX.Element {
  const { whatWouldChangeIt, advice, policy, streak, refold } = explanation;
  return (
    <section class="panel stack" aria-labelledby="outlook">
      <h2 id="outlook">What would change it</h2>
      {whatWouldChangeIt.length === 0 ? (
        <p class="quiet">Nothing holds mail back, so there is nothing to change. Failures that count would begin a streak.</p>
      ) : (
        <ul class="bullets">
          {whatWouldChangeIt.map((text) => (
            <li key={text}>
              <Rich text={sentenceCase(text)} />
            </li>
          ))}
        </ul>
      )}
      {advice === null ? null : (
        <div class="banner note">
          <div>
            <strong>Advice:</strong> {advice}
          </div>
        </div>
      )}
      <dl class="facts">
        {streak === null ? null : (
          <>
            <div>
              <dt>Streak</dt>
              <dd>
                {count(streak.failures, 'failure')} of {count(streak.messages, 'message')}
              </dd>
            </div>
            <div>
              <dt>Provider</dt>
              <dd>{streak.provider === null ? '–' : <a href={to(['providers', streak.provider])}>{streak.provider}</a>}</dd>
            </div>
          </>
        )}
        <div>
          <dt>Policy</dt>
          <dd class="mono">{policy === null ? '–' : policy.slice(0, 15)}</dd>
        </div>
      </dl>
      {refold !== null && !refold.agrees ? (
        <p class="quiet">
          Under the policy in force here the same events say <b>{words(refold.state)}</b>: the policy has changed since, or this process has
          another one.
        </p>
      ) : null}
    </section>
  );
}

function sentenceCase(text: string): string {
  const named = text.replace(/^(\w+)(?=( of stream [^:]+)?: )/, (name) => words(name));
  return named.charAt(0).toUpperCase() + named.slice(1);
}

function History({ tenant, address, version }: Props & { readonly version: number }): JSX.Element {
  const { data, error, reload } = useData(`history ${tenant} ${address} ${version}`, () => api.history(tenant, address));
  const items = useMemo(() => condensed(data?.items.toReversed() ?? []), [data]);
  return (
    <section class="panel stack" aria-labelledby="history">
      <h2 id="history">History</h2>
      {error === undefined ? null : <Failure error={error} retry={reload} />}
      {data !== undefined && items.length === 0 ? <p class="quiet">Nothing was ever published about this recipient.</p> : null}
      {data === undefined && error === undefined ? <Waiting>Reading the published changes …</Waiting> : null}
      <ol class="changes">
        {items.map(({ change, times }) => (
          <ChangeLine key={change.id} change={change} times={times} />
        ))}
      </ol>
      {data === undefined || data.cursor === null ? null : (
        <p class="quiet">
          Older and newer changes: <code>GET /v1/recipients/…/history</code>.
        </p>
      )}
    </section>
  );
}

interface Condensed {
  readonly change: Change;
  readonly times: number;
}

/** Late evidence publishes the same outcome again: it stands here once, with how often. */
function condensed(items: readonly Change[]): readonly Condensed[] {
  const lines: Condensed[] = [];
  for (const change of items) {
    const last = lines.at(-1);
    const isSame =
      last !== undefined &&
      last.change.type === change.type &&
      last.change.effectiveAt === change.effectiveAt &&
      last.change.suppression?.reason === change.suppression?.reason &&
      last.change.suppression?.scope === change.suppression?.scope;
    if (isSame) lines.splice(-1, 1, { change: last.change, times: last.times + 1 });
    else lines.push({ change, times: 1 });
  }
  return lines;
}

function ChangeLine({ change, times }: Condensed): JSX.Element {
  const { suppression } = change;
  return (
    <li>
      <Time at={change.effectiveAt} />
      <div>
        <Chip tone={toneOf(change.type)}>{words(change.type)}</Chip>{' '}
        {suppression === undefined || suppression === null ? null : `${words(suppression.reason)}, ${scopeName(suppression.scope)} `}
        <span class="quiet">
          by {change.engagement === undefined ? words(change.cause) : `${words(change.cause)}: ${engagementText(change.engagement)}`}
          {times === 1 ? '' : `, published ${times} times as evidence arrived`}
        </span>
      </div>
    </li>
  );
}

function OtherPolicy({ tenant, address }: Props): JSX.Element {
  const [text, setText] = useState('version: 1\ndeferral:\n  suppress_after: 96h\n');
  const [outcome, setOutcome] = useState<Trial | ApiError>();
  const [isBusy, setBusy] = useState(false);
  const run = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      setOutcome(await api.explainUnder(tenant, address, text));
    } catch (error) {
      setOutcome(error instanceof ApiError ? error : new ApiError(0, messageOf(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <details class="panel">
      <summary>The same under another policy</summary>
      <form class="form" onSubmit={(event) => void run(event)}>
        <div class="field">
          <label for="policy">Policy file</label>
          <textarea
            id="policy"
            class="code"
            rows={7}
            value={text}
            spellcheck={false}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <p class="hint">Folds the events above again under this file. Nothing is changed.</p>
        </div>
        <div class="row">
          <button class="button" type="submit" disabled={isBusy}>
            {isBusy ? 'Trying …' : 'Try it'}
          </button>
        </div>
        <div aria-live="polite">
          {outcome === undefined ? null : outcome instanceof ApiError ? <Mistakes error={outcome} /> : <TrialOutcome trial={outcome} />}
        </div>
      </form>
    </details>
  );
}

export function Mistakes({ error }: { readonly error: ApiError }): JSX.Element {
  return (
    <div class="banner bad">
      <div class="stack">
        <strong>{error.message}</strong>
        {error.mistakes.length === 0 ? null : (
          <ul class="bullets">
            {error.mistakes.map(({ detail, line }) => (
              <li key={detail}>
                {line === undefined ? '' : `Line ${line}: `}
                {detail}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function TrialOutcome({ trial }: { readonly trial: Trial }): JSX.Element {
  const { underPolicy } = trial;
  return (
    <div class={`banner ${underPolicy.alters.length === 0 ? 'ok' : 'warn'}`}>
      <div class="stack">
        <div>
          Under this policy: <StateChip state={underPolicy.state} />
          {underPolicy.suppressAt === null ? null : (
            <>
              , suppressed <Time at={underPolicy.suppressAt} /> unless something is delivered before
            </>
          )}
        </div>
        {underPolicy.alters.length === 0 ? (
          'The outcome is the same.'
        ) : (
          <ul class="bullets">
            {underPolicy.alters.map((text) => (
              <li key={text}>
                <Rich text={text} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

const TICKET_LINES = 5;

function evidenceLines(facts: readonly Fact[]): readonly string[] {
  return facts
    .filter(({ reply, at }) => reply !== null && at !== null)
    .slice(-TICKET_LINES)
    .map((one) => `- ${utcTime(Date.parse(one.at ?? ''))} ${one.type}, ${one.counts ? 'counts' : 'does not count'}: ${one.reply ?? ''}`);
}
