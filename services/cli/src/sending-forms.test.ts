/** Each form of the advice, read by a reader of its form. */
import { adviceFor, placesOf, SENDING_ADVICE } from '@desist/verdicts';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { SENDING_FORMS } from './sending-forms.ts';

const OWN = SENDING_ADVICE.filter(({ provider }) => provider !== '*');
const most = (provider: string): number => adviceFor(provider).connections[1];

describe('KumoMTA', () => {
  test('a shaping file: a provider by its MX hosts, the others by default', () => {
    const shaping = parseToml(SENDING_FORMS.kumomta(SENDING_ADVICE).join('\n')) as unknown as {
      readonly default: { readonly connection_limit: number };
      readonly provider: Readonly<
        Record<string, { readonly match: readonly { readonly MXSuffix: string }[]; readonly provider_connection_limit: number }>
      >;
    };
    // The ladder is for another file: its lines are comments here, and TOML without the marks.
    const queues = SENDING_FORMS.kumomta(SENDING_ADVICE).flatMap((line) => /^# {3}(.*)$/.exec(line)?.[1] ?? []);
    expect(parseToml(queues.join('\n'))).toEqual({
      queue: { default: { retry_interval: '15 minutes', max_retry_interval: '4 hours', max_age: '72 hours' } },
    });
    expect(shaping.default).toEqual({ connection_limit: most('*') });
    expect(Object.keys(shaping.provider)).toEqual(OWN.map(({ provider }) => provider));
    for (const [name, { match, provider_connection_limit: limit }] of Object.entries(shaping.provider)) {
      expect(limit).toBe(most(name));
      expect(match.map(({ MXSuffix }) => MXSuffix)).toEqual(placesOf(name).hosts.map((host) => `.${host}`));
      expect(match.length).toBeGreaterThan(0);
    }
  });
});

describe('Postfix', () => {
  /** The parts behind their headlines, without comments. */
  function partsOf(lines: readonly string[]): Readonly<Record<string, readonly string[]>> {
    const parts: Record<string, string[]> = {};
    let own: string[] = [];
    for (const line of lines) {
      const headline = /^# (main\.cf|master\.cf|transport)/.exec(line)?.[1];
      if (headline !== undefined) own = parts[headline] = [];
      else if (line !== '' && !line.startsWith('#')) own.push(line);
    }
    return parts;
  }

  test('parameters, a transport for each provider, and its domains', () => {
    const parts = partsOf(SENDING_FORMS.postfix(SENDING_ADVICE));
    const parameters = new Map(
      parts['main.cf']!.map((line) => {
        const [, name, value] = /^([a-z_][a-z0-9_]*) = (\S.*)$/.exec(line) ?? [];
        return [name, value] as const;
      }),
    );
    expect(parameters.get('minimal_backoff_time')).toBe('15m');
    expect(parameters.get('maximal_backoff_time')).toBe('4h');
    expect(parameters.get('maximal_queue_lifetime')).toBe('3d');
    expect(parameters.get('smtp_destination_concurrency_limit')).toBe(String(most('*')));
    // service, type, private, unprivileged, chroot, wakeup, processes, command
    const services = parts['master.cf']!.map((line) => line.split(/\s+/));
    for (const fields of services) expect([fields.length, fields[1], fields.at(-1)]).toEqual([8, 'unix', 'smtp']);
    const names = services.map(([name]) => name);
    expect(names).toEqual(OWN.map(({ provider }) => provider));
    for (const name of names) expect(parameters.get(`${name}_destination_concurrency_limit`)).toBe(String(most(name!)));
    const table = parts['transport']!.map((line) => /^([a-z0-9.-]+) ([a-z0-9]+):$/.exec(line)?.slice(1));
    expect(table).toContainEqual(['googlemail.com', 'gmail']);
    for (const entry of table) expect(names).toContain(entry?.[1]);
  });
});

describe('PowerMTA', () => {
  test('a block for each, with a macro where a provider has several domains', () => {
    const macros = new Map<string, string[]>();
    const blocks = new Map<string, Record<string, string>>();
    let open: Record<string, string> | undefined;
    for (const line of SENDING_FORMS.powermta(SENDING_ADVICE)) {
      const text = line.replace(/#.*/, '').trim();
      const [directive = '', ...values] = text.split(/\s+/);
      const begin = /^<domain (\S+)>$/.exec(text)?.[1];
      if (begin !== undefined) {
        expect(open).toBeUndefined();
        blocks.set(begin, (open = {}));
      } else if (text === '</domain>') open = undefined;
      else if (directive === 'domain-macro') macros.set(values[0]!, values[1]!.split(','));
      else if (text !== '') {
        expect(values).toHaveLength(1);
        (open as Record<string, string>)[directive] = values[0]!;
      }
    }
    expect(open).toBeUndefined();
    expect([...blocks.keys()]).toHaveLength(SENDING_ADVICE.length);
    expect(blocks.get('*')).toEqual({ 'max-smtp-out': String(most('*')), 'retry-after': '15m', 'bounce-after': '3d' });
    expect(blocks.get('$gmail')?.['max-smtp-out']).toBe(String(most('gmail')));
    for (const name of blocks.keys()) if (name.startsWith('$')) expect(macros.get(name.slice(1))).toEqual(placesOf(name.slice(1)).domains);
  });
});

test('one provider alone is a whole configuration, too', () => {
  const gmail = [adviceFor('gmail')];
  expect(parseToml(SENDING_FORMS.kumomta(gmail).join('\n'))).not.toHaveProperty('default');
  expect(SENDING_FORMS.postfix(gmail)).toContain('gmail.com gmail:');
  expect(SENDING_FORMS.postfix([adviceFor('*')]).join('\n')).not.toContain('transport');
});
