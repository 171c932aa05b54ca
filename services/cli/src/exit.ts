/** 0 done; 1 it ran, and the answer is no; 2 wrong usage or bad input; 3 something that it needs is unavailable. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3 } as const;

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  readonly code: number;
  /** HTTP status of the service's response, if the error comes from it. */
  readonly status: number | undefined;

  constructor(code: number, message: string, status?: number) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.status = status;
  }
}
