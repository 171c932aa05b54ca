/** An identity provider by OpenID Connect: authorization code flow with PKCE, state and nonce. */
import { SignInError } from '@desist/api';
import type { Claims, IdentityProvider, SignInProblem } from '@desist/api';
import type * as OpenidClient from 'openid-client';
import type { Configuration } from 'openid-client';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the provider sends people back to. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Claims that decide: if the ID token lacks one, the provider is asked for more. */
  readonly claims: readonly string[];
  /** Default: the present. ms */
  readonly now?: () => number;
}

/** s. Somebody waits for each request. */
const TIMEOUT = 10;
/** ms. Keys and addresses of a provider change; it is asked anew after this time. */
const DISCOVERED_FOR = 3_600_000;

export function createIdentityProvider(options: ProviderOptions): IdentityProvider {
  const { issuer, redirectUri, scopes, claims: wanted, now = Date.now } = options;
  let known: { readonly configuration: Promise<Configuration>; readonly until: number } | undefined;

  function configuration(): Promise<Configuration> {
    if (known !== undefined && known.until > now()) return known.configuration;
    const asked = discover(options);
    const entry = { configuration: asked, until: now() + DISCOVERED_FOR };
    known = entry;
    // A provider that is away is asked again by the next person.
    asked.catch(() => {
      if (known === entry) known = undefined;
    });
    return asked;
  }

  return {
    issuer,
    async begin() {
      const client = await load();
      return problems(client, async () => {
        const found = await configuration();
        const checks = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() };
        const url = client.buildAuthorizationUrl(found, {
          redirect_uri: redirectUri,
          scope: scopes.join(' '),
          state: checks.state,
          nonce: checks.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(checks.verifier),
          code_challenge_method: 'S256',
        });
        return { url: url.href, checks };
      });
    },
    async finish(query, checks) {
      const client = await load();
      const came = new URL(redirectUri);
      came.search = query;
      // Asked before anything else: whatever belongs to another sign-in says nothing about this one.
      if (came.searchParams.get('state') !== checks.state) throw new SignInError('expired', 'the state is that of another sign-in');
      return problems(client, async () => {
        const found = await configuration();
        const tokens = await client.authorizationCodeGrant(found, came, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.verifier,
          idTokenExpected: true,
        });
        const said = tokens.claims();
        if (said === undefined) throw new SignInError('failed', 'the provider sent no ID token');
        if (wanted.every((claim) => claim in said) || found.serverMetadata().userinfo_endpoint === undefined) return said as Claims;
        const more = await client.fetchUserInfo(found, tokens.access_token, said.sub);
        return { ...more, ...said } as Claims;
      });
    },
  };
}

type Client = typeof OpenidClient;

/** Loaded by the first sign-in: most processes have none. */
async function load(): Promise<Client> {
  return import('openid-client');
}

async function discover({ issuer, clientId, clientSecret }: ProviderOptions): Promise<Configuration> {
  const client = await load();
  const url = new URL(issuer);
  return client.discovery(url, clientId, clientSecret, undefined, {
    timeout: TIMEOUT,
    // Settings allow it for a provider on this machine only.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it is seen
    ...(url.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}),
  });
}

/** Messages of the library may repeat what the provider sent: only its codes are passed on. */
async function problems<T>(client: Client, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SignInError) throw error;
    if (error instanceof client.AuthorizationResponseError) {
      throw new SignInError(error.error === 'temporarily_unavailable' ? 'away' : 'refused', `the provider answered ${codeOf(error.error)}`);
    }
    if (error instanceof client.ResponseBodyError) throw new SignInError('failed', `the provider answered ${codeOf(error.error)}`);
    if (!(error instanceof Error)) throw error;
    const code = (error as { code?: unknown }).code ?? (error.cause as { code?: unknown } | undefined)?.code;
    throw new SignInError(kindOf(error, code), `${error.name}${typeof code === 'string' ? `, ${codeOf(code)}` : ''}`);
  }
}

function codeOf(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : 'something else';
}

/** No answer, or none of a provider. */
function kindOf(error: Error, code: unknown): SignInProblem {
  if (error.name === 'TimeoutError' || code === 'OAUTH_TIMEOUT') return 'away';
  if (error instanceof TypeError && /fetch failed/.test(error.message)) return 'away';
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON') return 'away';
  return 'failed';
}
