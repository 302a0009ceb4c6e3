export interface CustomerData {
  shop: string
  id: string
  plan: 'basic' | 'plus' | 'pro'
  name: string
  email: string
  birthYear: number
  address: { street: string; zip: string; city: string }
  phones: Set<string>
}

const GIVEN = [
  'Ada',
  'Björn',
  'Chidi',
  'Dolores',
  'Emi',
  'Farid',
  'Greta',
  'Hana',
  'Ines',
  'Jakub',
  'Léa',
  'Mateo',
]
const FAMILY = [
  'Abara',
  'Berg',
  'Castillo',
  'Dubois',
  'Eriksen',
  'Fontana',
  'Grün',
  'Haddad',
  'Ivanova',
  'Kowalski',
]
const STREETS = ['Harbour Road', 'Rue des Lilas', 'Lindenallee', 'Calle Mayor', 'Station Street', 'Via Roma']
const CITIES = ['Bergen', 'Lyon', 'Leipzig', 'Sevilla', 'Leeds', 'Torino', 'Gdańsk', 'Malmö']
const PLANS = ['basic', 'plus', 'pro'] as const

/** Made-up customers, the same ones for the same seed. */
export function generateCustomers(shop: string, count: number, seed: number): CustomerData[] {
  const random = mulberry32(seed)
  const integer = (below: number) => Math.floor(random() * below)
  const pick = <ITEM>(from: readonly ITEM[]) => from[integer(from.length)] as ITEM
  const phone = () => `+${10 + integer(89)} ${100 + integer(900)} ${1000000 + integer(9000000)}`
  return Array.from({ length: count }, (_, i) => {
    const given = pick(GIVEN)
    const family = pick(FAMILY)
    return {
      shop,
      id: `customer-${String(i).padStart(4, '0')}`,
      plan: pick(PLANS),
      name: `${given} ${family}`,
      email: `${given}.${family}.${i}@example.com`.toLowerCase(),
      birthYear: 1940 + integer(66),
      address: {
        street: `${pick(STREETS)} ${1 + integer(120)}`,
        zip: String(10000 + integer(89999)),
        city: pick(CITIES),
      },
      phones: new Set(integer(2) === 0 ? [phone()] : [phone(), phone()]),
    }
  })
}

/** A small seeded generator (mulberry32, public domain): Math.random() takes no seed. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
