/** `/ui/try` alone, as a folder of files that any server may hand out. It asks no service for anything. */
import './styles/tokens.css';
import './styles/page.css';
import { render } from 'preact';
import { Brand } from './ui/icons.tsx';
import { Notices } from './ui/notices.tsx';
import { Try } from './views/try.tsx';

const root = document.querySelector('#console');
if (root !== null)
  render(
    <div class="alone">
      <div class="brand">
        <Brand />
        Desist
      </div>
      <main id="main" tabIndex={-1}>
        <Try />
      </main>
      <Notices />
    </div>,
    root,
  );
