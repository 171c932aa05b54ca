import { connect } from 'node:net';

const LIMIT = 5_000;

/** Whether any of these brokers (`host:port`) takes a connection at all: a client that shows no life is then to blame itself. */
export async function anyAccepts(brokers: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(brokers.map(accepts));
  return answers.includes(true);
}

function accepts(broker: string): Promise<boolean> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(broker.slice(colon + 1)), timeout: LIMIT });
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
    socket.once('timeout', answer(false));
  });
}
