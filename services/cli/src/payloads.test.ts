import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readingOf } from './payloads.ts';

const SOURCES = path.join(mkdtempSync(path.join(tmpdir(), 'desist-')), 'sources.yaml');
writeFileSync(
  SOURCES,
  `sources:
  other:
    format: mapping
    tenant: acme
    stream: bulk
    timezone: Europe/Paris
    webhook: { check: none }
    mapping: { event: type, recipient: to, time: at, words: { ok: delivered } }
  sg: { format: sendgrid, webhook: { check: none } }
`,
);

describe('options', () => {
  it('are each validated before anything is read', () => {
    expect(() => readingOf({ tenant: 'a b' })).toThrow('--tenant');
    expect(() => readingOf({ stream: '' })).toThrow('--stream');
    expect(() => readingOf({ timezone: 'Mars/Phobos' })).toThrow('--timezone');
    expect(() => readingOf({ referenceTime: 'yesterday' })).toThrow('--reference-time');
    expect(() => readingOf({ format: 'carrier pigeon' })).toThrow('known: auto, canonical, ses');
    expect(readingOf({}).given).toBeUndefined();
    expect(readingOf({ format: 'ses' }).given?.name).toBe('ses');
  });

  it('take from a source of the sources file what they do not say themselves', () => {
    const { context, given } = readingOf({ sources: SOURCES, source: 'other', stream: 'news' });
    expect(given?.name).toBe('mapping');
    expect(context).toMatchObject({ tenant: 'acme', stream: 'news', source: 'other', timezone: 'Europe/Paris' });
    expect(readingOf({ sources: SOURCES, source: 'sg' })).toMatchObject({ given: { name: 'sendgrid' }, context: { tenant: 'default' } });
  });

  it('say what is wrong with the sources file or the name', () => {
    expect(() => readingOf({ sources: SOURCES, source: 'othr' })).toThrow('has no othr; it has other, sg');
    expect(() => readingOf({ sources: SOURCES })).toThrow('--source NAME');
    expect(() => readingOf({ sources: SOURCES, source: 'sg', format: 'ses' })).toThrow('leave one of the two out');
    expect(() => readingOf({ sources: '/nowhere/sources.yaml', source: 'sg' })).toThrow('/nowhere/sources.yaml cannot be read (ENOENT)');
    const broken = `${SOURCES}.broken`;
    writeFileSync(broken, 'sources: 1');
    expect(() => readingOf({ sources: broken, source: 'sg' })).toThrow(`desist sources check ${broken}`);
  });
});
