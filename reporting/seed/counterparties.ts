// The invented payers and payees of customers: shops, suppliers, employers and authorities.

import { makeIban } from '../iban.ts';
import { createRandom, type Random } from './random.ts';

export interface Counterparty {
  name: string;
  iban: string;
}

/** Paid by card: the reference names a place, and there is no account. */
export interface Shop {
  name: string;
  /** Null: a branch in the customer's own town. */
  place: string | null;
  from_cents: number;
  to_cents: number;
}

const shops = (place: string | null, from_cents: number, to_cents: number, ...names: string[]): Shop[] =>
  names.map((name) => ({ name, place, from_cents, to_cents }));

export const GROCERS = [
  ...shops(null, 640, 9480, 'Greenway Market', 'Dunmore Foods', 'Fenwick & Daughters', 'Liberties Larder'),
  ...shops(null, 910, 10_400, 'Lee Valley Grocer', 'Claddagh Foods', 'Hazelwood Organic'),
  ...shops('Online', 3500, 14_800, 'Basket & Crate'),
];

/** The first six are paid from an everyday account. */
export const SHOPS = [
  ...shops(null, 420, 6400, 'Café Grão', 'Tandoor Nine', 'The Tin Whistle'),
  ...shops(null, 690, 8900, 'Shandon Pharmacy', 'Quay Books', 'Kleine Freude'),
  ...shops(null, 1490, 17_900, 'Halla Menswear', 'Nordlys Home', 'Penrose Outdoor', 'Marina Optics'),
  ...shops(null, 1150, 24_000, 'Toolwright Hardware', 'Garden & Gable'),
  ...shops('Online', 990, 38_000, 'Pixelhaus Electronics', 'Vinyl Harbour', 'Bücherfuchs'),
];
export const SMALL_SHOPS = SHOPS.slice(0, 6);

export const LOCAL_CARRIERS = [
  ...shops(null, 240, 3200, 'Leap & Line Transit', 'City Parking'),
  ...shops('Motorway services', 3800, 9400, 'Fuelstop'),
];
export const CARRIERS = [...LOCAL_CARRIERS, ...shops('Online', 1900, 26_000, 'Meridian Rail', 'AerNorth Airlines')];

/** Bank codes that are not in use, and how many digits follow. */
const FOREIGN_BANKS = [
  ['DE', '999', 15],
  ['NL', 'XQNB0', 9],
  ['AT', '99', 14],
  ['IE', 'XQIB99', 12],
] as const;

/** The IBAN follows from the name. */
const known = ([names = '']: TemplateStringsArray): Counterparty[] =>
  names.split(',').map((name) => ({ name, iban: makeForeignIban(createRandom(...Buffer.from(name))) }));

export const EMPLOYERS = known`Northgate Medical Devices,Hibernia Cloud Services,Board of Education West,Castletown Pharma,Meitheal Insurance Group,Lakemoor Dairies Co-op,Emerald Semiconductors,Western County Council,Brightwater Software,St Brigid’s Hospital,Atlantic Air Traffic,Rathmines Legal LLP,Wexford Wind,Fáilte Hotels,Kraftwerk Nord GmbH,Société Ligérienne`;
export const PENSIONS = known`Department of Social Affairs,Civil Service Pension Fund,Lakemoor Retirement Trust`;
export const LANDLORDS = known`Hearth Lettings Ltd,Quayside Property Management,Gable & Co. Residential,Vinohrad Reality`;
export const LENDERS = known`Calder & Quay Home Loans`;
export const ENERGY = known`Corrib Energy,Slieve Power,Bord Solas`;
export const TELECOM = known`Signal Mobile,Fibrenet Éire,Blue Heron Broadband`;
export const INSURERS = known`Meitheal Insurance,Saltmarsh Health,Kingfisher Motor`;
export const SUBSCRIPTIONS = known`Streambox,Tonality Music,The Harbour Times,Iron & Oak Gym,Cloudshelf,Polyglot Lingua`;
export const CLIENTS = known`Ballina Wholesale Ltd,Sodermalm Trading AB,Hôtel du Vieux Port,Kaufhaus Wörner,Mercado São Bento,Grand Canal Events,Lough Derg Marina,Óptica Peñalba,Vondelpark Kiosk BV,Wicklow Council,Ostsee Handel GmbH,Penrose Outdoor,Claddagh Foods,Fáilte Hotels`;
export const SUPPLIERS = known`Midland Timber Merchants,Packwell Europe,Shannon Fuel Oil,Rheinische Werkzeug AG,Office Atlas,Hanley Accountants,Portside Logistics,Verrerie Blanchet`;
export const AUTHORITIES = known`Revenue Collector`;
export const BANK: Counterparty = { name: 'Calder & Quay Bank', iban: '' };

/** An account at a bank in the euro area. */
export function makeForeignIban(random: Random): string {
  const [country, bank, digits] = FOREIGN_BANKS[random.int(0, 3)] as (typeof FOREIGN_BANKS)[number];
  return makeIban(country, `${bank}${random.digits(digits)}`);
}
