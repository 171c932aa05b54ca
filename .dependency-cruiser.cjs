/** The architecture, checked: domain <- contracts; domain <- pipeline <- adapters <- services. */
const pkg = (names) => `^packages/(${names})/`;
const ADAPTERS = 'store-postgres|log-kafka|log-postgres|memory';
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const TESTS = '\\.test\\.ts$';

module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle has no top to start reading from.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    rule(
      'domain-imports-nothing',
      'The domain is pure.',
      { path: pkg('domain') + 'src/', pathNot: TESTS },
      { pathNot: pkg('domain') + 'src/' },
    ),
    rule(
      'contracts-import-domain-only',
      'Codecs know the domain and nothing else of ours.',
      { path: pkg('contracts'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('contracts|domain') },
    ),
    rule(
      'pipeline-imports-domain-only',
      'No I/O in the pipeline.',
      { path: pkg('pipeline') + 'src/', pathNot: TESTS },
      { pathNot: [pkg('pipeline') + 'src/', pkg('domain') + '(src|dist)/'] },
    ),
    ...ADAPTERS.split('|').map((name) =>
      rule(
        `${name}-imports-ports-only`,
        'Adapters never import each other.',
        { path: pkg(name), pathNot: TESTS },
        { path: '^(packages|services|test)/', pathNot: pkg(`${name}|pipeline|domain`) },
      ),
    ),
    rule(
      'services-stay-apart',
      'Services never import services.',
      { path: '^services/([^/]+)/' },
      { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    ),
    rule('nothing-imports-services-or-tests', 'They are the outermost ring.', { path: '^packages/' }, { path: '^(services|test)/' }),
    rule('services-do-not-import-tests', 'Tests are the outermost ring.', { path: '^services/' }, { path: '^test/' }),
    rule(
      'kafkajs-in-log-kafka',
      'One door to Kafka.',
      { path: '^(packages|services)/', pathNot: pkg('log-kafka') },
      { path: 'node_modules/kafkajs' },
    ),
    rule(
      'pg-in-postgres-adapters',
      'One door to Postgres.',
      { path: '^(packages|services)/', pathNot: pkg('store-postgres|log-postgres') },
      { path: 'node_modules/(pg|kysely|@electric-sql)' },
    ),
    rule(
      'logging-and-metrics-in-shell',
      'The core logs through a port.',
      { path: '^packages/', pathNot: pkg('shell') },
      { path: 'node_modules/(pino|prom-client)' },
    ),
    rule(
      'no-deep-imports',
      'A package is what its index exports, and the index of its formats.',
      { path: '^(packages|services|test)/([^/]+)/' },
      { path: '^packages/([^/]+)/src/(?!(formats/)?index\\.ts)', pathNot: '^packages/$2/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.tests.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'], mainFields: ['main'] },
  },
};
