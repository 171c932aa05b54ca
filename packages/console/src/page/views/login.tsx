/** `/ui/login`: sign-in by API key, or at an identity provider. Either goes into a cookie that no script can read. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import { go, parts, query, to } from '../router.ts';
import { loadSession, session } from '../session.ts';
import { Brand } from '../ui/icons.tsx';
import { Rich } from '../ui/pieces.tsx';

/** What a sign-in at the provider that did not work means. */
const PROBLEMS: Readonly<Record<string, string>> = {
  away: 'The identity provider does not answer. Try again in a minute, or sign in with a key.',
  refused: 'The identity provider let nobody in. If you did not cancel it, ask who manages your account there.',
  expired: 'This sign-in took too long, or began in another window. Begin again.',
  failed: 'The identity provider gave an answer that cannot be trusted. An operator finds the reason in the log of the service.',
  unknown:
    'You are signed in at the identity provider, and nothing here is for you yet. Ask an operator to add one of your groups, or your address, to DESIST_OIDC_ACCESS.',
};

export function Login(): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Desist';
    input.current?.focus();
  }, []);
  const known = session.value;
  const provider = known?.provider ?? null;
  const cameBack = PROBLEMS[query.value.get('problem') ?? ''];
  const isAt = parts.value[0] === 'login';
  const isOpenLine = location.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

  const signIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? '';
    if (key === '') {
      setProblem('Enter a key. It begins with desist_.');
      return;
    }
    setBusy(true);
    try {
      await api.signIn(key);
      await loadSession();
      if (isAt) go(to([]), true);
    } catch (error) {
      setProblem(messageOf(error));
      input.current?.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="login" id="main">
      <div class="panel">
        <div class="brand">
          <Brand />
          Desist
        </div>
        {known?.signedIn === true ? (
          <div class="stack">
            <h1>{known.required ? 'You are signed in' : 'Nobody needs to sign in'}</h1>
            <p>{known.required ? `As ${known.name ?? ''}.` : 'No keys are configured, so the service answers on this machine only.'}</p>
            <p>
              <a href={to([])}>Go to the overview</a>
            </p>
          </div>
        ) : (
          <form class="form" onSubmit={(event) => void signIn(event)}>
            <h1>Sign in</h1>
            {cameBack === undefined ? null : (
              <div class="banner bad" role="alert">
                {cameBack}
              </div>
            )}
            {provider === null ? null : (
              <>
                <a class="button main" href={signInAt()}>
                  Sign in at {provider}
                </a>
                <p class="hint">Or with a key:</p>
              </>
            )}
            <div class="field">
              <label for="key">API key</label>
              <input
                id="key"
                ref={input}
                type="password"
                autoComplete="current-password"
                spellcheck={false}
                maxLength={256}
                aria-describedby="key-hint"
                {...(problem === undefined ? {} : { 'aria-invalid': true })}
              />
              <p class="hint" id="key-hint">
                An operator makes one with <code>desist keys make NAME</code>. A reader's key looks, an operator's key acts.
              </p>
            </div>
            {problem === undefined ? null : (
              <div class="banner bad" role="alert">
                <Rich text={problem} />
              </div>
            )}
            {isOpenLine ? (
              <div class="banner warn">This connection is not encrypted: others on the way can read the key. Use HTTPS.</div>
            ) : null}
            <button class={provider === null ? 'button main' : 'button'} type="submit" disabled={isBusy}>
              {isBusy ? 'Signing in …' : 'Sign in'}
            </button>
          </form>
        )}
      </div>
    </main>
  );
}

/** Back to where somebody was, unless that is this view. */
function signInAt(): string {
  const { pathname, search } = location;
  return `/v1/session/oidc?${new URLSearchParams({ to: pathname === '/ui/login' ? '/ui/' : pathname + search }).toString()}`;
}
