import { Type } from 'typebox';
import type { Static } from 'typebox';
import { A_TIME, OneOf, OrNull, TextInput, Time, Words } from './basics.ts';
import { answers, bodyAnswers, json } from './problem.ts';

const BY_LIMIT = 256;
/** Largest policy file of a request, bytes. */
export const TRIED_POLICY_LIMIT = 64 * 1024;

export const PolicyText = Type.Refine(
  Type.String({ maxLength: TRIED_POLICY_LIMIT, description: 'The text of a policy file, at most 64 KiB.' }),
  (text) => Buffer.byteLength(text) <= TRIED_POLICY_LIMIT,
  () => `must have at most ${TRIED_POLICY_LIMIT} bytes`,
);

const PATH = 'deferral.suppress_after';
const Path = Type.String({
  description: 'As in the file: `deferral.suppress_after`, `tenants.acme.streams.news.deferral.suppress_after`, `rules.full`.',
  examples: [PATH],
});

const Change = Type.Object({ path: Path, from: OrNull(Type.String()), to: OrNull(Type.String()) });
export type PolicyChange = Static<typeof Change>;

const SHADOW_EXAMPLE = { name: 'stricter.yaml', version: 'sha256:c0de', changes: [{ path: PATH, from: '96h', to: '72h' }] };
const Revision = OrNull(
  Type.Integer({
    minimum: 1,
    description: 'Rises each time another policy is put in force. Null: no engine has started with this database.',
  }),
);

const Policy = Type.Object(
  {
    version: Type.String({ description: 'Hash of the values; each decision names it.' }),
    revision: Revision,
    since: OrNull(Type.String({ format: 'date-time', description: 'When it was put in force; null: not known.' })),
    by: OrNull(Type.String({ description: 'Who put it in force. Null: not known, or the key does not see all tenants.' })),
    values: Type.Array(
      Type.Object({
        path: Path,
        value: Type.String({ description: 'As it is written in a file.' }),
        inherited: OrNull(Type.String({ description: 'What would hold without this line; null for a rule.' })),
        origin: OneOf(['built_in', 'policy_file']),
      }),
      { description: 'Every value of the base; of tenants and streams those that differ from what they inherit; then the own rules.' },
    ),
    file: OrNull(Type.String({ description: 'The same as a policy file. Null for keys that do not see all tenants.' })),
    shadow: OrNull(
      Type.Object(
        {
          name: OrNull(Type.String({ description: 'Of its file. Null for keys that do not see all tenants.' })),
          version: Type.String({ description: 'Hash of its values.' }),
          changes: Type.Array(Change, {
            description:
              'Where it differs: `from` is in force, `to` is its own; null: there is no such line, and what it inherits holds. Values that have no effect in a shadow policy are left out.',
          }),
        },
        { description: 'The policy that everything is folded with, too, and that changes nothing. Null: there is none.' },
      ),
    ),
  },
  {
    examples: [
      {
        ...{ version: 'sha256:3f1c', revision: 7, since: A_TIME, by: 'anna' },
        values: [{ path: PATH, value: '96h', inherited: '72h', origin: 'policy_file' }],
        file: 'version: 1\nshadow: stricter.yaml\ndeferral:\n  suppress_after: 96h\n',
        shadow: SHADOW_EXAMPLE,
      },
    ],
  },
);

export const GET_POLICY = {
  operationId: 'getPolicy',
  summary: 'Show the policy in force',
  description:
    'Returns every value and where it comes from, and where the shadow policy differs. A key for some tenants sees the base and its own tenants.',
  tags: ['policy'],
  response: answers({ 200: json('The policy in force', Policy) }),
};

const Check = Type.Object(
  {
    version: Words,
    changes: Type.Array(Change, {
      description: 'What would change against the policy in force. Null: there is no such line.',
    }),
  },
  { examples: [{ version: 'sha256:77aa', changes: [{ path: PATH, from: '72h', to: '96h' }] }] },
);

export const CHECK_POLICY = {
  operationId: 'checkPolicy',
  summary: 'Check a policy file',
  description:
    'Returns the mistakes of a policy file with their lines, or what it would change against the policy in force. Nothing is changed. Only for operators of all tenants, one request at a time, with a time limit of two seconds.',
  tags: ['policy'],
  body: Type.Object({ policy: PolicyText }, { examples: [{ policy: 'version: 1\ndeferral:\n  suppress_after: 96h\n' }] }),
  response: bodyAnswers({ 200: json('What it would change', Check) }, [408]),
};

export const RELOAD_POLICY = {
  operationId: 'reloadPolicy',
  summary: 'Read the policy file again',
  description:
    'Reads the policy file of this engine, and what it names, and puts it in force for all engines, which go over to it within seconds. Recipients are then folded again; the status shows how many are left. A file with mistakes changes nothing. Needs a key for every tenant. 409: this engine has no policy file.',
  tags: ['policy'],
  body: Type.Object(
    { by: Type.Optional(OrNull(TextInput(BY_LIMIT, 'Who wants it, for the record; the calling key is added.'))) },
    { additionalProperties: false, examples: [{ by: 'anna' }] },
  ),
  response: bodyAnswers(
    {
      200: json(
        'The policy in force',
        Type.Object(
          {
            changed: Type.Boolean({ description: 'False: the file says what is in force already.' }),
            version: Words,
            shadowVersion: OrNull(Type.String({ description: 'Of the shadow policy; null: there is none.' })),
            revision: Type.Integer({ minimum: 1 }),
            since: Time,
            by: OrNull(Words),
          },
          { examples: [{ changed: true, version: 'sha256:77aa', shadowVersion: null, revision: 8, since: A_TIME, by: 'anna' }] },
        ),
      ),
    },
    [409, 422],
  ),
};
