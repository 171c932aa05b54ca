/** The page's client is typed by the service's own OpenAPI document. `npm run console:client` writes it again. */
import { createApi } from '@desist/api';
import type { ApiOptions } from '@desist/api';
import openapi, { astToString } from 'openapi-typescript';
import { expect, test } from 'vitest';

/** Every optional part is there, so that the document has every route. */
const options = new Proxy({} as ApiOptions, {
  get: (_, name) => (name === 'logger' ? LOGGER : name === 'version' ? '0' : NONE.includes(String(name)) ? undefined : () => undefined),
});
const quiet = (): void => undefined;
const LOGGER = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const NONE = [
  'keys',
  'rate',
  'allowRemote',
  'bodyLimit',
  'consoleFolder',
  'exportLimits',
  'trialTimeout',
  'webhooksInFlight',
  'keysEvery',
  'signIn',
];

test('the types of the client are those of the document', async () => {
  const api = createApi(options);
  const document = (await api.inject({ url: '/openapi.json' })).json<Parameters<typeof openapi>[0]>();
  await api.close();
  const types = astToString(await openapi(document, { alphabetize: true }));
  await expect(types).toMatchFileSnapshot('page/api/schema.d.ts');
});
