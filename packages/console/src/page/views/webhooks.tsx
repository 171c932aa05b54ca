/** Part of `/ui/ops`: HTTP subscribers, the state of each, and what was answered last. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, messageOf } from '../api/index.ts';
import type { Delivery, Webhook } from '../api/types.ts';
import { count, number, words } from '../model/words.ts';
import type { Tone } from '../model/words.ts';
import { mayWrite, tenant } from '../session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemBanner } from '../ui/fields.tsx';
import { notify } from '../ui/notices.tsx';
import { Chip, Empty, TableBox, Time, WhenLoaded } from '../ui/pieces.tsx';
import { useData } from '../ui/use-data.ts';

const TONES: Readonly<Record<Webhook['state'], Tone>> = { active: 'ok', failing: 'warn', paused: 'bad', ended: 'quiet' };

export function Webhooks(): JSX.Element {
  const loaded = useData(`webhooks ${tenant.value ?? ''}`, () => api.webhooks(tenant.value), 10_000);
  const { data, reload } = loaded;
  const [shown, setShown] = useState<Webhook>();
  const items = data?.items ?? [];
  return (
    <section class="panel flush" aria-labelledby="webhooks">
      <header>
        <h2 id="webhooks">Webhooks</h2>
        <p>subscribers to which changes are sent over HTTP</p>
      </header>
      <WhenLoaded loaded={loaded} waiting="Asking who subscribes …">
        {() =>
          items.length === 0 ? (
            <Empty title="None">
              <p>
                Nobody gets changes over HTTP. <code>desist webhooks add URL</code> adds a subscriber.
              </p>
            </Empty>
          ) : (
            <TableBox label="Webhooks">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Subscriber</th>
                    <th scope="col">State</th>
                    <th scope="col">Tenant</th>
                    <th scope="col">Types</th>
                    <th scope="col" class="num">
                      Behind
                    </th>
                    <th scope="col">Delivered</th>
                    <th scope="col">Next try</th>
                    <th scope="col">
                      <span class="sr">Action</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <Row key={one.id} webhook={one} onShow={() => setShown(one)} />
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </WhenLoaded>
      {data === undefined || data.cursor === null ? null : (
        <div class="under">
          The first {items.length}. All of them: <code>desist webhooks list</code>.
        </div>
      )}
      {shown === undefined ? null : (
        <WebhookDialog webhook={items.find(({ id }) => id === shown.id) ?? shown} onClose={() => setShown(undefined)} onDone={reload} />
      )}
    </section>
  );
}

function Row({ webhook, onShow }: { readonly webhook: Webhook; readonly onShow: () => void }): JSX.Element {
  const { id, description, url, tenant: of, types, behind, problem, lastDeliveredAt, nextTryAt } = webhook;
  return (
    <tr>
      <td>
        {description ?? id}
        <div class="quiet mono">{new URL(url).host}</div>
      </td>
      <td>
        <StateOf webhook={webhook} />
        {problem === null ? null : <div class="quiet">{problem}</div>}
      </td>
      <td>{of ?? <span class="quiet">all</span>}</td>
      <td>{types?.map(words).join(', ') ?? <span class="quiet">all</span>}</td>
      <td class="num">{number(behind)}</td>
      <td>
        <Time at={lastDeliveredAt} />
      </td>
      <td>
        <Time at={nextTryAt} />
      </td>
      <td class="num">
        <button class="button small" type="button" onClick={onShow} aria-label={`Look at webhook ${description ?? id}`}>
          Look at it
        </button>
      </td>
    </tr>
  );
}

function StateOf({ webhook: { state, reason } }: { readonly webhook: Webhook }): JSX.Element {
  return (
    <Chip tone={TONES[state]}>
      {state}
      {reason === null ? '' : `: ${words(reason)}`}
    </Chip>
  );
}

interface WebhookProps {
  readonly webhook: Webhook;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function WebhookDialog({ webhook, onClose, onDone }: WebhookProps): JSX.Element {
  const { id, url, description, state, reason, behind, failingSince } = webhook;
  const deliveries = useData(`deliveries ${id}`, () => api.deliveries(id), 5_000);
  const [problem, setProblem] = useState<string>();
  const act = async (work: () => Promise<string>): Promise<void> => {
    try {
      notify(await work());
      setProblem(undefined);
    } catch (failure) {
      setProblem(messageOf(failure));
    }
    deliveries.reload();
    onDone();
  };
  const isLost = reason === 'lost_changes';
  const resume = async (): Promise<string> => {
    await api.changeWebhook(id, { state: 'active', ...(isLost ? { skipLost: true } : {}) });
    return isLost ? 'It goes on behind what is lost, and its next request says so.' : 'It goes on where it stopped.';
  };
  const pause = async (): Promise<string> => {
    await api.changeWebhook(id, { state: 'paused' });
    return 'Paused: nothing is sent, and nothing is lost.';
  };
  const test = async (): Promise<string> => told(await api.testWebhook(id));
  const again = (delivery: string) => async (): Promise<string> => told(await api.resendDelivery(id, delivery));
  return (
    <Dialog title={description ?? id} onClose={onClose}>
      <div class="form">
        <p>
          <StateOf webhook={webhook} /> {count(behind, 'change')} behind
          {failingSince === null ? null : (
            <>
              , fails since <Time at={failingSince} />
            </>
          )}
        </p>
        <p class="mono">{url}</p>
        {isLost ? (
          <p>Changes that it had not got were deleted by age. Let it read the list again before it goes on.</p>
        ) : state === 'ended' ? (
          <p>
            It answered 410, so nothing is sent any more. <code>desist webhooks remove {id}</code> removes it.
          </p>
        ) : null}
        <WhenLoaded loaded={deliveries} waiting="Reading the last requests …">
          {(items) => <Deliveries items={items} onResend={(delivery) => void act(again(delivery))} />}
        </WhenLoaded>
        <ProblemBanner problem={problem} />
        <div class="row end">
          <button class="button" type="button" onClick={onClose}>
            Close
          </button>
          {mayWrite.value ? (
            <>
              <button class="button" type="button" onClick={() => void act(test)}>
                Send a test
              </button>
              {state === 'active' || state === 'failing' ? (
                <button class="button" type="button" onClick={() => void act(pause)}>
                  Pause
                </button>
              ) : null}
              {state === 'paused' || state === 'failing' ? (
                <button class="button main" type="button" onClick={() => void act(resume)}>
                  {state === 'failing' ? 'Try now' : isLost ? 'Go on behind what is lost' : 'Resume'}
                </button>
              ) : null}
            </>
          ) : null}
        </div>
      </div>
    </Dialog>
  );
}

function told({ status, problem, milliseconds }: Delivery): string {
  return problem === null ? `Taken: it answered ${String(status)} after ${milliseconds} ms.` : `Not taken: ${problem}.`;
}

function Deliveries({ items, onResend }: { readonly items: readonly Delivery[]; readonly onResend: (id: string) => void }): JSX.Element {
  if (items.length === 0) return <p class="quiet">Nothing was sent yet.</p>;
  return (
    <TableBox label="The last requests" tall>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Answer</th>
            <th scope="col" class="num">
              Try
            </th>
            <th scope="col" class="num">
              Took
            </th>
            <th scope="col">Changes</th>
            <th scope="col">
              <span class="sr">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ id, at, kind, status, problem, attempt, milliseconds, changes, partition, from, to }) => (
            <tr key={id}>
              <td class="nowrap">
                <Time at={at} />
              </td>
              <td>
                <Chip tone={problem === null ? 'ok' : 'warn'}>{status ?? 'no answer'}</Chip>
                {problem === null ? null : <div class="quiet">{problem}</div>}
              </td>
              <td class="num">{attempt}</td>
              <td class="num">{milliseconds} ms</td>
              <td class="nowrap">
                {kind === 'test'
                  ? 'test'
                  : `${number(changes)}, ${String(partition)}: ${String(from)}${from === to ? '' : ` to ${String(to)}`}`}
                {kind === 'resend' ? <span class="quiet"> again</span> : null}
              </td>
              <td class="num">
                {mayWrite.value && kind !== 'test' ? (
                  <button class="button small" type="button" onClick={() => onResend(id)} aria-label={`Send request ${id} again`}>
                    Again
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
