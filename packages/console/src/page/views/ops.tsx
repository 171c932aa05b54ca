/** `/ui/ops`: is it healthy, how far behind is it, and what is stuck? */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { DeadLetter, Status } from '../api/types.ts';
import { duration } from '../model/time.ts';
import { compact, count, number, words } from '../model/words.ts';
import { isOperator, mayWrite } from '../session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemBanner } from '../ui/fields.tsx';
import { Figure } from '../ui/figure.tsx';
import { notify } from '../ui/notices.tsx';
import { Chip, Empty, Failure, Head, now, TableBox, Time, Waiting, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';
import { Webhooks } from './webhooks.tsx';

export function Ops(): JSX.Element {
  const { data, error, reload } = useData('status', () => api.status(), 5_000);
  const problems = useData('readiness', () => api.readiness(), 5_000);
  return (
    <>
      <Head
        title="Operation"
        sub={
          data === undefined
            ? 'Partitions, lag and what could not be read.'
            : `Version ${data.version}, ${count(data.partitions.length, 'partition')}.`
        }
      />
      {error === undefined ? null : <Failure error={error} retry={reload} />}
      <Health status={data} problems={problems.data} />
      {data === undefined ? (
        error === undefined ? (
          <Waiting>Asking every partition …</Waiting>
        ) : null
      ) : (
        <>
          <Totals status={data} />
          <Partitions status={data} />
        </>
      )}
      {isOperator.value ? <Webhooks /> : null}
      {isOperator.value ? <DeadLetters /> : null}
    </>
  );
}

/** What `desist doctor` would say of it. */
function Health({
  status,
  problems = [],
}: {
  readonly status: Status | undefined;
  readonly problems: readonly string[] | undefined;
}): JSX.Element | null {
  if (status === undefined) return null;
  const stopped = status.partitions.filter((one) => one.stopped !== null);
  const said = [...problems, ...stopped.map(({ partition, stopped: why }) => `Partition ${partition} is stopped: ${why ?? ''}`)];
  const all = [...new Set(said)];
  if (all.length === 0) {
    return (
      <div class="banner ok" role="status">
        <div class="grow">
          <strong>All is well.</strong> Every partition runs, and the service is ready.
        </div>
      </div>
    );
  }
  return (
    <div class="banner bad" role="status">
      <div class="grow stack">
        <strong>{count(all.length, 'problem')}</strong>
        <ul class="bullets">
          {all.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        <span>
          <code>desist doctor</code> says of each how to mend it.
        </span>
      </div>
    </div>
  );
}

function Totals({ status }: { readonly status: Status }): JSX.Element {
  const { partitions } = status;
  const sum = (read: (one: Status['partitions'][number]) => number): number => partitions.reduce((total, one) => total + read(one), 0);
  const isLagKnown = partitions.some(({ lag }) => lag !== null);
  const clocks = partitions.flatMap(({ clock }) => (clock === null ? [] : [Date.parse(clock)]));
  const tiles: readonly (readonly [string, string, string])[] = [
    ['Behind the present', clocks.length === 0 ? '–' : duration(now.value - Math.min(...clocks)), 'the partition that is furthest behind'],
    [
      'Records to go',
      isLagKnown ? compact(sum(({ lag }) => lag ?? 0)) : '–',
      isLagKnown ? 'in the log, not committed yet' : 'other processes own the partitions',
    ],
    ['Changes to publish', compact(sum(({ outbox }) => outbox)), 'committed, not in the topics yet'],
    ['Dead letters waiting', compact(sum(({ deadLetters }) => deadLetters)), 'not in their topic yet'],
    ['Parked', compact(sum(({ parked }) => parked)), 'the log refuses them for good'],
    ['In memory', compact(sum(({ tracked }) => tracked ?? 0)), 'recipients that are not healthy'],
  ];
  return (
    <div class="tiles">
      {tiles.map(([name, value, hint]) => (
        <div class="tile" key={name}>
          <span class="name">{name}</span>
          <span class="value">{value}</span>
          <span class="change">{hint}</span>
        </div>
      ))}
    </div>
  );
}

function Partitions({ status }: { readonly status: Status }): JSX.Element {
  const table = {
    columns: ['partition', 'owner', 'clock', 'lag', 'next offset', 'outbox', 'dead letters', 'parked', 'epoch', 'stopped'],
    rows: status.partitions.map((one) => [
      one.partition,
      one.owner,
      one.clock,
      one.lag,
      one.nextOffset,
      one.outbox,
      one.deadLetters,
      one.parked,
      one.epoch,
      one.stopped,
    ]),
  };
  return (
    <Figure title="Partitions" table={table} file="partitions">
      {status.partitions.length === 0 ? (
        <Empty title="No partition is owned">
          <p>
            No engine runs. Start one with <code>desist start</code> or <code>desist engine</code>.
          </p>
        </Empty>
      ) : (
        <TableBox label="Partitions">
          <table>
            <thead>
              <tr>
                <th scope="col">Partition</th>
                <th scope="col">State</th>
                <th scope="col">Clock</th>
                <th scope="col" class="num">
                  Lag
                </th>
                <th scope="col" class="num">
                  Next offset
                </th>
                <th scope="col" class="num">
                  To publish
                </th>
                <th scope="col" class="num">
                  Epoch
                </th>
                <th scope="col">Owner</th>
              </tr>
            </thead>
            <tbody>
              {status.partitions.map((one) => (
                <tr key={one.partition}>
                  <td>{one.partition}</td>
                  <td>
                    {one.stopped !== null ? (
                      <Chip tone="bad">stopped</Chip>
                    ) : one.attempts > 0 ? (
                      <Chip tone="warn">trying again</Chip>
                    ) : (
                      <Chip tone="ok">running</Chip>
                    )}
                  </td>
                  <td>
                    <Time at={one.clock} />
                    {one.clock === null ? null : <span class="quiet"> {duration(now.value - Date.parse(one.clock))} behind</span>}
                  </td>
                  <td class="num">{one.lag === null ? '–' : number(one.lag)}</td>
                  <td class="num">{number(one.nextOffset)}</td>
                  <td class="num">{number(one.outbox)}</td>
                  <td class="num">{number(one.epoch)}</td>
                  <td class="mono">{one.owner ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </Figure>
  );
}

function DeadLetters(): JSX.Element {
  const loaded = useData('dead letters', () => api.deadLetters(), 30_000);
  const { data, reload } = loaded;
  const [shown, setShown] = useState<DeadLetter>();
  const items = data?.items ?? [];
  return (
    <section class="panel flush" aria-labelledby="dead-letters">
      <header>
        <h2 id="dead-letters">Dead letters</h2>
        <p>records that could not be read or processed, the newest first</p>
      </header>
      <WhenLoaded loaded={loaded} waiting="Reading the dead letters …">
        {() =>
          items.length === 0 ? (
            <Empty title="None">
              <p>Every record was read. One that cannot be read is listed here with its reason, and can be sent again after a fix.</p>
            </Empty>
          ) : (
            <TableBox label="Dead letters" tall>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Time</th>
                    <th scope="col">Reason</th>
                    <th scope="col">What is wrong</th>
                    <th scope="col">Where from</th>
                    <th scope="col" class="num">
                      Bytes
                    </th>
                    <th scope="col">
                      <span class="sr">Action</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={one.id}>
                      <td>
                        <Time at={one.recordedAt} />
                      </td>
                      <td>
                        <Chip tone="warn">{words(one.reason)}</Chip>
                      </td>
                      <td>
                        {one.detail}
                        {one.key === null ? null : <div class="quiet mono">{one.key}</div>}
                      </td>
                      <td class="mono nowrap">
                        {one.origin === null ? '–' : `${one.origin.topic} ${one.origin.partition}:${one.origin.offset}`}
                      </td>
                      <td class="num">{number(one.size)}</td>
                      <td class="num">
                        <button
                          class="button small"
                          type="button"
                          onClick={() => setShown(one)}
                          aria-label={`Look at dead letter ${one.id}`}
                        >
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
      {data === undefined || data.cursor === null || items.length === 0 ? null : (
        <div class="under">
          The newest {items.length}. All of them: <code>desist dead-letters list</code>.
        </div>
      )}
      {shown === undefined ? null : <LetterDialog letter={shown} onClose={() => setShown(undefined)} onDone={reload} />}
    </section>
  );
}

interface LetterProps {
  readonly letter: DeadLetter;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function LetterDialog({ letter, onClose, onDone }: LetterProps): JSX.Element {
  const { data, error } = useData(`dead letter ${letter.id}`, () => api.deadLetter(letter.id));
  const [problem, setProblem] = useState<string>();
  const resend = async (): Promise<void> => {
    try {
      await api.resend(letter.id);
      notify('Sent again, as it was. If it fails again, it comes back here.');
      onDone();
      onClose();
    } catch (failure) {
      setProblem(messageOf(failure));
    }
  };
  return (
    <Dialog title={`Dead letter ${letter.id}`} onClose={onClose}>
      <div class="form">
        <p>
          <Chip tone="warn">{words(letter.reason)}</Chip> {letter.detail}
        </p>
        {error === undefined ? null : <Failure error={error} />}
        {data === undefined ? (
          error === undefined ? (
            <Waiting>Reading the record …</Waiting>
          ) : null
        ) : (
          <TableBox label="The record as it was read" tall>
            <div class="reply">{data.value ?? 'The record has no value.'}</div>
          </TableBox>
        )}
        {letter.truncated ? <p class="quiet">Only its beginning is kept, so it cannot be sent again.</p> : null}
        <ProblemBanner problem={problem} />
        <div class="row end">
          <button class="button" type="button" onClick={onClose}>
            Close
          </button>
          {mayWrite.value && !letter.truncated ? (
            <button class="button main" type="button" onClick={() => void resend()}>
              Send again
            </button>
          ) : null}
        </div>
      </div>
    </Dialog>
  );
}
