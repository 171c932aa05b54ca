/** `/ui/login`: sign-in by API key. The key goes into a cookie that no script can read. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import { go, parts, to } from '../router.ts';
import { loadSession, session } from '../session.ts';
import { Brand } from '../ui/icons.tsx';
import { Rich } from '../ui/pieces.tsx';

export function Login(): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Desist';
    input.current?.focus();
  }, []);
  const known = session.value;
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
            <p>
              {known.required
                ? `With the key ${known.name ?? ''}.`
                : 'No keys are configured, so the service answers on this machine only.'}
            </p>
            <p>
              <a href={to([])}>Go to the overview</a>
            </p>
          </div>
        ) : (
          <form class="form" onSubmit={(event) => void signIn(event)}>
            <h1>Sign in</h1>
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
            <button class="button main" type="submit" disabled={isBusy}>
              {isBusy ? 'Signing in …' : 'Sign in'}
            </button>
          </form>
        )}
      </div>
    </main>
  );
}
