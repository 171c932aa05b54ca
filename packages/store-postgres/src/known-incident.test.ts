import { expect, it } from 'vitest';
import { decodeKnown, encodeKnown } from './known-incident.ts';

it('the stored text is read, and written as it was', () => {
  const text =
    '{"id":"gmail-12bdk","revision":2,"holds":true,"terms":{"tenant":null,"provider":"gmail","domain":null,"code":null,"text":null,"from":1,"until":2}}';
  const incident = decodeKnown(text);
  expect(incident.excludes).toBe(true);
  expect(encodeKnown(incident)).toBe(text);
});
