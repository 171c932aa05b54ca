/** Dashboards and alerts against a running service: every metric and label that they name exists, and every query runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { startService } from './desist.ts';
import type { Service } from './desist.ts';

const ROOT = join(import.meta.dirname, '../..');
const DASHBOARDS = join(ROOT, 'deploy/grafana');
const PROMETHEUS = join(ROOT, 'deploy/prometheus');
const SUFFIX = /_(?:total|bucket|count|sum)$/;

interface Target {
  readonly expr?: string;
  readonly rawSql?: string;
}
interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
  readonly templating: { readonly list: readonly { readonly type: string; readonly query: string | { readonly query: string } }[] };
}

const dashboards = readdirSync(DASHBOARDS).map((file) => JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as Dashboard);
const variables = dashboards.flatMap(({ templating }) =>
  templating.list.filter(({ type }) => type === 'query').map(({ query }) => (typeof query === 'string' ? query : query.query)),
);
const targets = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets));
const expressions = targets.flatMap(({ expr }) => expr ?? []);
const statements = [...targets.flatMap(({ rawSql }) => rawSql ?? []), ...variables.filter((query) => query.startsWith('select'))];
const alerts = readFileSync(join(PROMETHEUS, 'alerts.yaml'), 'utf8');

let folder: string;
let service: Service;
let metrics: string;
let sql: pg.Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-monitoring-'));
  service = await startService({ DESIST_DATA: join(folder, 'data'), DESIST_PSQL_PORT: '0' });
  const response = await fetch(`${service.url}/metrics`, { headers: { accept: 'text/plain' } });
  metrics = await response.text();
  const port = await until(() => /"port":(\d+)/.exec(service.said())?.[1], 'the port');
  sql = new pg.Client({ host: '127.0.0.1', port: Number(port), user: 'desist_reader', database: 'desist' });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the dashboards', () => {
  it('are four, and each panel asks something', () => {
    expect(dashboards.map(({ title }) => title)).toHaveLength(4);
    for (const { panels } of dashboards) for (const { title, targets: asked } of panels) expect(asked.length, title).toBeGreaterThan(0);
  });

  it('and the alerts name only metrics that the service has', () => {
    const known = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name.replace(SUFFIX, '')));
    const named = [...expressions, ...variables, alerts].flatMap((text) => text.match(/\b(?:desist|process)_[a-z_]+/g) ?? []);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !known.has(name.replace(SUFFIX, '')))).toEqual([]);
  });

  it.each(statements)('the query runs: %s', async (statement) => {
    const filled = statement
      .replaceAll(/\$__timeFilter\(([\w.]+)\)/g, "$1 between now() - interval '7 days' and now()")
      .replaceAll('$tenant', "'default'");
    expect(filled).not.toContain('$');
    const { fields } = await sql.query(filled);
    expect(fields.length).toBeGreaterThan(0);
  });
});

const withoutPromtool = spawnSync('promtool', ['--version']).error !== undefined && process.env['DESIST_REQUIRE_SERVERS'] !== '1';

describe('the alerts', () => {
  it('each have a runbook', () => {
    const headings = [...readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8').matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    const named = [...alerts.matchAll(/- alert: (\S+)[\s\S]*?runbook_url: docs\/runbooks\.md#(\S+)/g)];
    expect(named.map(([, alert]) => alert)).toEqual(headings);
    expect(named.map(([, , anchor]) => anchor)).toEqual(headings.map((name) => name?.toLowerCase()));
  });

  it.skipIf(withoutPromtool)('are valid and fire when they should: promtool', () => {
    execFileSync('promtool', ['check', 'rules', 'alerts.yaml'], { cwd: PROMETHEUS });
    execFileSync('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: PROMETHEUS });
  });

  it.skipIf(withoutPromtool)('and the expressions of the dashboards are PromQL', () => {
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr: expr.replaceAll('$job', '.*') }));
    const file = join(folder, 'panels.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    expect([status, stderr], stdout).toEqual([0, '']);
  });
});
