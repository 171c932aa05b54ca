import { describe, expect, it } from 'vitest';
import { contextOf, formatFor } from './payloads.ts';

describe('options', () => {
  it('are each validated before anything is read', () => {
    expect(() => contextOf({ tenant: 'a b' })).toThrow('--tenant');
    expect(() => contextOf({ stream: '' })).toThrow('--stream');
    expect(() => contextOf({ timezone: 'Mars/Phobos' })).toThrow('--timezone');
    expect(() => contextOf({ referenceTime: 'yesterday' })).toThrow('--reference-time');
    expect(() => formatFor({ format: 'carrier pigeon' })).toThrow('known: auto, canonical, ses');
    expect(formatFor({})).toBeUndefined();
    expect(formatFor({ format: 'ses' })?.name).toBe('ses');
  });
});
