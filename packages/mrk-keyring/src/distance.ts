/**
 * Where AWS regions are: latitude and longitude in degrees of the place in the region's name.
 *
 * Source: "AWS Regions" in the AWS Global Infrastructure documentation for the names; the coordinates are
 * those of the city (or, where a state or country is named, of its usual data-centre area), to a tenth of
 * a degree. Only the order of distances matters, and only until latencies have been observed.
 */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  'af-south-1': [-33.9, 18.4], // Cape Town
  'ap-east-1': [22.3, 114.2], // Hong Kong
  'ap-east-2': [25.0, 121.6], // Taipei
  'ap-northeast-1': [35.7, 139.7], // Tokyo
  'ap-northeast-2': [37.6, 127.0], // Seoul
  'ap-northeast-3': [34.7, 135.5], // Osaka
  'ap-south-1': [19.1, 72.9], // Mumbai
  'ap-south-2': [17.4, 78.5], // Hyderabad
  'ap-southeast-1': [1.4, 103.8], // Singapore
  'ap-southeast-2': [-33.9, 151.2], // Sydney
  'ap-southeast-3': [-6.2, 106.8], // Jakarta
  'ap-southeast-4': [-37.8, 145.0], // Melbourne
  'ap-southeast-5': [3.1, 101.7], // Malaysia
  'ap-southeast-6': [-36.8, 174.8], // New Zealand
  'ap-southeast-7': [13.8, 100.5], // Thailand
  'ca-central-1': [45.5, -73.6], // Canada (Central)
  'ca-west-1': [51.0, -114.1], // Calgary
  'cn-north-1': [39.9, 116.4], // Beijing
  'cn-northwest-1': [37.5, 105.2], // Ningxia
  'eu-central-1': [50.1, 8.7], // Frankfurt
  'eu-central-2': [47.4, 8.5], // Zurich
  'eu-north-1': [59.3, 18.1], // Stockholm
  'eu-south-1': [45.5, 9.2], // Milan
  'eu-south-2': [41.6, -0.9], // Spain
  'eu-west-1': [53.3, -6.3], // Ireland
  'eu-west-2': [51.5, -0.1], // London
  'eu-west-3': [48.9, 2.4], // Paris
  'il-central-1': [32.1, 34.8], // Tel Aviv
  'me-central-1': [25.2, 55.3], // UAE
  'me-south-1': [26.2, 50.6], // Bahrain
  'mx-central-1': [20.6, -100.4], // Mexico (Central)
  'sa-east-1': [-23.6, -46.6], // São Paulo
  'us-east-1': [39.0, -77.5], // N. Virginia
  'us-east-2': [40.0, -83.0], // Ohio
  'us-gov-east-1': [40.0, -83.0], // GovCloud (US-East)
  'us-gov-west-1': [45.6, -121.2], // GovCloud (US-West)
  'us-west-1': [37.4, -121.9], // N. California
  'us-west-2': [45.6, -121.2], // Oregon
}

const EARTH_RADIUS_KM = 6_371
// Light in fibre makes about 200 km in a millisecond, there and back is twice the way, and cables are
// about half as long again as the great circle.
const MS_PER_KM = (2 / 200) * 1.5

/** Milliseconds that a round trip between two regions takes, by distance; undefined when one is unknown. */
export function estimatedLatency(from: string | undefined, to: string): number | undefined {
  if (from === undefined) return undefined
  if (from === to) return 1
  const a = Object.hasOwn(PLACES, from) ? PLACES[from] : undefined
  const b = Object.hasOwn(PLACES, to) ? PLACES[to] : undefined
  return a && b && 1 + kilometres(a, b) * MS_PER_KM
}

// The haversine formula.
function kilometres(
  [lat1, lon1]: readonly [number, number],
  [lat2, lon2]: readonly [number, number],
): number {
  const rad = Math.PI / 180
  const h =
    Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h))
}
