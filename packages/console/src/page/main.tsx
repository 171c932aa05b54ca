/** The console's page. */
import './styles/tokens.css';
import './styles/page.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks } from './router.ts';

followLinks();
const root = document.querySelector('#console');
if (root !== null) render(<App />, root);
