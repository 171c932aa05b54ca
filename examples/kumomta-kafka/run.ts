/** KumoMTA's log records from a Kafka topic into Desist. This script stands in for KumoMTA; Kafka and Postgres are real. */
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { desist, hoursAgo, startDesist, untilState } from '../desist.ts';

const brokers = process.env['KAFKA_BROKERS']?.split(',');
if (brokers === undefined || process.env['DATABASE_URL'] === undefined) {
  console.error('KAFKA_BROKERS and DATABASE_URL: this example needs both (docker compose up kafka postgres)');
  process.exit(3);
}

interface LogRecord {
  readonly type: string;
  readonly recipient: string | readonly string[];
  readonly hours: number;
  readonly attempt: number;
  readonly code: number;
  readonly content: string;
}

const record = ({ type, recipient, hours, attempt, code, content }: LogRecord): object => ({
  type,
  id: `spool-${String(recipient)}`,
  sender: 'news@sender.example',
  recipient,
  queue: 'example.com',
  site: 'mx.example.com@smtp_client',
  response: { code, enhanced_code: null, content, command: 'RCPT TO' },
  peer_address: { name: 'mx.example.com.', addr: '192.0.2.25' },
  event_time: hoursAgo(hours).toISOString(),
  timestamp: Math.floor(hoursAgo(hours).getTime() / 1_000),
  num_attempts: attempt,
  reception_protocol: 'ESMTP',
  nodeid: '557f3ad4-2c8c-11ee-976e-782d7e12e173',
});

const records = [
  ...[78, 66, 54, 42, 30, 18, 6].map((hours, attempt) =>
    record({ type: 'TransientFailure', recipient: 'full@example.com', hours, attempt, code: 452, content: '4.2.2 Mailbox full' }),
  ),
  record({ type: 'Bounce', recipient: ['gone@example.com'], hours: 5, attempt: 1, code: 550, content: '5.1.1 User unknown' }),
  record({ type: 'Delivery', recipient: 'alice@example.com', hours: 4, attempt: 0, code: 250, content: '2.0.0 OK' }),
  // A broker outage seen by KumoMTA as a failing "delivery" of a log record: nothing about a mailbox.
  {
    ...record({ type: 'Bounce', recipient: 'alice@example.com', hours: 3, attempt: 1, code: 500, content: 'Kafka is away' }),
    reception_protocol: 'LogRecord',
  },
];

await desist(['migrate']);
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 'kumomta-log', numPartitions: 3 }], waitForLeaders: false });
await admin.disconnect();
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
await producer.send({ topic: 'kumomta-log', messages: records.map((one) => ({ value: JSON.stringify(one) })) });
await producer.disconnect();
console.log(`${records.length} records are in the topic kumomta-log\n`);

const service = await startDesist({ DESIST_SOURCES: fileURLToPath(new URL('./sources.yaml', import.meta.url)) });
try {
  await untilState(service.url, 'full@example.com', 'suppressed');
  await untilState(service.url, 'gone@example.com', 'suppressed');
  await desist(['list'], { DESIST_URL: service.url });
  await desist(['check', 'full@example.com', 'gone@example.com', 'alice@example.com', '--json'], { DESIST_URL: service.url });
} finally {
  await service.stop();
}
