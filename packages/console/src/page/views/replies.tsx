/** `/ui/replies`: what an SMTP reply means, whose fault it is, and what to do; and the wordings that no rule knows. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, ApiError, messageOf } from '../api/index.ts';
import type { Classified } from '../api/types.ts';
import { toCsv } from '../model/csv.ts';
import { count, FAULTS, number, words } from '../model/words.ts';
import { seesAllTenants } from '../session.ts';
import { Icons } from '../ui/icons.tsx';
import { Chip, Empty, Failure, Head, saveAs, TableBox, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';

/** As many as the service takes at once. */
const MOST = 1_000;
const SAMPLE = `452 4.2.2 The email account that you tried to reach is over quota
421 4.7.28 Our system has detected an unusual rate of unsolicited mail
550 5.1.1 The email account that you tried to reach does not exist`;

export function Replies(): JSX.Element {
  const [text, setText] = useState('');
  const [results, setResults] = useState<readonly Classified[]>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const replies = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

  const classify = async (lines: readonly string[]): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setResults(await api.classify(lines.slice(0, MOST)));
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, messageOf(problem)));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (replies.length > 0) void classify(replies);
  };
  const trySample = (): void => {
    setText(SAMPLE);
    void classify(SAMPLE.split('\n'));
  };

  return (
    <>
      <Head title="Replies" sub="What a server's reply means, whose fault it is, and what to do about it." />
      <form class="panel form" onSubmit={submit}>
        <div class="field">
          <label for="replies">Replies, one a line</label>
          <textarea
            id="replies"
            class="code"
            rows={5}
            value={text}
            spellcheck={false}
            placeholder="550 5.1.1 The email account that you tried to reach does not exist"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <p class="hint">
            {replies.length > MOST
              ? `The first ${number(MOST)} of ${number(replies.length)} lines are read.`
              : 'As they stand in a log or a bounce message, codes first. Nothing is stored.'}
          </p>
        </div>
        <div class="row">
          <button class="button main" type="submit" disabled={isBusy || replies.length === 0}>
            {isBusy ? 'Reading …' : 'What do they mean?'}
          </button>
          <button class="link" type="button" onClick={trySample}>
            Try three well-known ones
          </button>
        </div>
      </form>
      {error === undefined ? null : <Failure error={error} />}
      {results === undefined ? null : <Results results={results} />}
      {seesAllTenants.value ? (
        <Unmatched
          take={(line) => {
            setText(line);
            void classify([line]);
          }}
        />
      ) : null}
    </>
  );
}

/** Explained at full length up to this many. */
const FULL = 12;

function Results({ results }: { readonly results: readonly Classified[] }): JSX.Element {
  const save = (): void =>
    saveAs(
      'replies.csv',
      toCsv(
        ['reply', 'category', 'fault', 'permanence', 'counts', 'hard_bounce', 'rule', 'provider'],
        results.map((one) => [
          one.reply,
          one.category,
          one.attribution,
          one.permanence,
          one.counts,
          one.hardBounce,
          one.rule,
          one.provider,
        ]),
      ),
    );
  return (
    <section class="stack" aria-label="What they mean" aria-live="polite">
      <div class="row">
        <h2 class="grow">{count(results.length, 'reply', 'replies')}</h2>
        <button class="button small" type="button" onClick={save}>
          <Icons.download />
          CSV
        </button>
      </div>
      {results.length <= FULL ? results.map((one, index) => <Reply key={index} one={one} />) : <ReplyTable results={results} />}
    </section>
  );
}

function Consequence({ one }: { readonly one: Classified }): JSX.Element {
  if (one.hardBounce) return <Chip tone="bad">suppresses at once</Chip>;
  return one.counts ? <Chip tone="late">counts against the recipient</Chip> : <Chip>does not count by itself</Chip>;
}

function Reply({ one }: { readonly one: Classified }): JSX.Element {
  const { knowledge, hints } = one;
  return (
    <div class="panel stack">
      <div class="reply">{one.reply}</div>
      <div class="row">
        <b>{words(one.category)}</b>
        <Consequence one={one} />
        <Chip>{one.permanence}</Chip>
        <span class="quiet">
          fault: {FAULTS[one.attribution] ?? one.attribution} · rule <code>{one.rule}</code>
          {one.provider === null ? '' : ` · ${one.provider}`}
        </span>
      </div>
      {knowledge === undefined ? null : (
        <>
          <p>{knowledge.meaning}</p>
          <div class="grid two">
            {knowledge.causes.length === 0 ? null : <Points title="Likely causes" points={knowledge.causes} />}
            {knowledge.actions.length === 0 ? null : <Points title="What to do" points={knowledge.actions} />}
          </div>
          {knowledge.worryAfterHours === null ? null : (
            <p class="quiet">Worth a look when it lasts longer than {knowledge.worryAfterHours} h.</p>
          )}
        </>
      )}
      {hints === undefined || Object.keys(hints).length === 0 ? null : (
        <p class="quiet">
          {hints.retryAfter === undefined ? '' : `It asks to wait ${hints.retryAfter} s. `}
          {hints.blockList === undefined ? '' : `It names the block list ${hints.blockList}. `}
          {hints.limit === undefined ? '' : `It names a limit of ${hints.limit}. `}
          {hints.link === undefined ? '' : `It points to ${hints.link}`}
        </p>
      )}
    </div>
  );
}

function Points({ title, points }: { readonly title: string; readonly points: readonly string[] }): JSX.Element {
  return (
    <div>
      <h3>{title}</h3>
      <ul class="bullets small">
        {points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </div>
  );
}

function ReplyTable({ results }: { readonly results: readonly Classified[] }): JSX.Element {
  return (
    <div class="panel flush">
      <TableBox label="What they mean" tall>
        <table>
          <thead>
            <tr>
              <th scope="col">Reply</th>
              <th scope="col">Category</th>
              <th scope="col">Fault</th>
              <th scope="col">Consequence</th>
              <th scope="col">Rule</th>
            </tr>
          </thead>
          <tbody>
            {results.map((one, index) => (
              <tr key={index}>
                <td class="reply">{one.reply}</td>
                <td>{words(one.category)}</td>
                <td>{FAULTS[one.attribution] ?? one.attribution}</td>
                <td>
                  <Consequence one={one} />
                </td>
                <td class="mono">{one.rule}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </div>
  );
}

function Unmatched({ take }: { readonly take: (line: string) => void }): JSX.Element {
  const loaded = useData('unmatched', () => unmatchedOrNone(), 60_000);
  return (
    <section class="panel flush" aria-labelledby="unmatched">
      <header>
        <h2 id="unmatched">Wordings that no rule knows</h2>
        <p>since this process started, addresses taken out</p>
      </header>
      <WhenLoaded loaded={loaded} waiting="Reading the wordings …">
        {(data) =>
          data === null ? (
            <Empty title="Not in this process">
              <p>Only processes that run the engine collect them.</p>
            </Empty>
          ) : data.length === 0 ? (
            <Empty title="A rule knew every reply">
              <p>Replies that no rule matches are listed here with their counts, so that you can say what they mean in the policy file.</p>
            </Empty>
          ) : (
            <TableBox label="Wordings that no rule knows" tall>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Wording</th>
                    <th scope="col" class="num">
                      Seen
                    </th>
                    <th scope="col">
                      <span class="sr">Action</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.map(({ text, count: n }) => (
                    <tr key={text}>
                      <td class="reply">{text}</td>
                      <td class="num">{number(n)}</td>
                      <td class="num">
                        <button class="button small" type="button" onClick={() => take(text)} aria-label={`Look at ${text.slice(0, 60)}`}>
                          Look at it
                        </button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </WhenLoaded>
    </section>
  );
}

/** Null: this process has no engine, and so no such list. */
async function unmatchedOrNone() {
  try {
    return await api.unmatched();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
