/** The yardstick: a kafkajs consumer that only counts. Prints its `Run` as JSON when it has seen as many records as asked for. */
import kafkajs from 'kafkajs';
import { peakMegabytesOf } from './process-usage.ts';
import { serverUsage } from './runs.ts';
import type { Run } from './runs.ts';

const [brokers = '', topic = '', wanted = '0', broker = '0', postgres = '0'] = process.argv.slice(2);
const servers = { broker: Number(broker), postgres: Number(postgres) };
const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), clientId: 'bare', logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `bare-${process.pid}-${Date.now()}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let records = 0;
let began = 0;
let cpu = process.cpuUsage();
let usedByServers = serverUsage(servers);
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async ({ batch }) => {
        if (began === 0) {
          began = performance.now();
          cpu = process.cpuUsage();
          usedByServers = serverUsage(servers);
        }
        records += batch.messages.length;
        if (records >= Number(wanted)) resolve();
      },
    })
    .catch(reject);
});
const { user, system } = process.cpuUsage(cpu);
const run: Run = {
  perSecond: (records / (performance.now() - began)) * 1_000,
  cpuMicros: (user + system) / records,
  ...usedByServers(records),
  peakMegabytes: peakMegabytesOf(process.pid),
};
console.log(JSON.stringify(run));
process.exit(0);
