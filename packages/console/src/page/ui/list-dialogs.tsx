/** Decisions about many recipients: what will happen is counted before it is done. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { Checked, Command, Listed } from '../api/types.ts';
import { wantedIn } from '../model/find.ts';
import { NEEDS_FORCE } from '../model/verdict.ts';
import { count, number, words } from '../model/words.ts';
import { oneTenant } from '../session.ts';
import { Dialog } from './dialog.tsx';
import { NoteField, ProblemBanner, noteAndEnd } from './fields.tsx';
import { notify } from './notices.tsx';

/** Commands in one request. */
const AT_ONCE = 1_000;

/** Sends the commands part by part. True: the engine has applied all of them. */
async function sendAll(commands: readonly Command[], onProgress: (sent: number) => void): Promise<boolean> {
  let isFolded = true;
  for (let from = 0; from < commands.length; from += AT_ONCE) {
    isFolded = (await api.command(commands.slice(from, from + AT_ONCE))) && isFolded;
    onProgress(Math.min(commands.length, from + AT_ONCE));
  }
  return isFolded;
}

interface DialogEnd {
  readonly onClose: (isDone: boolean) => void;
}

export function ReleaseDialog({ rows, onClose }: DialogEnd & { readonly rows: readonly Listed[] }): JSX.Element {
  const [note, setNote] = useState('');
  const [force, setForce] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [sent, setSent] = useState<number>();
  const byReason = Map.groupBy(rows, ({ reason }) => reason);
  const firm = rows.filter(({ reason }) => NEEDS_FORCE.includes(reason)).length;
  const lifted = rows.filter(({ reason }) => force || !NEEDS_FORCE.includes(reason));

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSent(0);
    const commands = lifted.map(({ tenant, address, scope }): Command => ({
      type: 'release',
      tenant,
      recipient: address,
      scope,
      ...noteAndEnd(note),
      ...(force ? { force } : {}),
    }));
    try {
      const folded = await sendAll(commands, setSent);
      notify(`${count(lifted.length, 'entry', 'entries')} released${folded ? '.' : '; the engine applies it soon.'}`);
      onClose(true);
    } catch (error) {
      setProblem(messageOf(error));
      setSent(undefined);
    }
  };

  return (
    <Dialog title={`Release ${count(rows.length, 'entry', 'entries')}`} onClose={() => onClose(false)}>
      <form class="form" onSubmit={(event) => void send(event)}>
        <div class="publishes">
          <b>What this publishes</b>
          {[...byReason].map(([reason, of]) => (
            <span key={reason}>
              {!force && NEEDS_FORCE.includes(reason)
                ? `Stays: ${number(of.length)} of reason ${words(reason)}.`
                : `${number(of.length)} released, reason ${words(reason)}.`}
            </span>
          ))}
          <span>Earlier failures of those whose entry is for every stream no longer count.</span>
        </div>
        {firm === 0 ? null : (
          <label class="choice">
            <input type="checkbox" checked={force} onChange={({ currentTarget }) => setForce(currentTarget.checked)} />
            <span>Lift complaints and unsubscribes, too. These people asked for no more mail.</span>
          </label>
        )}
        <NoteField note={note} onNote={setNote} />
        <Ending problem={problem} sent={sent} total={lifted.length} verb="Release" onClose={onClose} />
      </form>
    </Dialog>
  );
}

interface EndingProps extends DialogEnd {
  readonly problem: string | undefined;
  readonly sent: number | undefined;
  readonly total: number;
  readonly verb: string;
}

function Ending({ problem, sent, total, verb, onClose }: EndingProps): JSX.Element {
  return (
    <>
      <ProblemBanner problem={problem} />
      <div class="row end">
        <button class="button" type="button" onClick={() => onClose(false)}>
          Cancel
        </button>
        <button class={verb === 'Suppress' ? 'button danger' : 'button main'} type="submit" disabled={total === 0 || sent !== undefined}>
          {sent === undefined ? `${verb} ${number(total)}` : `${number(sent)} of ${number(total)} …`}
        </button>
      </div>
    </>
  );
}

export function SuppressDialog({ onClose }: DialogEnd): JSX.Element {
  const name = oneTenant.value;
  const [text, setText] = useState('');
  const [scope, setScope] = useState('*');
  const [days, setDays] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string>();
  const [sent, setSent] = useState<number>();
  const addresses = useMemo(() => {
    const wanted = wantedIn(text);
    if (wanted.kind === 'many') return wanted.addresses;
    if (wanted.kind === 'domain' && text.trim().startsWith('@')) return [`@${wanted.domain}`];
    return wanted.kind === 'address' ? [wanted.address] : [];
  }, [text]);
  const [below, setBelow] = useState(false);
  const hasDomains = addresses.some((one) => one.startsWith('@'));
  const preview = usePreview(name, addresses);
  const good = preview?.filter((one) => !one.reasons.includes('invalid_address')) ?? [];

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSent(0);
    const commands = good.map((one): Command => ({
      type: 'suppress',
      tenant: name,
      recipient: String(one.recipient),
      scope: scope.trim() === '' ? '*' : scope.trim(),
      ...(below && String(one.recipient).startsWith('@') ? { subdomains: true } : {}),
      ...noteAndEnd(note, days),
    }));
    try {
      const folded = await sendAll(commands, setSent);
      notify(`${count(good.length, 'address', 'addresses')} suppressed${folded ? '.' : '; the engine applies it soon.'}`);
      onClose(true);
    } catch (error) {
      setProblem(messageOf(error));
      setSent(undefined);
    }
  };

  return (
    <Dialog title={`Suppress addresses of tenant ${name}`} onClose={() => onClose(false)}>
      <form class="form" onSubmit={(event) => void send(event)}>
        <div class="field">
          <label for="addresses">Addresses or domains (@example.com), one a line</label>
          <textarea
            id="addresses"
            rows={5}
            value={text}
            spellcheck={false}
            autoCapitalize="off"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
        <div class="row">
          <div class="field grow">
            <label for="scope">Stream, or * for every stream</label>
            <input id="scope" type="text" value={scope} maxLength={64} onInput={({ currentTarget }) => setScope(currentTarget.value)} />
          </div>
          <div class="field">
            <label for="days">Until</label>
            <select id="days" value={days} onChange={({ currentTarget }) => setDays(currentTarget.value)}>
              <option value="">somebody ends it</option>
              <option value="7">in 7 days</option>
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
            </select>
          </div>
        </div>
        {hasDomains ? (
          <label class="choice">
            <input type="checkbox" checked={below} onChange={({ currentTarget }) => setBelow(currentTarget.checked)} />
            <span>The domains also stand for every domain below them.</span>
          </label>
        ) : null}
        <NoteField note={note} onNote={setNote} />
        <div class="publishes" aria-live="polite">
          <b>What this publishes</b>
          {addresses.length === 0 ? (
            <span>Nothing yet: enter addresses.</span>
          ) : preview === undefined ? (
            <span>Counting …</span>
          ) : (
            <PreviewLines checked={preview} good={good.length} />
          )}
        </div>
        <Ending problem={problem} sent={sent} total={good.length} verb="Suppress" onClose={onClose} />
      </form>
    </Dialog>
  );
}

function PreviewLines({ checked, good }: { readonly checked: readonly Checked[]; readonly good: number }): JSX.Element {
  const bad = checked.filter((one) => one.reasons.includes('invalid_address'));
  const already = checked.filter((one) => one.reasons.includes('operator')).length;
  return (
    <>
      <span>{count(good, 'address', 'addresses')} suppressed, reason operator.</span>
      {already === 0 ? null : <span>{number(already)} of them an operator has suppressed already: only the end is set anew.</span>}
      {bad.length === 0 ? null : (
        <span>
          {bad.length === 1
            ? '1 line is left out, because it is no address: '
            : `${number(bad.length)} lines are left out, because they are no addresses: `}
          {bad
            .slice(0, 3)
            .map((one) => String(one.recipient))
            .join(', ')}
          {bad.length > 3 ? ' …' : ''}
        </span>
      )}
    </>
  );
}

/** ms without typing before the addresses are counted. */
const PAUSE = 400;

function usePreview(tenant: string, addresses: readonly string[]): readonly Checked[] | undefined {
  const [checked, setChecked] = useState<readonly Checked[]>();
  useEffect(() => {
    let isCurrent = true;
    setChecked(undefined);
    if (addresses.length === 0) return undefined;
    const timer = setTimeout(() => {
      api.check(tenant, addresses).then(
        (found) => isCurrent && setChecked(found),
        () => undefined,
      );
    }, PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [tenant, addresses]);
  return checked;
}
