/**
 * Advice for sending as configuration of mail servers: how many connections at a time, and when to try again. Each form is what its server's
 * manual describes: KumoMTA's shaping file, Postfix' main.cf, master.cf and transport table, PowerMTA's domain blocks.
 */
import { GIVE_UP_AFTER_HOURS, placesOf, RETRY_LADDER } from '@desist/verdicts';
import type { SendingAdvice } from '@desist/verdicts';

const FIRST = RETRY_LADDER[0] ?? 15;
const LAST = RETRY_LADDER.at(-1) ?? 240;
const DAYS = GIVE_UP_AFTER_HOURS / 24;
/** Advice for every provider that has none of its own. */
const OTHERS = '*';

export const SENDING_FORMS = {
  kumomta: (advice: readonly SendingAdvice[]): readonly string[] => [
    '# shaping.toml. The ladder belongs into the queues, for example into queues.toml:',
    '#   [queue.default]',
    `#   retry_interval = '${FIRST} minutes'`,
    `#   max_retry_interval = '${LAST / 60} hours'`,
    `#   max_age = '${GIVE_UP_AFTER_HOURS} hours'`,
    ...advice.flatMap(({ provider, title, connections: [, most] }) => {
      const about = ['', `# ${title}`];
      if (provider === OTHERS) return [...about, '["default"]', `connection_limit = ${most}`];
      const hosts = placesOf(provider).hosts.map((host) => `  {MXSuffix=${JSON.stringify(`.${host}`)}},`);
      return [...about, `[provider.${JSON.stringify(provider)}]`, 'match = [', ...hosts, ']', `provider_connection_limit = ${most}`];
    }),
  ],

  postfix: (advice: readonly SendingAdvice[]): readonly string[] => {
    const own = advice.filter(({ provider }) => provider !== OTHERS);
    const others = advice.find(({ provider }) => provider === OTHERS);
    return [
      '# main.cf',
      // The queue is scanned so often; a message waits for the first scan after its time.
      'queue_run_delay = 5m',
      `minimal_backoff_time = ${FIRST}m`,
      `maximal_backoff_time = ${LAST / 60}h`,
      `maximal_queue_lifetime = ${DAYS}d`,
      ...(others === undefined ? [] : [`smtp_destination_concurrency_limit = ${others.connections[1]}`]),
      ...own.map(({ provider, connections: [, most] }) => `${provider}_destination_concurrency_limit = ${most}`),
      ...(own.length === 0 ? [] : ['transport_maps = hash:/etc/postfix/transport']),
      ...(own.length === 0 ? [] : ['', '# master.cf', ...own.map(({ provider }) => `${provider} unix - - n - - smtp`)]),
      // Without one concurrency for all domains of a provider: Postfix counts by destination.
      ...(own.length === 0 ? [] : ['', '# transport (then: postmap /etc/postfix/transport)']),
      ...own.flatMap(({ provider }) => placesOf(provider).domains.map((domain) => `${domain} ${provider}:`)),
    ];
  },

  powermta: (advice: readonly SendingAdvice[]): readonly string[] =>
    advice.flatMap(({ provider, title, connections: [, most] }) => {
      const { domains } = placesOf(provider);
      const macro = domains.length > 1 ? [`domain-macro ${provider} ${domains.join(',')}`] : [];
      const name = provider === OTHERS ? OTHERS : domains.length > 1 ? `$${provider}` : (domains[0] ?? provider);
      return [
        `# ${title}`,
        ...macro,
        `<domain ${name}>`,
        `  max-smtp-out ${most}`,
        `  retry-after ${FIRST}m`,
        `  bounce-after ${DAYS}d`,
        '</domain>',
        '',
      ];
    }),
} as const;
