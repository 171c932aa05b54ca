export { EXIT } from '@desist/assembly';

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}
