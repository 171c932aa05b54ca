import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormaliseContext } from './format.ts';
import { momentOf, zoneOf } from './time.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: NOW };
const iso = (value: unknown, timezone?: string): string => {
  const moment = momentOf(value, timezone === undefined ? CONTEXT : { ...CONTEXT, timezone });
  return moment.ok ? new Date(moment.at).toISOString() : moment.problem;
};

describe('momentOf', () => {
  it.each([
    [1772359200, '2026-03-01T10:00:00.000Z'],
    ['1772359200', '2026-03-01T10:00:00.000Z'],
    [1772359200123, '2026-03-01T10:00:00.123Z'],
    ['1772359200123', '2026-03-01T10:00:00.123Z'],
    [1772359200123456, '2026-03-01T10:00:00.123Z'],
    [1521472262.908181, '2018-03-19T15:11:02.908Z'],
    ['1521472262.908181', '2018-03-19T15:11:02.908Z'],
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00:00.1Z', '2026-03-01T10:00:00.100Z'],
    ['2026-03-01T05:00:00.3963933-05:00', '2026-03-01T10:00:00.396Z'],
    ['2026-03-01T10:00:00.123456789Z', '2026-03-01T10:00:00.123Z'],
    ['2026-03-01T10:00:00.894719+00:00', '2026-03-01T10:00:00.894Z'],
    ['2026-03-01 10:00:00+0100', '2026-03-01T09:00:00.000Z'],
    ['2026-03-01 10:00:00.5+00', '2026-03-01T10:00:00.500Z'],
    ['2026-03-01 10:00:00 UTC', '2026-03-01T10:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
  ])('%s is %s', (value, told) => {
    expect(iso(value)).toBe(told);
    // The process's own time zone is never used.
    expect(iso(value, 'Asia/Tokyo')).toBe(told);
  });

  it.each([
    ['2026-03-11 10:00:00', 'Europe/Paris', '2026-03-11T09:00:00.000Z'],
    ['2026-07-11 10:00:00', 'Europe/Paris', '2026-07-11T08:00:00.000Z'],
    ['2026-07-11T10:00:00', '-03:30', '2026-07-11T13:30:00.000Z'],
    ['2026-07-11T10:00', 'UTC', '2026-07-11T10:00:00.000Z'],
  ])('%s in %s is %s', (value, zone, told) => {
    expect(iso(value, zone)).toBe(told);
  });

  it.each([
    ['2026-03-11 10:00:00', /no time zone is configured/],
    [undefined, /missing/],
    [null, /missing/],
    ['', /missing/],
    [{}, /must be a time/],
    [true, /must be a time/],
    [0, /before the year 1990/],
    [-1, /before the year 1990/],
    [Number.NaN, /exist/],
    [1e300, /future|exist/],
    [631151999, /before the year 1990/],
    ['2026-02-30T00:00:00Z', /exist/],
    ['2026-13-01T00:00:00Z', /exist/],
    ['2026-01-01T24:00:00Z', /exist/],
    ['2026-01-01T00:00:00+99:00', /offset/],
    ['2026-11-26T12:00:00.001Z', /future/],
    ['Thu, 9 Apr 2006 23:34:45 JST', /form/],
    ['2012-10-31 04-46-42', /form/],
    ['soon', /form/],
  ])('%s is a problem', (value, problem) => {
    expect(iso(value)).toMatch(problem);
  });

  it('a time up to one day in the future is accepted', () => {
    expect(iso(NOW + 86_400_000)).toBe('2026-11-26T12:00:00.000Z');
  });

  it('never throws, and never returns a time outside its bounds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.double(),
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
        (value) => {
          const moment = momentOf(value, CONTEXT);
          if (moment.ok) expect(moment.at >= Date.UTC(1990) && moment.at <= NOW + 86_400_000 && Number.isInteger(moment.at)).toBe(true);
        },
      ),
    );
  });
});

describe('zoneOf', () => {
  it('accepts zone names and offsets, and nothing else', () => {
    expect(['Europe/Paris', 'UTC', '+02:00', '-0330'].map((name) => zoneOf(name)?.isValid)).toEqual([true, true, true, true]);
    expect(['Mars/Phobos', '', 'local', '+99:00'].map((name) => zoneOf(name))).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('local times', () => {
  it.each([
    ['Europe/Paris', '2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['Europe/Paris', '2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    ['Europe/Paris', '2026-10-25 01:59:59', '2026-10-24T23:59:59.000Z'],
    ['Europe/Paris', '2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
    // The clock shifts by half an hour, so both offsets apply within one hour.
    ['Australia/Lord_Howe', '2026-04-05 01:29:59', '2026-04-04T14:29:59.000Z'],
    ['Australia/Lord_Howe', '2026-04-05 02:00:00', '2026-04-04T15:30:00.000Z'],
    ['Australia/Lord_Howe', '2025-10-05 02:30:00', '2025-10-04T15:30:00.000Z'],
    ['Asia/Kathmandu', '2026-03-01 10:07:00', '2026-03-01T04:22:00.000Z'],
  ])('%s %s', (timezone, text, wanted) => {
    const context = { tenant: 'a', stream: 'b', referenceTime: Date.parse('2026-11-25T00:00:00Z'), timezone };
    for (let round = 0; round < 2; round++) {
      const moment = momentOf(text, context);
      expect(moment.ok ? new Date(moment.at).toISOString() : moment.problem).toBe(wanted);
    }
  });
});
