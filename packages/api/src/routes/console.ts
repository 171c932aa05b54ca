/** `/ui/`: the console. Only the files that its build made exist; every other path is the page itself, which reads its own address. */
import files from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Nothing from elsewhere, nothing inline, and no text that becomes markup. */
const POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
const PREFIX = '/ui/';

export async function consoleRoutes(app: FastifyInstance, folder: string): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('content-security-policy', POLICY);
  });
  await app.register(files, {
    root: folder,
    prefix: PREFIX,
    // Lists the files once: what is not there at the start is never served.
    wildcard: false,
    index: false,
    preCompressed: true,
    // Their names have a hash of their content.
    immutable: true,
    maxAge: '365d',
  });
  const schema = { hide: true };
  app.get(`${PREFIX}assets/*`, { schema }, async (_request, reply) => {
    reply.callNotFound();
    return reply;
  });
  app.get(`${PREFIX}*`, { schema }, async (_request, reply) => reply.sendFile('index.html', { maxAge: 0, immutable: false }));
  for (const url of ['/', '/ui']) app.get(url, { schema }, async (_request, reply) => reply.redirect(PREFIX));
}
