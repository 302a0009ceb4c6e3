/** All region names that AWS has had look like this: `us-east-1`, `ap-southeast-3`, `us-gov-west-1`. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/

/** Throws RangeError, saying what a region name looks like. */
export function checkRegions(regions: readonly string[]): void {
  if (regions.length === 0)
    throw new RangeError('A local cloud needs at least one region, for example us-east-1')
  for (const region of regions) {
    if (!REGION.test(region))
      throw new RangeError(`${JSON.stringify(region)} is not a region name; one looks like us-east-1`)
  }
  const twice = regions.find((region, index) => regions.indexOf(region) !== index)
  if (twice !== undefined) throw new RangeError(`Region ${twice} is named twice`)
}
