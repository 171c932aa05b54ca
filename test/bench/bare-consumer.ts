/** The yardstick: a kafkajs consumer that only counts. Prints {"records","ms","cpuMs"} when it has seen as many as asked for. */
import kafkajs from 'kafkajs';

const [brokers = '', topic = '', wanted = '0'] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), clientId: 'bare', logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `bare-${process.pid}-${Date.now()}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let records = 0;
let began = 0;
let cpu = process.cpuUsage();
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async ({ batch }) => {
        if (began === 0) {
          began = performance.now();
          cpu = process.cpuUsage();
        }
        records += batch.messages.length;
        if (records >= Number(wanted)) resolve();
      },
    })
    .catch(reject);
});
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ records, ms: performance.now() - began, cpuMs: (user + system) / 1_000 }));
process.exit(0);
