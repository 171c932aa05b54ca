/** What a changed policy file would have decided on what the log still has: a job, its progress, and what it came to. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { WhatIfJob } from '../api/types.ts';
import { number, percent, words } from '../model/words.ts';
import { Empty, TableBox } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { Mistakes } from './recipient.tsx';

type Result = NonNullable<WhatIfJob['result']>;
type Measures = Result['a'];

/** ms */
const LOOKS_EVERY = 1_000;

/** `policy`: the text to compare with the policy in force. */
export function WhatIf({ policy }: { readonly policy: string }): JSX.Element {
  const [id, setId] = useState<string>();
  const [error, setError] = useState<ApiError>();
  const start = async (): Promise<void> => {
    setError(undefined);
    try {
      setId((await api.startWhatIf(policy)).id);
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, messageOf(problem)));
    }
  };
  return (
    <section class="panel stack" aria-labelledby="what-if">
      <h2 id="what-if">What if it had been in force</h2>
      <p class="hint">
        Folds what the log still has under the policy in force (A) and under the file above (B). Nothing is changed, and the engine goes
        first.
      </p>
      <div class="row">
        <button class="button" type="button" onClick={() => void start()}>
          Compare on the log
        </button>
      </div>
      <div aria-live="polite">{error === undefined ? null : <Mistakes error={error} />}</div>
      {id === undefined ? null : <Job key={id} id={id} />}
    </section>
  );
}

function Job({ id }: { readonly id: string }): JSX.Element {
  const [isOver, setOver] = useState(false);
  const { data: job, reload } = useData(`whatif ${id}`, () => load(id, setOver), isOver ? undefined : LOOKS_EVERY);
  if (job === undefined) return <p>Waiting …</p>;
  const { state, records, total, problem, result } = job;
  if (result !== null) return <Outcome result={result} />;
  if (state === 'failed') return <p role="alert">It failed: {problem}</p>;
  if (state === 'stopped') return <p>It was stopped. Ask again to begin it anew.</p>;
  const stop = async (): Promise<void> => {
    await api.stopWhatIf(id).catch(() => undefined);
    reload();
  };
  return (
    <div class="row">
      <p role="status">
        {state === 'waiting'
          ? 'Waits for a process with an engine …'
          : `${number(records)} of ${total === null ? '?' : number(total)} records`}
      </p>
      {total === null ? null : <progress max={Math.max(total, 1)} value={records} aria-label="Records that were read" />}
      <button class="link" type="button" onClick={() => void stop()}>
        Stop
      </button>
    </div>
  );
}

async function load(id: string, over: (isOver: boolean) => void): Promise<WhatIfJob> {
  const job = await api.whatIf(id);
  over(job.state !== 'waiting' && job.state !== 'running');
  return job;
}

function Outcome({ result }: { readonly result: Result }): JSX.Element {
  const { text, a, b, groups, events } = result;
  if (events === 0) return <Empty title="The log has no events">{null}</Empty>;
  return (
    <div class="stack">
      {text.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <TableBox label="Both policies">
        <table>
          <thead>
            <tr>
              <th scope="col">Policy</th>
              <th scope="col">Suppressed</th>
              <th scope="col">Took mail afterwards</th>
              <th scope="col">Regret</th>
              <th scope="col">Attempts in vain</th>
              <th scope="col">Waste</th>
            </tr>
          </thead>
          <tbody>
            <PolicyRow name="A, in force" of={a} />
            <PolicyRow name="B, the file above" of={b} />
          </tbody>
        </table>
      </TableBox>
      <TableBox label="By reason, category, provider and tenant" tall>
        <table>
          <thead>
            <tr>
              <th scope="col">By</th>
              <th scope="col">Value</th>
              <th scope="col">Only A</th>
              <th scope="col">Only B</th>
              <th scope="col">Regret of A</th>
              <th scope="col">Regret of B</th>
              <th scope="col">Useless attempts spared by B</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={`${group.by} ${group.value}`}>
                <td class="quiet">{group.by}</td>
                <td>{words(group.value)}</td>
                <td>{number(group.compared.onlyA)}</td>
                <td>{number(group.compared.onlyB)}</td>
                <td>{regretOf(group.a)}</td>
                <td>{regretOf(group.b)}</td>
                <td>{number(group.compared.spared.useless)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </div>
  );
}

function PolicyRow({ name, of }: { readonly name: string; readonly of: Measures }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{number(of.suppressed)}</td>
      <td>{regretOf(of)}</td>
      <td>{shareText(of.regret.share)}</td>
      <td>{number(of.attempts)}</td>
      <td>{shareText(of.waste)}</td>
    </tr>
  );
}

function regretOf({ regret }: Measures): string {
  return `${number(regret.tookMail)} of ${number(regret.addresses)}`;
}

function shareText(share: Measures['waste']): string {
  return share === null ? 'not known' : `${percent(share.share)} (${percent(share.low)} to ${percent(share.high)})`;
}
