import { readFileSync } from 'node:fs';
import { createClassifier, categoryInfo } from '@desist/domain';
const { classify } = createClassifier();
let bad = 0,
  badcat = 0,
  n = 0;
for (const line of readFileSync('/work/wt/verdicts/test/golden/documented.tsv', 'utf8').split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const [c, , t] = line.split('\t');
  n++;
  const v = classify({ text: t! });
  const a = categoryInfo(c as never).attribution;
  const f = (x: string) => (['local', 'unknown', 'greylisting'].includes(x) ? 'system' : x);
  if (f(v.attribution) !== f(a)) {
    bad++;
    console.log('!!', c, '->', v.category, v.rule, '|', t);
  } else if (v.category !== c) {
    badcat++;
    console.log('  ', c, '->', v.category, v.rule, '|', t);
  }
}
console.log({ n, bad, badcat });
