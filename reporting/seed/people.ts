// Who banks here: names and addresses of account holders, from all over the euro area.
// Everything is invented; streets and towns exist, the people and businesses do not.

import type { Random } from './random.ts';

interface Region {
  /** So many of 100 customers. */
  weight: number;
  country: string;
  first: readonly string[];
  last: readonly string[];
  streets: readonly string[];
  towns: readonly { town: string; post_code: string }[];
  /** How a street, a house number, a post code and a town are written there. */
  write(street: string, house: number, postCode: string, town: string): string[];
}

const CONTINENTAL = (street: string, house: number, postCode: string, town: string) => [
  `${street} ${house}`,
  `${postCode} ${town}`,
];

const REGIONS: readonly Region[] = [
  {
    weight: 52,
    country: 'Ireland',
    first:
      'Aoife,Cian,Niamh,Oisín,Saoirse,Conor,Róisín,Darragh,Caoimhe,Fionn,Siobhán,Eoin,Orla,Seán,Gráinne,Pádraig,Clodagh,Ronan,Emma,Jack,Grace,Liam,Fiadh,Tadhg'.split(
        ',',
      ),
    last: 'Murphy,O’Sullivan,Byrne,Ryan,O’Connor,Doyle,McCarthy,Gallagher,Doherty,Kennedy,Lynch,Murray,Quinn,Moore,McLoughlin,Brennan,Ó Briain,Nic Dhomhnaill,Fitzgerald,Keane,Hayes,Walsh'.split(
      ',',
    ),
    streets:
      'Harbour View,Castle Street,Mill Lane,Church Road,Ashfield Avenue,Station Road,Elm Park,Priory Court,Abbey Street,Riverside Drive,The Green,Seaview Terrace'.split(
        ',',
      ),
    towns: [
      { town: 'Dublin 8', post_code: 'D08' },
      { town: 'Dublin 6', post_code: 'D06' },
      { town: 'Cork', post_code: 'T12' },
      { town: 'Galway', post_code: 'H91' },
      { town: 'Limerick', post_code: 'V94' },
      { town: 'Waterford', post_code: 'X91' },
      { town: 'Kilkenny', post_code: 'R95' },
      { town: 'Dún Laoghaire', post_code: 'A96' },
    ],
    write: (street, house, postCode, town) => [`${house} ${street}`, `${town}, ${postCode}`],
  },
  {
    weight: 12,
    country: 'Germany',
    first: 'Anna,Jürgen,Lena,Matthias,Sophie,Björn,Käthe,Lukas,Mia,Jörg,Hannah,Felix'.split(','),
    last: 'Müller,Schäfer,Weiß,Köhler,Jäger,Groß,Vogel,Brandt,Lößner,Hübner,Kästner,Busch'.split(','),
    streets: 'Gartenstraße,Lindenallee,Am Mühlbach,Schillerstraße,Bahnhofstraße,Rosenweg'.split(','),
    towns: [
      { town: 'Hamburg', post_code: '22767' },
      { town: 'Köln', post_code: '50823' },
      { town: 'München', post_code: '80469' },
      { town: 'Leipzig', post_code: '04229' },
    ],
    write: CONTINENTAL,
  },
  {
    weight: 9,
    country: 'France',
    first: 'Camille,Étienne,Zoé,Benoît,Chloé,Rémi,Hélène,François,Inès,Noël'.split(','),
    last: 'Lefèvre,Moreau,Dubois,Gautier,Rousseau,Lemaître,Besançon,Renaud,Fournier,Guérin'.split(','),
    streets: 'rue des Tanneurs,avenue de la République,rue Molière,quai des Bateliers,rue du Général-Leclerc'.split(
      ',',
    ),
    towns: [
      { town: 'Lyon', post_code: '69007' },
      { town: 'Nantes', post_code: '44000' },
      { town: 'Besançon', post_code: '25000' },
    ],
    write: (street, house, postCode, town) => [`${house} ${street}`, `${postCode} ${town}`],
  },
  {
    weight: 9,
    country: 'Spain',
    first: 'Lucía,Álvaro,Begoña,Íñigo,María José,Jesús,Núria,Joaquín'.split(','),
    last: 'García Núñez,Fernández Peña,Ibáñez,Muñoz Soler,Ordóñez,Rodríguez Lago,Castaño,Güell'.split(','),
    streets: 'Calle Mayor,Avenida de la Constitución,Calle del Cardenal Cisneros,Paseo de la Alameda'.split(','),
    towns: [
      { town: 'Madrid', post_code: '28010' },
      { town: 'Málaga', post_code: '29012' },
      { town: 'A Coruña', post_code: '15003' },
    ],
    write: (street, house, postCode, town) => [`${street}, ${house}`, `${postCode} ${town}`],
  },
  {
    weight: 7,
    country: 'Netherlands',
    first: 'Sanne,Daniël,Noor,Jeroen,Zoë,Bram,Femke,Joris'.split(','),
    last: 'de Vries,van den Berg,Coppenhaver,Büchner,Hoekstra,van der Meulen,Bakker,Dijkstra'.split(','),
    streets: 'Prinsengracht,Kerkstraat,Oudezijds Achterweg,Singelkade,Molenpad'.split(','),
    towns: [
      { town: 'Amsterdam', post_code: '1017 HV' },
      { town: 'Utrecht', post_code: '3512 JK' },
      { town: 'Groningen', post_code: '9712 EM' },
    ],
    write: CONTINENTAL,
  },
  {
    weight: 6,
    country: 'Poland',
    first: 'Małgorzata,Łukasz,Agnieszka,Paweł,Zofia,Michał,Bożena,Jędrzej'.split(','),
    last: 'Wiśniewska,Wójcik,Kowalczyk,Dąbrowski,Zieliński,Szymańska,Świątek,Żak'.split(','),
    streets: 'ul. Długa,ul. Świętego Marcina,ul. Piłsudskiego,ul. Ogrodowa'.split(','),
    towns: [
      { town: 'Kraków', post_code: '31-145' },
      { town: 'Łódź', post_code: '90-368' },
      { town: 'Gdańsk', post_code: '80-831' },
    ],
    write: CONTINENTAL,
  },
  {
    weight: 5,
    country: 'Czechia',
    first: 'Jiří,Tereza,Ondřej,Kateřina,Bohumil,Lucie'.split(','),
    last: 'Dvořák,Nováková,Čermák,Růžičková,Krejčí,Šťastný'.split(','),
    streets: 'Nábřežní,Vinohradská,Husova,Příčná'.split(','),
    towns: [
      { town: 'Praha 2', post_code: '120 00' },
      { town: 'Brno', post_code: '602 00' },
      { town: 'Olomouc', post_code: '779 00' },
    ],
    write: CONTINENTAL,
  },
];

const BUSINESSES =
  'Atlantic Tide Seafoods Ltd,Burren Stoneworks Ltd,Kilbride Joinery & Sons,Blackwater Brewing Co.,Skellig Cycles Ltd,Harcourt Dental Practice,Inishmore Knitwear Ltd,Glen Orchard Preserves,Westbound Freight Ltd,Tara Street Bakehouse,Corrib Architects LLP,Liffey Print & Bind,Moher Adventure Tours Ltd,Copper Beech Nurseries,Ardmore Glass Studio,Slate & Thatch Roofing Ltd,Foyle Marine Engines,Meath Valley Dairy Ltd,Ormond Physiotherapy,Three Wells Consulting Ltd,Kestrel Software Ltd'.split(
    ',',
  );

export interface Customer {
  customer_no: string;
  kind: 'person' | 'business';
  name: string;
  address: string[];
  /** Where the customer shops: `Dublin`, not `Dublin 8`. */
  town: string;
}

/** Every eighth customer is a business; the rest live where the weights say. */
export function makeCustomer(index: number, random: Random): Customer {
  const customer_no = `C${String(100_000 + index * 37).padStart(6, '0')}`;
  const isBusiness = index % 8 === 5;
  const region = isBusiness ? (REGIONS[0] as Region) : pickRegion(random);
  const place = random.pick(region.towns);
  // An Irish post code ends in a part of its own for every house.
  const postCode = region.country === 'Ireland' ? `${place.post_code} ${random.pick(EIRCODES)}` : place.post_code;
  const lines = region.write(random.pick(region.streets), random.int(1, 148), postCode, place.town);
  const name = isBusiness
    ? (BUSINESSES[Math.floor(index / 8) % BUSINESSES.length] as string)
    : `${random.pick(region.first)} ${random.pick(region.last)}`;
  const town = place.town.replace(/ \d+$/, '');
  return { customer_no, kind: isBusiness ? 'business' : 'person', name, address: [...lines, region.country], town };
}

const EIRCODES = 'XY47,K3R2,HD90,W5F8,VN21,A7C4,TP63,E9H1'.split(',');

/** Somebody money is sent to, or comes from. */
export function makePersonName(random: Random): string {
  const region = pickRegion(random);
  return `${random.pick(region.first)} ${random.pick(region.last)}`;
}

function pickRegion(random: Random): Region {
  let at = random.int(0, 99);
  for (const region of REGIONS) {
    at -= region.weight;
    if (at < 0) return region;
  }
  return REGIONS[0] as Region;
}
