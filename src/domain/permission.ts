/**
 * Roles and what each may do. Deny by default: a route without a permission does not start.
 *
 * The table is seeded into the state store by the first migration and is read from there.
 * Until accounts exist the only people are the local administrator (loopback) and the
 * holder of the access token.
 */
export const ROLES = [
  'administrator',
  'coordinator',
  'analyst',
  'constituent',
  'trainee',
  'policy-owner',
  'auditor',
  'sensor',
  'public',
] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'status.read',
  'traffic.read',
  'flow.read',
  'packet.read',
  'intake.read',
  'intake.write',
  'finding.read',
  'case.read',
  'case.write',
  'notice.read',
  'notice.send',
  'constituent.read',
  'constituent.write',
  'module.read',
  'sensor.read',
  'sensor.write',
  'audit.read',
  'alarm.read',
  'alert.read',
  'alert.write',
  'live.write',
  'token.read',
  'token.write',
  'purpose.read',
  'purpose.request',
  'purpose.grant',
  'c2.read',
  'c2.write',
  'backtest.run',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Edge collectors and who lets them in: not part of the work with findings. */
const MACHINERY: ReadonlySet<Permission> = new Set(['live.write', 'token.read', 'token.write']);
const WORK = PERMISSIONS.filter((permission) => !MACHINERY.has(permission));

export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: PERMISSIONS,
  coordinator: WORK.filter((permission) => !['audit.read', 'packet.read'].includes(permission)),
  analyst: WORK.filter(
    (permission) => !['audit.read', 'constituent.write', 'notice.send', 'sensor.write', 'purpose.grant'].includes(permission),
  ),
  constituent: ['status.read', 'finding.read', 'case.read', 'notice.read'],
  trainee: ['status.read'],
  'policy-owner': ['status.read', 'traffic.read', 'constituent.read', 'sensor.read'],
  auditor: ['status.read', 'audit.read', 'module.read', 'alarm.read', 'intake.read', 'sensor.read', 'purpose.read'],
  sensor: ['live.write'],
  public: ['status.read'],
};
