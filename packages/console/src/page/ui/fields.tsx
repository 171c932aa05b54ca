/** What the forms of decisions have in common. */
import type { JSX } from 'preact';
import { DAY } from '../model/time.ts';

/** Why: for the history. */
export function NoteField({ note, onNote }: { readonly note: string; readonly onNote: (note: string) => void }): JSX.Element {
  return (
    <div class="field">
      <label for="note">Note</label>
      <input
        id="note"
        type="text"
        value={note}
        maxLength={1_000}
        placeholder="Why, for whoever reads the history"
        onInput={({ currentTarget }) => onNote(currentTarget.value)}
      />
    </div>
  );
}

/** Why it could not be done; nothing when it was not tried, or went well. */
export function ProblemBanner({ problem }: { readonly problem: string | undefined }): JSX.Element | null {
  return problem === undefined ? null : (
    <div class="banner bad" role="alert">
      {problem}
    </div>
  );
}

/** The fields of a command that are left out when they are empty. `days`: from now on; empty: without an end. */
export function noteAndEnd(note: string, days = ''): { readonly note?: string; readonly expiresAt?: string } {
  return {
    ...(note.trim() === '' ? {} : { note: note.trim() }),
    ...(days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY).toISOString() }),
  };
}
