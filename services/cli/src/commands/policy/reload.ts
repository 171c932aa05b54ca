/** `desist policy reload`: an engine reads its policy file again, and all engines go over to it. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS, value } from '../../command.ts';
import { userName } from '../../operator.ts';
import { say, sayJson } from '../../terminal.ts';

export const command = defineCommand({
  name: 'policy reload',
  section: 'Services and set-up',
  summary: 'let an engine read its policy file again, and put it in force for all engines; a file with mistakes changes nothing',
  options: { by: value('WHO', 'default: the user of this machine'), ...SERVICE_OPTIONS },
  examples: ['desist policy check policy.yaml && desist policy reload'],
  run: async ({ options: { url, json, by = userName() } }) => {
    const answer = (await createClient(url).post('/v1/policy/reload', { by })) as Reloaded;
    if (json) sayJson(answer);
    else say(...reloadedLines(answer));
  },
});

interface Reloaded {
  readonly changed: boolean;
  readonly version: string;
  readonly shadowVersion: string | null;
  readonly revision: number;
  readonly since: string;
}

function reloadedLines({ changed, version, shadowVersion, revision, since }: Reloaded): readonly string[] {
  const shadow = shadowVersion === null ? '' : `, shadow policy ${shadowVersion}`;
  if (!changed) return [`unchanged: the file says what is in force since ${since}, revision ${revision}: ${version}${shadow}`];
  return [
    `in force for all engines, revision ${revision}: ${version}${shadow}`,
    '`desist status` says how many recipients are still to be folded again',
  ];
}
