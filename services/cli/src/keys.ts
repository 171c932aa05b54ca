/** An API key as the service says it, and as people read it. */
import { NAME } from '@desist/formats/event';
import { ROLES } from '@desist/runtime';
import type { Operands } from './command.ts';
import { CommandError, EXIT } from './exit.ts';
import { minute } from './print-page.ts';

export const KEY_ID: Operands = { name: 'ID', summary: 'as `desist keys list` says it', least: 1, most: 1 };

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly tenants: readonly string[] | null;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly expiresAt: string | null;
  readonly rotatedAt: string | null;
  readonly endedAt: string | null;
  readonly lastUsedAt: string | null;
}

export const KEY_HEADLINE = ['ID', 'NAME', 'ROLES', 'TENANTS', 'CREATED', 'BY', 'ROTATED', 'LAST USED', 'EXPIRES'];

export function keyCells({ id, name, roles, tenants, createdAt, createdBy, rotatedAt, lastUsedAt, expiresAt }: Key): readonly string[] {
  const moment = (at: string | null): string => (at === null ? 'never' : minute(at));
  const of = [id, name, roles.join(','), (tenants ?? ['*']).join(',')];
  return [...of, minute(createdAt), createdBy ?? '', moment(rotatedAt), moment(lastUsedAt), moment(expiresAt)];
}

/** Roles separated by commas. @throws CommandError */
export function rolesIn(text: string): readonly (typeof ROLES)[number][] {
  const isRole = (role: string): role is (typeof ROLES)[number] => (ROLES as readonly string[]).includes(role);
  return text.split(',').map((role) => {
    if (!isRole(role)) throw new CommandError(EXIT.usage, `--role: ${role} is not one of ${ROLES.join(', ')}`);
    return role;
  });
}

/** Tenants separated by commas; `*` for every tenant. @throws CommandError */
export function tenantsIn(text: string): readonly string[] | '*' {
  if (text === '*') return '*';
  const tenants = text.split(',');
  if (!tenants.every((tenant) => NAME.test(tenant))) throw new CommandError(EXIT.usage, '--tenant: names separated by commas, or *');
  return tenants;
}

/** @throws CommandError */
export function requireName(name: string): void {
  if (!NAME.test(name)) throw new CommandError(EXIT.usage, `${name}: the name of a key must be like ${NAME.source}`);
}
