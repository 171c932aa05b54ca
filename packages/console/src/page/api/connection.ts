/** Whether the service answers. The page keeps what it has meanwhile, and says so. */
import { signal } from '@preact/signals';

export const connected = signal(true);
/** Rises when the service answers again, so that views load anew. */
export const reconnections = signal(0);

export function reportConnection(answers: boolean): void {
  if (answers && !connected.value) reconnections.value += 1;
  connected.value = answers;
}
