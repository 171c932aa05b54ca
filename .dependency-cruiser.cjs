/** The architecture, checked: verdicts <- domain <- formats <- contracts; domain <- pipeline <- adapters <- services. */
const pkg = (names) => `^packages/(${names})/`;
const ADAPTERS = 'store-postgres|log-kafka|log-postgres|memory|webhooks';
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const TESTS = '\\.test\\.ts$';

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'A cycle has no top to start reading from, and one of types alone has none either.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'verdicts-stand-alone',
      'What a reply means is published by itself.',
      { path: pkg('verdicts'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('verdicts') },
    ),
    rule(
      'domain-imports-verdicts-only',
      'The domain is pure.',
      { path: pkg('domain') + 'src/', pathNot: TESTS },
      { pathNot: [pkg('domain') + 'src/', pkg('verdicts') + '(src|dist)/'] },
    ),
    rule(
      'formats-import-domain-and-verdicts-only',
      'Formats turn payloads into delivery events, and know nothing of what becomes of them.',
      { path: pkg('formats'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('formats|domain|verdicts') },
    ),
    rule(
      'contracts-import-formats-and-domain-only',
      'Codecs know the domain and the delivery event, and nothing else of ours.',
      { path: pkg('contracts'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('contracts|formats|domain|verdicts') },
    ),
    rule(
      'pipeline-imports-domain-only',
      'No I/O in the pipeline.',
      { path: pkg('pipeline') + 'src/', pathNot: TESTS },
      { pathNot: [pkg('pipeline') + 'src/', pkg('domain|verdicts') + '(src|dist)/'] },
    ),
    ...ADAPTERS.split('|').map((name) =>
      rule(
        `${name}-imports-ports-only`,
        'Adapters never import each other; those of Postgres share the way to it.',
        { path: pkg(name), pathNot: TESTS },
        {
          path: '^(packages|services|test)/',
          pathNot: pkg(`${name}|pipeline|domain|verdicts${name.endsWith('-postgres') ? '|postgres' : ''}`),
        },
      ),
    ),
    rule(
      'postgres-imports-ports-only',
      'It knows no store.',
      { path: pkg('postgres'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('postgres|pipeline|domain') },
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
      'client-stands-alone',
      "What a user's own code imports brings nothing of ours with it.",
      { path: pkg('client'), pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('client') },
    ),
    rule(
      'nothing-of-ours-imports-the-client',
      'It is for others. The policy service is one of them: it runs beside a mail server.',
      { path: '^(packages|services)/', pathNot: [pkg('client'), '^services/cli/src/commands/policy-service\\.ts$'] },
      { path: pkg('client') },
    ),
    rule(
      'console-stands-alone',
      'The page knows the service by its HTTP interface only.',
      { path: pkg('console'), pathNot: [TESTS, '^packages/console/src/page/(try|import)/', '^packages/console/src/page/views/try\\.tsx$'] },
      { path: '^(packages|services|test)/', pathNot: pkg('console') },
    ),
    rule(
      'try-folds-by-itself',
      'Files are read in the browser: by what interprets them, and by no adapter.',
      { path: '^packages/console/src/page/(try/|import/|views/try)', pathNot: TESTS },
      { path: '^(packages|services|test)/', pathNot: pkg('console|contracts|domain|formats|pipeline|verdicts') },
    ),
    rule(
      'console-in-the-composition-root',
      'Routes serve a folder; what is in it is not theirs to know.',
      { path: '^(packages|services)/', pathNot: pkg('console|runtime') },
      { path: pkg('console') },
    ),
    rule(
      'kafkajs-in-log-kafka',
      "One door to Kafka, and the user's own.",
      { path: '^(packages|services)/', pathNot: pkg('log-kafka|client') },
      { path: 'node_modules/kafkajs' },
    ),
    rule(
      'pg-in-postgres-adapters',
      'One door to Postgres.',
      { path: '^(packages|services)/', pathNot: pkg('postgres|store-postgres|log-postgres') },
      { path: 'node_modules/(pg|kysely|@electric-sql)/' },
    ),
    rule(
      'logging-and-metrics-in-runtime',
      'The core logs through a port.',
      { path: '^packages/', pathNot: pkg('runtime') },
      { path: 'node_modules/(pino|prom-client)' },
    ),
    rule(
      'no-deep-imports',
      'A package is what its entries export.',
      { path: '^(packages|services|test)/([^/]+)/' },
      {
        path: '^packages/([^/]+)/src/(?!(event/index|mapping/index|index|names|codec|explanation|read-bounded|read-payload|chunks|list/index|policy-file/version|traffic/unmatched-replies)\\.ts)',
        pathNot: '^packages/$2/',
      },
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
