/** The page behind an unsubscribe link: one form, no script, nothing from elsewhere. */
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --ground: #f6f7f9; --sheet: #fff; --line: #d5d9df; --accent: #1f4fd8; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --ground: #14171a; --sheet: #1d2125; --line: #3a4047; --accent: #8fb0ff; --on-accent: #10151f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 10vh auto; padding: 2rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 0.75rem; }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; overflow-wrap: anywhere; }
p:last-child { margin-bottom: 0; }
button { min-height: 2.75rem; padding: 0.5rem 1.25rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 0.5rem; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
@media (max-width: 36rem) { main { margin: 0; min-height: 100vh; border: 0; border-radius: 0; } }
`;

/** Only this style, and only a form that goes back to where it came from. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export type PageKind = 'ask' | 'done' | 'expired' | 'forged' | 'away' | 'unclear';

interface Text {
  readonly title: string;
  readonly words: string;
}

const TEXTS: Readonly<Record<Exclude<PageKind, 'ask'>, Text>> = {
  done: {
    title: 'You are unsubscribed',
    words: 'These mails will not be sent to you any more. Some that are on their way already may still arrive.',
  },
  expired: {
    title: 'This link has expired',
    words: 'Nothing was changed. Use the link in a newer mail, or answer the mail that it is in.',
  },
  forged: {
    title: 'This link does not work',
    words: 'Nothing was changed. Part of the link may be missing: copy all of it from the mail, or answer the mail.',
  },
  away: { title: 'It did not work this time', words: 'You are still subscribed. Go back and try again in a minute.' },
  unclear: { title: 'Nothing was changed', words: 'Open the link of the mail in a browser and press the button there.' },
};

/** `stream`: for `ask`. */
export function pageOf(kind: PageKind, stream = 'default'): string {
  const { title, words } = kind === 'ask' ? askFor(stream) : TEXTS[kind];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${words}</p>
${kind === 'ask' ? FORM : ''}</main>
</body>
</html>
`;
}

/** Without an address of its own, the form goes to that of the page. */
const FORM = `<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>
`;

function askFor(stream: string): Text {
  const which = stream === 'default' ? 'these mails' : `the mails “${escaped(stream)}”`;
  return { title: 'Unsubscribe?', words: `You will not get ${which} any more. Nothing changes until you press the button.` };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
