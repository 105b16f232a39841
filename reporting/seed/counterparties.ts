// Whom customers pay and are paid by: shops, suppliers, employers and authorities, each with an account of its own.
// All invented.

import { makeIban } from '../iban.ts';
import { createRandom, type Random } from './random.ts';

export interface Counterparty {
  name: string;
  iban: string;
}

/** A shop one pays by card: the terminal names a place, and no account is shown. */
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

/** Cafés, pharmacies and the like come first: what one pays from an everyday account. */
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

const known = (names: string): Counterparty[] => names.split(',').map((name) => ({ name, iban: ibanOf(name) }));

export const EMPLOYERS = known(
  'Northgate Medical Devices,Hibernia Cloud Services,Board of Education West,Castletown Pharma,Meitheal Insurance Group,Lakemoor Dairies Co-op,Emerald Semiconductors,Western County Council,Brightwater Software,St Brigid’s Hospital,Atlantic Air Traffic,Rathmines Legal LLP,Wexford Wind,Fáilte Hotels,Kraftwerk Nord GmbH,Société Ligérienne',
);
export const PENSIONS = known('Department of Social Affairs,Civil Service Pension Fund,Lakemoor Retirement Trust');
export const LANDLORDS = known(
  'Hearth Lettings Ltd,Quayside Property Management,Gable & Co. Residential,Vinohrad Reality',
);
export const LENDERS = known('Calder & Quay Home Loans');
export const ENERGY = known('Corrib Energy,Slieve Power,Bord Solas');
export const TELECOM = known('Signal Mobile,Fibrenet Éire,Blue Heron Broadband');
export const INSURERS = known('Meitheal Insurance,Saltmarsh Health,Kingfisher Motor');
export const SUBSCRIPTIONS = known(
  'Streambox,Tonality Music,The Harbour Times,Iron & Oak Gym,Cloudshelf,Polyglot Lingua',
);
export const CLIENTS = known(
  'Ballina Wholesale Ltd,Sodermalm Trading AB,Hôtel du Vieux Port,Kaufhaus Wörner,Mercado São Bento,Grand Canal Events,Lough Derg Marina,Óptica Peñalba,Vondelpark Kiosk BV,Wicklow Council,Ostsee Handel GmbH,Penrose Outdoor,Claddagh Foods,Fáilte Hotels',
);
export const SUPPLIERS = known(
  'Midland Timber Merchants,Packwell Europe,Shannon Fuel Oil,Rheinische Werkzeug AG,Office Atlas,Hanley Accountants,Portside Logistics,Verrerie Blanchet',
);
export const AUTHORITIES = known('Revenue Collector');
export const BANK: Counterparty = { name: 'Calder & Quay Bank', iban: '' };

/** An account at a bank somewhere in the euro area. The bank codes are not in use. */
export function makeForeignIban(random: Random): string {
  switch (random.int(0, 3)) {
    case 0:
      return makeIban('DE', `999${random.digits(15)}`);
    case 1:
      return makeIban('NL', `XQNB0${random.digits(9)}`);
    case 2:
      return makeIban('AT', `99${random.digits(14)}`);
    default:
      return makeIban('IE', `XQIB99${random.digits(12)}`);
  }
}

function ibanOf(name: string): string {
  return makeForeignIban(createRandom(...Buffer.from(name)));
}
