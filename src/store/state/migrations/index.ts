/** The list of migrations, oldest first. A released one is never edited: add another. */
import type { Migration, MigrationProvider } from 'kysely/migration';
import { first } from './0001-first.ts';
import { quarantineParameters } from './0002-quarantine-parameters.ts';
import { sensorHistory } from './0003-sensor-history.ts';
import { sensorTokens } from './0004-sensor-tokens.ts';
import { flowRead } from './0005-flow-read.ts';
import { packetRead } from './0006-packet-read.ts';
import { secrecy } from './0007-secrecy.ts';
import { surges } from './0008-surges.ts';
import { ownRangeAlerts } from './0009-own-range-alerts.ts';
import { findingMarks } from './0010-finding-marks.ts';
import { suppressedEvidence } from './0011-suppressed-evidence.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-quarantine-parameters': quarantineParameters,
  '0003-sensor-history': sensorHistory,
  '0004-sensor-tokens': sensorTokens,
  '0005-flow-read': flowRead,
  '0006-packet-read': packetRead,
  '0007-secrecy': secrecy,
  '0008-surges': surges,
  '0009-own-range-alerts': ownRangeAlerts,
  '0010-finding-marks': findingMarks,
  '0011-suppressed-evidence': suppressedEvidence,
};

export const migrationProvider: MigrationProvider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };
