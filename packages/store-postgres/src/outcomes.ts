/** The store of outcomes on SQL. The commits write it (store.ts). */
import type { OutcomeStore } from '@desist/pipeline';
import type { Queries } from '@desist/postgres';
import { expectCommands } from './statements/expect-commands.ts';
import { listFaults } from './statements/list-faults.ts';
import { loadOutcomes } from './statements/load-outcomes.ts';

export function createOutcomeStore(db: Queries): OutcomeStore {
  return {
    async expectCommands(commands) {
      // One row of each: an upsert may not touch a row twice.
      const distinct = new Map(commands.map((command) => [`${command.tenant} ${command.id}`, command]));
      // In one order for everybody: two requests never wait for each other.
      const rows = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, command]) => command);
      if (rows.length > 0) await expectCommands.run(db, { rows });
    },
    commandOutcomes: async (commands) => (commands.length === 0 ? [] : loadOutcomes.run(db, { rows: commands })),
    recordFaults: () => listFaults.run(db, {}),
  };
}
