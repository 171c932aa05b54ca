/** Whether the screen is that of a phone. */
import { signal } from '@preact/signals';

const narrow = matchMedia('(max-width: 800px)');
export const isNarrow = signal(narrow.matches);
narrow.addEventListener('change', () => (isNarrow.value = narrow.matches));
