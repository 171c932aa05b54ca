import { Type } from 'typebox';
import { LONGEST_TOKEN } from '../unsubscribe/link-tokens.ts';
import { A_TIME, AN_ADDRESS, OneOf, OrNull, Stream, Tenant, Time, TimeInput } from './basics.ts';
import { bodyAnswers, json, withProblems } from './problem.ts';

export const LINKS_LIMIT = 1_000;
const tags = ['unsubscribe'];
const A_URL = 'https://mail.example.com/u/AQIDBA';

const Link = Type.Object({
  recipient: Type.Unknown({ description: 'As sent; null for an array or an object.' }),
  url: OrNull(Type.String({ format: 'uri', description: 'Null: the recipient is no address.' })),
  headers: OrNull(
    Type.Object(
      { 'List-Unsubscribe': Type.String(), 'List-Unsubscribe-Post': Type.String() },
      { description: 'For the mail, ready to use (RFC 8058). Sign both with DKIM.' },
    ),
  ),
  reason: Type.Optional(OneOf(['invalid_address'])),
});

export const CREATE_UNSUBSCRIBE_LINKS = {
  operationId: 'createUnsubscribeLinks',
  summary: 'Make unsubscribe links',
  description:
    'One link per recipient, in order, bound to tenant, stream and address; the address cannot be read in it. Nothing is stored. An address that is none gets an answer of its own and does not fail the request. 503: `DESIST_UNSUBSCRIBE_SECRETS` and `DESIST_PUBLIC_URL` are not configured.',
  tags,
  body: Type.Object(
    {
      tenant: Type.Optional(OrNull(Tenant)),
      stream: Type.Optional(OrNull(Stream)),
      recipients: Type.Array(Type.Unknown(), { minItems: 1, maxItems: LINKS_LIMIT, description: 'Email addresses, in any spelling.' }),
      expiresAt: Type.Optional(OrNull(TimeInput({ description: 'When the links end; default: in 365 days. At least 30 days from now.' }))),
    },
    { examples: [{ stream: 'marketing', recipients: [AN_ADDRESS] }] },
  ),
  response: bodyAnswers({
    200: json(
      'The links',
      Type.Object(
        { results: Type.Array(Link), expiresAt: Time },
        {
          examples: [
            {
              results: [
                {
                  recipient: AN_ADDRESS,
                  url: A_URL,
                  headers: { 'List-Unsubscribe': `<${A_URL}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
                },
                { recipient: 'not an address', url: null, headers: null, reason: 'invalid_address' },
              ],
              expiresAt: A_TIME,
            },
          ],
        },
      ),
    ),
  }),
};

const params = Type.Object({ token: Type.String({ description: `At most ${LONGEST_TOKEN} characters.`, examples: ['AQIDBA'] }) });
const page = (description: string) => ({ description, content: { 'text/html': { schema: Type.String() } } });
/** The same status as a page, where the client takes one, and as a problem otherwise. */
const both = (status: 400 | 404 | 410 | 429 | 503, description: string) => {
  const { [status]: problem } = withProblems<Readonly<Record<number, { readonly content: object }>>>({}, [status]);
  return { description, content: { ...problem?.content, 'text/html': { schema: Type.String() } } };
};
const FORGED = both(404, 'The link is cut, changed, or of a secret that is not configured any more: nothing was changed.');
const EXPIRED = both(410, 'The link has expired: nothing was changed.');

export const GET_UNSUBSCRIBE_PAGE = {
  operationId: 'getUnsubscribePage',
  summary: 'Get the page behind an unsubscribe link',
  description: 'A page with a button. It changes nothing, whoever asks for it and however often: link scanners may.',
  tags,
  security: [],
  params,
  response: withProblems({ 200: page('The page, with a button'), 404: FORGED, 410: EXPIRED }, [421]),
};

const OneClick = Type.Object({ 'List-Unsubscribe': OneOf(['One-Click']) });

export const UNSUBSCRIBE = {
  operationId: 'unsubscribe',
  summary: 'Unsubscribe with one click',
  description:
    'What mailbox providers (RFC 8058) and the button of the page send. 200 means that the event `unsubscribed` is durable in the log; a repeat is harmless. No key is required: the link is one.',
  tags,
  security: [],
  params,
  body: {
    content: {
      'application/x-www-form-urlencoded': { schema: OneClick },
      'multipart/form-data': { schema: OneClick },
    },
  },
  response: withProblems(
    {
      200: {
        description: 'Unsubscribed, durable in the log',
        content: {
          'application/json': { schema: Type.Object({ unsubscribed: Type.Literal(true) }, { examples: [{ unsubscribed: true }] }) },
          'text/html': { schema: Type.String() },
        },
      },
      400: both(400, 'The body is not `List-Unsubscribe=One-Click`: nothing was changed.'),
      404: FORGED,
      410: EXPIRED,
      429: both(429, 'Too many at once: `Retry-After` says when to try again.'),
      503: both(503, 'The log did not confirm: send it again.'),
    },
    [413, 415, 421, 500],
  ),
};
