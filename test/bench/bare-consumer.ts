/** The yardstick: a kafkajs consumer that only counts. Prints {"records","ms"} when it has seen as many as asked for. */
import kafkajs from 'kafkajs';

const [brokers = '', topic = '', wanted = '0'] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), clientId: 'bare', logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `bare-${process.pid}-${Date.now()}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let records = 0;
let began = 0;
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async ({ batch }) => {
        if (began === 0) began = performance.now();
        records += batch.messages.length;
        if (records >= Number(wanted)) resolve();
      },
    })
    .catch(reject);
});
console.log(JSON.stringify({ records, ms: performance.now() - began }));
process.exit(0);
