/** `POST /v1/classify` and `GET /v1/codes/{code}`: what replies mean. */
import { answerReply, classifierOf, explainCode, knowledgeOfReply } from '@desist/verdicts';
import type { AskedReply } from '@desist/verdicts';
import type { HttpApp } from '../http/app.ts';
import { badRequest } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { CLASSIFY_REPLIES, GET_CODE, REPLIES_LIMIT } from '../schemas/verdicts.ts';

export async function verdictRoutes(app: HttpApp, { policies }: ApiOptions): Promise<void> {
  const config = { role: 'reader' } as const;

  app.post('/v1/classify', { schema: CLASSIFY_REPLIES, config, bodyLimit: REPLIES_LIMIT }, async ({ body }) => {
    const classifier = classifierOf(policies().rules);
    const results = body.replies.map((given) => {
      const asked: AskedReply = typeof given === 'string' ? { reply: given } : given;
      const answer = answerReply(classifier, asked);
      return body.explain === true ? { ...answer, knowledge: copied(knowledgeOfReply(asked, answer)) } : answer;
    });
    return { results };
  });

  app.get('/v1/codes/:code', { schema: GET_CODE, config }, async ({ params, query }) => {
    const explained = explainCode(classifierOf(policies().rules), params.code, query.provider);
    if (explained === undefined) {
      throw badRequest([{ detail: 'code: must be a code of 4xx or 5xx, for example 550, 5.1.1 or "550 5.1.1"', parameter: 'code' }]);
    }
    const { reading, entries, ...code } = explained;
    return { ...code, reading: copied(reading), entries: entries.map(copied) };
  });
}

interface Explained {
  readonly causes: readonly string[];
  readonly actions: readonly string[];
}

/** The types of responses have lists that may be changed. */
export function copied<T extends Explained>(known: T): Omit<T, keyof Explained> & { causes: string[]; actions: string[] } {
  return { ...known, causes: [...known.causes], actions: [...known.actions] };
}
