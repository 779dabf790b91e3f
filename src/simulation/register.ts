/**
 * The files an operator would write about the country: its constituents and its sensor.
 *
 * Two address spaces stay out of the register on purpose (one provider's, and whatever is
 * abroad), some constituents can be reached by letter only, and one block changes hands.
 */
import { stringify } from 'yaml';
import { formatIpv4Number } from '../domain/address.ts';
import {
  type Block,
  blockSize,
  type Country,
  organisationBlock,
  organisationIpv6,
  providerBlock,
  providerIpv6,
  WANDERING_BLOCK,
} from './country.ts';
import type { Organisation, Provider } from './organisations.ts';

const toText = (block: Block): string => `${formatIpv4Number(block.start)}/${block.length}`;

/** The register as YAML, in the shape `yagura constituents --import` reads. */
export function constituentsYaml(country: Country): string {
  const providers = country.providers.flatMap((provider, place) =>
    provider.isRegistered ? [providerEntry(country, provider, place)] : [],
  );
  const organisations = country.organisations.map(organisationEntry);
  return stringify({ constituents: [...providers, ...organisations] }, { lineWidth: 0 });
}

function providerEntry(country: Country, provider: Provider, place: number): object {
  const wandering = { prefix: toText(WANDERING_BLOCK) };
  const changedAt = new Date(country.transferAt).toISOString();
  const changed = place === 0 ? [{ ...wandering, to: changedAt }] : place === 1 ? [{ ...wandering, from: changedAt }] : [];
  return {
    id: provider.id,
    name: provider.name,
    kind: 'isp',
    language: provider.language,
    mail: provider.mail,
    letter: provider.letter,
    resources: [
      { prefix: toText(providerBlock(place)) },
      { prefix: providerIpv6(place) },
      ...changed,
      { asn: provider.asn },
      { domain: `${provider.id}.example` },
    ],
  };
}

function organisationEntry(organisation: Organisation): object {
  const { id, name, kind, language, mail, letter } = organisation;
  const resources = [
    { prefix: toText(organisationBlock(organisation)) },
    { prefix: organisationIpv6(organisation) },
    { domain: `${id}.example` },
  ];
  return { id, name, kind, language, mail, letter, resources };
}

export const TELESCOPE_SENSOR = 'hinomi-1';

/** The one sensor; thresholds depend on how many addresses it watches. */
export function sensorOf(country: Country): { readonly id: string; readonly title: string; readonly addresses: number } {
  return { id: TELESCOPE_SENSOR, title: '火の見1 / Hinomi 1', addresses: blockSize(country.telescope) };
}

export function sensorYaml(country: Country): string {
  return stringify(sensorOf(country));
}
