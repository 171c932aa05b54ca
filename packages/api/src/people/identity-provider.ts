/** The port of an identity provider: who signs in there, and what it says of them. */

export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** What a provider says of a person: claims of OpenID Connect. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

export interface IdentityProvider {
  /** Where it is: https://login.example.com. */
  readonly issuer: string;
  /** Where the browser goes to sign in, and what must come back. Rejects with `SignInError`. */
  begin(): Promise<{ readonly url: string; readonly checks: SignInChecks }>;
  /** `query`: with which the browser came back. Rejects with `SignInError`. */
  finish(query: string, checks: SignInChecks): Promise<Claims>;
}

/**
 * `away`: the provider does not answer, or not as one; `refused`: it let nobody in; `expired`: what came back belongs to no sign-in that
 * began here; `failed`: its answer does not hold what it must.
 */
export type SignInProblem = 'away' | 'refused' | 'expired' | 'failed';

/** The message contains no secret, token or claim. */
export class SignInError extends Error {
  readonly problem: SignInProblem;

  constructor(problem: SignInProblem, message: string) {
    super(message);
    this.name = 'SignInError';
    this.problem = problem;
  }
}
