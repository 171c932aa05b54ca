/** What an operator decides about one recipient: with scope and note, and with what it will publish. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { Command, Explanation } from '../api/types.ts';
import { NEEDS_FORCE, releaseEffects } from '../model/verdict.ts';
import { scopeName, words } from '../model/words.ts';
import { Dialog } from './dialog.tsx';
import { NoteField, ProblemBanner, noteAndEnd } from './fields.tsx';
import { notify } from './notices.tsx';

export type Action = 'release' | 'suppress' | 'amend' | 'allow' | 'disallow';

const TITLES: Readonly<Record<Action, string>> = {
  release: 'Release',
  suppress: 'Suppress',
  amend: 'Amend the entry of',
  allow: 'Allow for a while',
  disallow: 'End the allowance of',
};
const DONE: Readonly<Record<Action, string>> = {
  release: 'Released',
  suppress: 'Suppressed',
  amend: 'Amended',
  allow: 'Allowed',
  disallow: 'The allowance was ended',
};

interface Props {
  readonly action: Action;
  readonly recipient: Explanation;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function CommandDialog({ action, recipient, onClose, onDone }: Props): JSX.Element {
  const { tenant, address } = recipient;
  const isDomain = address.startsWith('@');
  const [entry, setEntry] = useState(0);
  const amended = action === 'amend' ? recipient.suppressions[entry] : undefined;
  const [below, setBelow] = useState(recipient.suppressions.some((one) => one.subdomains));
  const [scope, setScope] = useState(action === 'disallow' ? (recipient.allowed[0]?.scope ?? '*') : '*');
  const [stream, setStream] = useState('');
  const [days, setDays] = useState(action === 'allow' ? '7' : action === 'amend' ? 'same' : '');
  const [note, setNote] = useState('');
  const [force, setForce] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const target = amended?.scope ?? (scope === 'other' ? stream.trim() : scope);
  const scopes = [
    ...new Set([
      '*',
      ...recipient.suppressions.map((one) => one.scope),
      ...recipient.allowed.map((one) => one.scope),
      ...recipient.facts.flatMap((fact) => fact.stream ?? []),
    ]),
  ];
  const hasExpiry = action === 'suppress' || action === 'allow' || action === 'amend';
  const firm =
    action === 'amend'
      ? [amended].flatMap((one) => (one !== undefined && NEEDS_FORCE.includes(one.reason) && days !== 'same' && days !== '' ? [one] : []))
      : recipient.suppressions.filter((one) => NEEDS_FORCE.includes(one.reason) && (target === '*' || one.scope === target));
  const takesForce = action === 'release' || action === 'amend';

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (target === '') return setProblem('Name the stream.');
    if (action === 'amend' && days === 'same' && note.trim() === '' && !isDomain) return setProblem('Choose another end, or write a note.');
    const command: Command = {
      type: action,
      tenant,
      recipient: address,
      scope: target,
      ...noteAndEnd(note, hasExpiry && days !== 'same' ? days : ''),
      ...(action === 'amend' && days === '' ? { expiresAt: null } : {}),
      ...(amended === undefined ? {} : { reason: amended.reason }),
      ...(takesForce && force ? { force } : {}),
      ...(isDomain && (action === 'amend' || (action === 'suppress' && below)) ? { subdomains: below } : {}),
    };
    setBusy(true);
    try {
      const folded = await api.command([command]);
      notify(folded ? `${DONE[action]}: ${address}.` : `Accepted: ${address}. It is in the log; the engine has not applied it yet.`);
      onDone();
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title={`${TITLES[action]} ${address}`} onClose={onClose}>
      <form class="form" onSubmit={(event) => void send(event)}>
        <div class="row">
          {action === 'amend' ? (
            <div class="field">
              <label for="entry">Entry</label>
              <select id="entry" value={String(entry)} onChange={({ currentTarget }) => setEntry(Number(currentTarget.value))}>
                {recipient.suppressions.map((one, index) => (
                  <option key={index} value={String(index)}>
                    {words(one.reason)}, {scopeName(one.scope)}
                  </option>
                ))}
              </select>
            </div>
          ) : (
            <div class="field">
              <label for="scope">For</label>
              <select id="scope" value={scope} onChange={({ currentTarget }) => setScope(currentTarget.value)}>
                {scopes.map((one) => (
                  <option key={one} value={one}>
                    {one === '*' ? 'every stream' : `stream ${one}`}
                  </option>
                ))}
                {hasExpiry ? <option value="other">another stream …</option> : null}
              </select>
            </div>
          )}
          {scope === 'other' ? (
            <div class="field grow">
              <label for="stream">Name of the stream</label>
              <input
                id="stream"
                type="text"
                value={stream}
                maxLength={64}
                onInput={({ currentTarget }) => setStream(currentTarget.value)}
              />
            </div>
          ) : null}
          {hasExpiry ? (
            <div class="field">
              <label for="days">Until</label>
              <select id="days" value={days} onChange={({ currentTarget }) => setDays(currentTarget.value)}>
                {action === 'amend' ? <option value="same">as it is</option> : null}
                <option value="1">in 1 day</option>
                <option value="7">in 7 days</option>
                <option value="30">in 30 days</option>
                <option value="90">in 90 days</option>
                <option value="">somebody ends it</option>
              </select>
            </div>
          ) : null}
        </div>
        {isDomain && (action === 'suppress' || action === 'amend') ? (
          <label class="choice">
            <input type="checkbox" checked={below} onChange={({ currentTarget }) => setBelow(currentTarget.checked)} />
            <span>Also for every domain below it.</span>
          </label>
        ) : null}
        {takesForce && firm.length > 0 ? (
          <label class="choice">
            <input type="checkbox" checked={force} onChange={({ currentTarget }) => setForce(currentTarget.checked)} />
            <span>
              {action === 'amend' ? 'End' : 'Lift'} {firm.map(({ reason }) => words(reason)).join(' and ')}, too. The recipient asked for no
              more mail: only when they asked for it again.
            </span>
          </label>
        ) : null}
        <NoteField note={note} onNote={setNote} />
        <div class="publishes">
          <b>What this publishes</b>
          {effectsOf(action, recipient, { scope: target, force }).map((line) => (
            <span key={line}>{line}</span>
          ))}
        </div>
        <ProblemBanner problem={problem} />
        <div class="row end">
          <button class="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button class={action === 'suppress' ? 'button danger' : 'button main'} type="submit" disabled={isBusy}>
            {isBusy ? 'Waiting for the engine …' : TITLES[action].split(' ')[0]}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function effectsOf(
  action: Action,
  recipient: Explanation,
  { scope, force }: { readonly scope: string; readonly force: boolean },
): readonly string[] {
  const where = scopeName(scope === '' ? '…' : scope);
  if (action === 'suppress') return [`suppressed, reason operator, ${where}.`];
  if (action === 'amend') return [`suppressed, again, with the new end: ${where}. The note is kept with the entry and is not published.`];
  if (action === 'allow')
    return [`Nothing on the list changes: checks for ${where} answer yes in spite of persistent deferral and hard bounce, until it ends.`];
  if (action === 'disallow') return [`Checks for ${where} go by the list again.`];
  const { lifted, stays } = releaseEffects(recipient, scope, force);
  return [
    ...lifted.map((one) => `released: ${words(one.reason)}, ${scopeName(one.scope)}.`),
    ...(lifted.length === 0 ? ['Nothing: no suppression of this scope would be lifted.'] : []),
    ...stays.map(
      (one) =>
        `Stays: ${words(one.reason)}, ${scopeName(one.scope)}${NEEDS_FORCE.includes(one.reason) && (scope === '*' || scope === one.scope) ? ' (needs the tick above)' : ''}.`,
    ),
    ...(scope === '*' ? ['Earlier failures no longer count.'] : []),
  ];
}
