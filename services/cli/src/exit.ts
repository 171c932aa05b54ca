export { EXIT } from '@desist/assembly';

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  readonly code: number;
  /** Of the service's answer, when that is what it is about. */
  readonly status: number | undefined;

  constructor(code: number, message: string, status?: number) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.status = status;
  }
}
