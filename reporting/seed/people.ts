// Names and addresses of account holders in Europe. The towns exist, the people and businesses are invented.

import type { Random } from './random.ts';

interface Region {
  /** Percent of the customers. */
  weight: number;
  country: string;
  first: readonly string[];
  last: readonly string[];
  streets: readonly string[];
  /** `town=post code`. */
  towns: readonly string[];
  /** The address lines in the notation of the country. */
  write(street: string, house: number, postCode: string, town: string): string[];
}

const list = ([names = '']: TemplateStringsArray) => names.split(',');

const CONTINENTAL: Region['write'] = (street, house, postCode, town) => [`${street} ${house}`, `${postCode} ${town}`];

const REGIONS: readonly Region[] = [
  {
    weight: 52,
    country: 'Ireland',
    first: list`Aoife,Cian,Niamh,Oisín,Saoirse,Conor,Róisín,Darragh,Caoimhe,Fionn,Siobhán,Eoin,Orla,Seán,Gráinne,Pádraig,Clodagh,Ronan,Emma,Jack,Grace,Liam,Fiadh,Tadhg`,
    last: list`Murphy,O’Sullivan,Byrne,Ryan,O’Connor,Doyle,McCarthy,Gallagher,Doherty,Kennedy,Lynch,Murray,Quinn,Moore,McLoughlin,Brennan,Ó Briain,Nic Dhomhnaill,Fitzgerald,Keane,Hayes,Walsh`,
    streets: list`Harbour View,Castle Street,Mill Lane,Church Road,Ashfield Avenue,Station Road,Elm Park,Priory Court,Abbey Street,Riverside Drive,The Green,Seaview Terrace`,
    towns: list`Dublin 8=D08,Dublin 6=D06,Cork=T12,Galway=H91,Limerick=V94,Waterford=X91,Kilkenny=R95,Dún Laoghaire=A96`,
    write: (street, house, postCode, town) => [`${house} ${street}`, `${town}, ${postCode}`],
  },
  {
    weight: 12,
    country: 'Germany',
    first: list`Anna,Jürgen,Lena,Matthias,Sophie,Björn,Käthe,Lukas,Mia,Jörg,Hannah,Felix`,
    last: list`Müller,Schäfer,Weiß,Köhler,Jäger,Groß,Vogel,Brandt,Lößner,Hübner,Kästner,Busch`,
    streets: list`Gartenstraße,Lindenallee,Am Mühlbach,Schillerstraße,Bahnhofstraße,Rosenweg`,
    towns: list`Hamburg=22767,Köln=50823,München=80469,Leipzig=04229`,
    write: CONTINENTAL,
  },
  {
    weight: 9,
    country: 'France',
    first: list`Camille,Étienne,Zoé,Benoît,Chloé,Rémi,Hélène,François,Inès,Noël`,
    last: list`Lefèvre,Moreau,Dubois,Gautier,Rousseau,Lemaître,Besançon,Renaud,Fournier,Guérin`,
    streets: list`rue des Tanneurs,avenue de la République,rue Molière,quai des Bateliers,rue du Général-Leclerc`,
    towns: list`Lyon=69007,Nantes=44000,Besançon=25000`,
    write: (street, house, postCode, town) => [`${house} ${street}`, `${postCode} ${town}`],
  },
  {
    weight: 9,
    country: 'Spain',
    first: list`Lucía,Álvaro,Begoña,Íñigo,María José,Jesús,Núria,Joaquín`,
    last: list`García Núñez,Fernández Peña,Ibáñez,Muñoz Soler,Ordóñez,Rodríguez Lago,Castaño,Güell`,
    streets: list`Calle Mayor,Avenida de la Constitución,Calle del Cardenal Cisneros,Paseo de la Alameda`,
    towns: list`Madrid=28010,Málaga=29012,A Coruña=15003`,
    write: (street, house, postCode, town) => [`${street}, ${house}`, `${postCode} ${town}`],
  },
  {
    weight: 7,
    country: 'Netherlands',
    first: list`Sanne,Daniël,Noor,Jeroen,Zoë,Bram,Femke,Joris`,
    last: list`de Vries,van den Berg,Coppenhaver,Büchner,Hoekstra,van der Meulen,Bakker,Dijkstra`,
    streets: list`Prinsengracht,Kerkstraat,Oudezijds Achterweg,Singelkade,Molenpad`,
    towns: list`Amsterdam=1017 HV,Utrecht=3512 JK,Groningen=9712 EM`,
    write: CONTINENTAL,
  },
  {
    weight: 6,
    country: 'Poland',
    first: list`Małgorzata,Łukasz,Agnieszka,Paweł,Zofia,Michał,Bożena,Jędrzej`,
    last: list`Wiśniewska,Wójcik,Kowalczyk,Dąbrowski,Zieliński,Szymańska,Świątek,Żak`,
    streets: list`ul. Długa,ul. Świętego Marcina,ul. Piłsudskiego,ul. Ogrodowa`,
    towns: list`Kraków=31-145,Łódź=90-368,Gdańsk=80-831`,
    write: CONTINENTAL,
  },
  {
    weight: 5,
    country: 'Czechia',
    first: list`Jiří,Tereza,Ondřej,Kateřina,Bohumil,Lucie`,
    last: list`Dvořák,Nováková,Čermák,Růžičková,Krejčí,Šťastný`,
    streets: list`Nábřežní,Vinohradská,Husova,Příčná`,
    towns: list`Praha 2=120 00,Brno=602 00,Olomouc=779 00`,
    write: CONTINENTAL,
  },
];

const BUSINESSES = list`Atlantic Tide Seafoods Ltd,Burren Stoneworks Ltd,Kilbride Joinery & Sons,Blackwater Brewing Co.,Skellig Cycles Ltd,Harcourt Dental Practice,Inishmore Knitwear Ltd,Glen Orchard Preserves,Westbound Freight Ltd,Tara Street Bakehouse,Corrib Architects LLP,Liffey Print & Bind,Moher Adventure Tours Ltd,Copper Beech Nurseries,Ardmore Glass Studio,Slate & Thatch Roofing Ltd,Foyle Marine Engines,Meath Valley Dairy Ltd,Ormond Physiotherapy,Three Wells Consulting Ltd,Kestrel Software Ltd`;

export interface Customer {
  customer_no: string;
  kind: 'person' | 'business';
  name: string;
  address: string[];
  /** Without the district: `Dublin`, not `Dublin 8`. */
  town: string;
}

/** Every eighth customer is a business in Ireland; the others are distributed by weight. */
export function makeCustomer(index: number, random: Random): Customer {
  const customer_no = `C${String(100_000 + index * 37).padStart(6, '0')}`;
  const isBusiness = index % 8 === 5;
  const region = isBusiness ? (REGIONS[0] as Region) : pickRegion(random);
  const [place = '', area = ''] = random.pick(region.towns).split('=');
  // An Irish post code ends in a part that is unique to the house.
  const postCode = region.country === 'Ireland' ? `${area} ${random.pick(EIRCODES)}` : area;
  const lines = region.write(random.pick(region.streets), random.int(1, 148), postCode, place);
  const name = isBusiness ? (BUSINESSES[Math.floor(index / 8) % BUSINESSES.length] as string) : nameIn(region, random);
  const town = place.replace(/ \d+$/, '');
  return { customer_no, kind: isBusiness ? 'business' : 'person', name, address: [...lines, region.country], town };
}

const EIRCODES = list`XY47,K3R2,HD90,W5F8,VN21,A7C4,TP63,E9H1`;

/** The name of a payer or payee. */
export function makePersonName(random: Random): string {
  return nameIn(pickRegion(random), random);
}

function nameIn({ first, last }: Region, random: Random): string {
  return `${random.pick(first)} ${random.pick(last)}`;
}

function pickRegion(random: Random): Region {
  let at = random.int(0, 99);
  for (const region of REGIONS) {
    at -= region.weight;
    if (at < 0) return region;
  }
  return REGIONS[0] as Region;
}
