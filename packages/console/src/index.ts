/** Where the built console is. `npm run build` makes it from `src/page`. */
import { fileURLToPath } from 'node:url';

/** The same from the sources and from `dist`, which stand side by side. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../dist/ui', import.meta.url));
