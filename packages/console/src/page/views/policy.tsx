/** `/ui/policy`: the values in force and where they come from; and what a changed file would change. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { CheckedPolicy, PolicyInForce } from '../api/types.ts';
import { count, number } from '../model/words.ts';
import { isOperator, seesAllTenants } from '../session.ts';
import { Icons } from '../ui/icons.tsx';
import { Chip, Empty, FilterButton, Head, saveAs, TableBox, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { Mistakes } from './recipient.tsx';
import { WhatIf } from './what-if.tsx';

type Value = PolicyInForce['values'][number];

export function PolicyView(): JSX.Element {
  const loaded = useData('policy', () => api.policy());
  const { data } = loaded;
  const file = data?.file ?? null;
  return (
    <>
      <Head
        title="Policy"
        sub={data === undefined ? 'The values that decide, and where they come from.' : <Version version={data.version} />}
      >
        {file === null ? null : (
          <button class="button" type="button" onClick={() => saveAs('policy.yaml', file, 'text/yaml')}>
            <Icons.download />
            As a policy file
          </button>
        )}
      </Head>
      <WhenLoaded loaded={loaded} waiting="Reading the policy …">
        {({ values, shadow }) => (
          <>
            {shadow === null ? null : <ShadowPolicy shadow={shadow} />}
            <Values values={values} />
          </>
        )}
      </WhenLoaded>
      {file !== null && isOperator.value && seesAllTenants.value ? <Check file={file} /> : null}
    </>
  );
}

function Version({ version }: { readonly version: string }): JSX.Element {
  return (
    <>
      Version <code>{version.slice(0, 19)}</code>. Every decision names the version that it was made under.
    </>
  );
}

type Shown = 'all' | 'changed';

function Values({ values }: { readonly values: readonly Value[] }): JSX.Element {
  const changed = useMemo(() => values.filter(({ origin }) => origin === 'policy_file'), [values]);
  const [shown, setShown] = useState<Shown>(changed.length > 0 ? 'changed' : 'all');
  const rows = shown === 'all' ? values : changed;
  return (
    <section class="panel flush" aria-labelledby="values">
      <header>
        <h2 id="values">Values in force</h2>
        <div class="chips">
          <FilterButton name="From the policy file" n={changed.length} on={shown === 'changed'} set={() => setShown('changed')} />
          <FilterButton name="All" n={values.length} on={shown === 'all'} set={() => setShown('all')} />
        </div>
      </header>
      {rows.length === 0 ? (
        <Empty title="Everything is built in">
          <p>The policy file changes nothing, or there is none. Name one with DESIST_POLICY when Desist starts.</p>
        </Empty>
      ) : (
        <TableBox label="Values in force" tall>
          <table>
            <thead>
              <tr>
                <th scope="col">Value</th>
                <th scope="col">Is</th>
                <th scope="col">Comes from</th>
                <th scope="col">Otherwise</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ path, value, inherited, origin }) => (
                <tr key={path}>
                  <td>
                    <code>{path}</code>
                  </td>
                  <td class="strong">{value}</td>
                  <td>{origin === 'policy_file' ? <Chip tone="note">policy file</Chip> : <span class="quiet">built in</span>}</td>
                  <td class="quiet">{inherited === null ? 'no such rule' : inherited === value ? '–' : inherited}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </section>
  );
}

interface ShadowPolicyProps {
  readonly shadow: NonNullable<PolicyInForce['shadow']>;
}

function ShadowPolicy({ shadow: { name, version, changes } }: ShadowPolicyProps): JSX.Element {
  const isWhole = seesAllTenants.value;
  const { data } = useData(`shadow ${String(isWhole)}`, async () => (isWhole ? (await api.summary()).shadow : null));
  return (
    <section class="panel stack" aria-labelledby="shadow">
      <h2 id="shadow">Shadow policy</h2>
      <p>
        {name === null ? null : (
          <>
            <code>{name}</code>,{' '}
          </>
        )}
        version <code>{version.slice(0, 19)}</code>: everything is folded with it, too, and it changes nothing.
      </p>
      {data === undefined || data === null ? null : (
        <p>
          It decides otherwise about <strong>{count(data.real + data.shadow, 'recipient')}</strong>: only it suppresses{' '}
          {number(data.shadow)}, and only the policy in force {number(data.real)}. Both suppress {number(data.both)}.
        </p>
      )}
      {changes.length === 0 ? (
        <p>No value that decides is another.</p>
      ) : (
        <Differences label="Where it differs" heads={['In force', 'Shadow']} changes={changes} />
      )}
    </section>
  );
}

function Check({ file }: { readonly file: string }): JSX.Element {
  const [text, setText] = useState(file);
  const [outcome, setOutcome] = useState<CheckedPolicy | ApiError>();
  const [isBusy, setBusy] = useState(false);
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      setOutcome(await api.checkPolicy(text));
    } catch (error) {
      setOutcome(error instanceof ApiError ? error : new ApiError(0, messageOf(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <section class="panel stack" aria-labelledby="check">
        <h2 id="check">Check a changed file</h2>
        <form class="form" onSubmit={(event) => void check(event)}>
          <div class="field">
            <label for="policy-file">Policy file</label>
            <textarea
              id="policy-file"
              class="code"
              rows={14}
              value={text}
              spellcheck={false}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
            <p class="hint">
              It begins as the policy in force. Nothing is changed here: put the file where DESIST_POLICY names it and restart every engine.
              What one recipient would be under it stands at the end of the recipient’s own page.
            </p>
          </div>
          <div class="row">
            <button class="button main" type="submit" disabled={isBusy}>
              {isBusy ? 'Checking …' : 'Check and compare'}
            </button>
            <button class="link" type="button" onClick={() => setText(file)}>
              Back to the policy in force
            </button>
          </div>
          <div aria-live="polite">
            {outcome === undefined ? null : outcome instanceof ApiError ? <Mistakes error={outcome} /> : <Changes checked={outcome} />}
          </div>
        </form>
      </section>
      <WhatIf policy={text} />
    </>
  );
}

function Changes({ checked: { version, changes } }: { readonly checked: CheckedPolicy }): JSX.Element {
  if (changes.length === 0) return <p>No mistakes, and no change: it is the policy in force.</p>;
  return (
    <div class="stack">
      <p>
        No mistakes. Version <code>{version.slice(0, 19)}</code> would change {count(changes.length, 'value')}:
      </p>
      <Differences label="What would change" heads={['Now', 'Then']} changes={changes} />
    </div>
  );
}

interface DifferencesProps {
  readonly label: string;
  readonly heads: readonly [from: string, to: string];
  readonly changes: CheckedPolicy['changes'];
}

function Differences({ label, heads: [before, after], changes }: DifferencesProps): JSX.Element {
  return (
    <TableBox label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, from, to }) => (
            <tr key={path}>
              <td>
                <code>{path}</code>
              </td>
              <td>{from ?? <span class="quiet">none</span>}</td>
              <td class="strong">{to ?? <span class="quiet">none</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
