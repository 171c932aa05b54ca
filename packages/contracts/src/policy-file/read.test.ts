import { readFileSync } from 'node:fs';
import { asTenant, DAY, DEFAULT_POLICY, HOUR, tenantPolicy } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { parseDocument } from 'yaml';
import { describe, expect, it } from 'vitest';
import { MOST_ALIASES } from './nodes.ts';
import { MOST_PROBLEMS } from './problems.ts';
import type { PolicyProblem } from './problems.ts';
import { readPolicyFile } from './read.ts';
import { FILE_LIMIT } from './yaml.ts';
import { FIELDS, snake } from './schema.ts';
import { defaultPolicies } from './version.ts';

function policies(text: string): PolicySet {
  const read = readPolicyFile(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policies;
}

function problems(text: string): readonly PolicyProblem[] {
  const read = readPolicyFile(text);
  return read.ok ? [] : read.problems;
}

function only(text: string): PolicyProblem {
  const found = problems(text);
  expect(found).toHaveLength(1);
  return found[0]!;
}

const DEFAULT_VERSION = defaultPolicies().version;
const example = readFileSync(new URL('../../../../policy.example.yaml', import.meta.url), 'utf8');

describe('values', () => {
  it.each(['', '\n# nothing\n', 'version: 1', 'deferral:', 'tenants:\n', '---\n{}\n', 'attribution: {mailbox_full: recipient}'])(
    'is the defaults: %j',
    (text) => {
      const set = policies(text);
      expect(set.base).toEqual(DEFAULT_POLICY);
      expect(set.version).toBe(DEFAULT_VERSION);
    },
  );

  it('reads every kind of value', () => {
    const { base } = policies(`
deferral: {persistent_after: 12h, suppress_failures: 5, at_risk_before: 0s}
suppression: {expiry: [7d, never], probation: 0s, complaint_scope: stream}
publish: {deferred: true}
attribution: {mailbox_full: message, ip_reputation: system}`);
    expect(base.deferral).toEqual({ ...DEFAULT_POLICY.deferral, persistentAfter: 12 * HOUR, suppressFailures: 5, atRiskBefore: 0 });
    expect(base.suppression).toEqual({ expiry: [7 * DAY, null], probation: 0, complaintScope: 'stream' });
    expect(base.publish.deferred).toBe(true);
    expect(base.attribution).toEqual({ mailbox_full: 'message', ip_reputation: 'system' });
  });

  it('inherits: stream from tenant from file from defaults', () => {
    const set = policies(`
give_up: {messages: 4}
attribution: {mailbox_full: message}
tenants:
  acme:
    deferral: {suppress_after: 96h}
    attribution: {mailbox_full: recipient}
    streams:
      marketing: {deferral: {suppress_failures: 9}}`);
    const of = (tenant: string, stream: string) => {
      const { base, streams } = tenantPolicy(set, asTenant(tenant));
      const { deferral, giveUp, attribution } = streams.get(stream) ?? base;
      return [deferral.suppressAfter / HOUR, deferral.suppressFailures, giveUp.messages, attribution.mailbox_full];
    };
    expect(of('acme', 'marketing')).toEqual([96, 9, 4, undefined]);
    expect(of('acme', 'transactional')).toEqual([96, 3, 4, undefined]);
    expect(of('other', 'marketing')).toEqual([72, 3, 4, 'message']);
  });

  it('takes names that YAML reads as numbers, dates or nothing', () => {
    const set = policies('tenants: {007: {give_up: {messages: 4}}, null: {give_up: {messages: 5}}, 2026-01-01: {give_up: {messages: 6}}}');
    expect([...set.tenants.keys()]).toEqual(['007', 'null', '2026-01-01']);
  });

  it('follows an anchor', () => {
    const set = policies('tenants: {a: &slow {give_up: {messages: 9}}, b: *slow}');
    expect(tenantPolicy(set, asTenant('b')).base.giveUp.messages).toBe(9);
  });
});

describe('the example', () => {
  it('is the defaults', () => {
    expect(policies(example)).toEqual(defaultPolicies());
  });

  it('says every value', () => {
    const document = parseDocument(example);
    for (const { section, key } of FIELDS) expect(document.hasIn([snake(section), key]), `${section}.${key}`).toBe(true);
    for (const key of ['version', 'attribution', 'tenants']) expect(document.has(key)).toBe(true);
    // What would name another file is a comment.
    expect(readPolicyFile(example.replace(/^# {3}(?=shadow:)/m, ''))).toMatchObject({ ok: true, shadow: { name: 'stricter.yaml' } });
  });
});

describe('mistakes', () => {
  it('are reported all at once, each where it was written', () => {
    const text = `version: 2
deferral:
  suppres_after: 72h
  largest_gap: 0s
tenants:
  acme:
    streams:
      marketing:
        deferral:
          suppress_after: 3 days
`;
    expect(problems(text).map(({ line, column, path }) => [line, column, path])).toEqual([
      [1, 10, 'version'],
      [3, 3, 'deferral.suppres_after'],
      [4, 16, 'deferral.largest_gap'],
      [10, 27, 'tenants.acme.streams.marketing.deferral.suppress_after'],
    ]);
    expect(problems(text)[1]!.hint).toBe('did you mean suppress_after?');
  });

  it.each([
    ['deferal: {}', 'did you mean deferral?'],
    ['deferral: {persistentAfter: 1h}', 'did you mean persistent_after?'],
    ['attribution: {mailboxfull: message}', 'did you mean mailbox_full?'],
    ['constructor: {}', undefined],
    ['tenants: {acme: {tenants: {}}}', undefined],
    ['tenants: {acme: {streams: {s: {streams: {}}}}}', undefined],
  ])('does not know %s', (text, hint) => {
    const problem = only(text);
    expect(problem.problem).toMatch(/^is no known/);
    if (hint !== undefined) expect(problem.hint).toBe(hint);
  });

  it.each([
    ['deferral: {suppress_after: 72}', 'must be a duration, not "72"'],
    ['deferral: {suppress_after: }', 'has no value'],
    ['deferral: {suppress_after: {}}', 'must be a value, not a section'],
    ['deferral: {suppress_after: [72h]}', 'must be a duration, not a list'],
    ['deferral: {suppress_after: 3651d}', 'must be at most 3650d, not "3651d"'],
    ['deferral: {suppress_failures: 0}', 'must be a whole number from 1 to 1000, not "0"'],
    ['deferral: {suppress_failures: 3.5}', 'must be a whole number from 1 to 1000, not "3.5"'],
    ['deferral: {suppress_failures: "4"}', 'must be a whole number from 1 to 1000, not "4"'],
    ['give_up: {messages: 33}', 'must be a whole number from 1 to 32, not "33"'],
    ['suppression: {expiry: []}', 'must name at least one duration or `never`'],
    ['suppression: {expiry: 30d}', 'must be a list of durations or `never`, not "30d"'],
    ['suppression: {expiry: [30d, 0s]}', 'every entry must be at least 1s, not "0s"'],
    ['suppression: {complaint_scope: some}', 'must be one of all, stream, not "some"'],
    ['publish: {deferred: yes}', 'must be true or false, not "yes"'],
    ['attribution: {mailbox_full: nobody}', 'must be one of recipient, system, unknown, greylisting, sender, message, local, not "nobody"'],
    ['attribution: {recipient_rate_limited: recipient}', 'must never count against the recipient'],
    ['deferral: 3', 'must be a section of `key: value` lines'],
    ['- deferral', 'must be a section of `key: value` lines'],
    ['tenants: {"a b": {}}', 'is no name'],
    ['tenants: {acme: {streams: {"*": {}}}}', 'is no name'],
    ['tenants: {acme: {streams: {s: {publish: {deferred: true}}}}}', 'has no effect in a stream'],
    ['<<: {}', 'merge keys are not read'],
    ['? [a]\n: b', 'a key must be a plain word'],
  ])('%s', (text, problem) => {
    expect(only(text).problem).toBe(problem);
  });

  it.each(['deferral: {}\ndeferral: {}', 'deferral:\n  largest_gap: 1h\n  largest_gap: 2h', 'tenants: {a: {}, a: {}}'])(
    'a key twice: %j',
    (text) => {
      expect(only(text).problem).toBe('is given twice');
    },
  );

  it('YAML that cannot be parsed', () => {
    const problem = only('deferral: {suppress_after: 72h');
    expect(problem.problem).toMatch(/^is no readable YAML/);
    expect(problem.line).toBe(1);
  });
});

describe('rules between values', () => {
  it.each([
    ['deferral: {persistent_after: 73h}', 'is 73h, and must be at most soft_bounce_after (3d, the default)'],
    ['deferral: {soft_bounce_after: 96h}', 'is 4d, and must be at most suppress_after (3d, the default)'],
    ['deferral: {evidence_span: 73h}', 'is 73h, and must be at most suppress_after (3d, the default)'],
    ['deferral: {at_risk_before: 73h}', 'is 73h, and must be at most suppress_after (3d, the default)'],
    ['deferral: {suppress_failures: 1}', 'is 1, and must be at least soft_bounce_failures (2, the default)'],
    ['give_up: {span: 60d}', 'is 60d, and must be less than remembered (60d, the default)'],
    ['give_up: {remembered: 1d}', 'is 1d, and must be more than span (3d, the default)'],
  ])('%s', (text, problem) => {
    expect(only(text).problem).toBe(problem);
  });

  it('is one mistake when one value breaks several', () => {
    const { problem } = only('deferral: {suppress_after: 36h}');
    expect(problem).toBe('is 36h, and must be at least soft_bounce_after (3d, the default) and at least evidence_span (2d, the default)');
  });

  it('allows equal values', () => {
    expect(problems('deferral: {persistent_after: 72h, evidence_span: 72h, at_risk_before: 72h}')).toEqual([]);
  });

  it('checks what a tenant and a stream inherit, and is reported where they wrote it', () => {
    const text = `deferral: {evidence_span: 60h}
tenants:
  acme:
    deferral: {soft_bounce_after: 50h}
    streams:
      marketing:
        deferral: {suppress_after: 55h}
`;
    const problem = only(text);
    expect(problem).toMatchObject({ line: 7, column: 36, path: 'tenants.acme.streams.marketing.deferral.suppress_after' });
    expect(problem.problem).toBe('is 55h, and must be at least evidence_span (60h, inherited from deferral.evidence_span)');
  });

  it('is reported once, at the level that broke it', () => {
    expect(only('deferral: {persistent_after: 100h}\ntenants: {a: {deferral: {soft_bounce_after: 71h}}}').line).toBe(1);
  });

  it('says nothing about a value that cannot be read', () => {
    expect(only('deferral: {suppress_after: soon, soft_bounce_after: 100h}').path).toBe('deferral.suppress_after');
  });
});

describe('limits', () => {
  it('refuses a file that is too large', () => {
    expect(only(`# ${'é'.repeat(FILE_LIMIT / 2)}`).problem).toBe(`the file is larger than ${FILE_LIMIT} bytes`);
  });

  it('follows a bounded number of aliases', () => {
    const uses = Array.from({ length: MOST_ALIASES + 20 }, (_, index) => `t${index}: *x`).join(', ');
    expect(only(`tenants: {x: &x {}, ${uses}}`).problem).toBe(`uses anchors more than ${MOST_ALIASES} times`);
  });

  it('does not read an anchor inside itself', () => {
    expect(only('tenants: &a {acme: {streams: *a}}').problem).toMatch(/stands for nothing/);
    expect(only('tenants: {acme: *gone}').problem).toMatch(/stands for nothing/);
  });

  it('answers for a file nested very deeply', () => {
    for (const nested of ['[', '{a: ', '- ', '? '])
      expect(only(nested.repeat(60_000))).toMatchObject({ line: 1, problem: 'is no readable YAML: nested too deeply' });
  });

  it('refuses a second document, which would not be read', () => {
    expect(only('deferral: {}\n---\nsuppression: {}\n')).toMatchObject({
      line: 2,
      problem: 'has a second document, which would not be read',
    });
    expect(readPolicyFile('---\ndeferral: {}\n...\n').ok).toBe(true);
  });

  it('lists a bounded number of mistakes', () => {
    const found = problems(Array.from({ length: 30_000 }, (_, index) => `x${index}:`).join('\n'));
    expect(found).toHaveLength(MOST_PROBLEMS + 1);
    expect(found.at(-1)!.problem).toBe(`${30_000 - MOST_PROBLEMS} more mistakes are not listed`);
  });
});
