import type { Placement } from './placement.js'
import { parts } from './placementsInside.js'
import { containers } from './placementsOfContainers.js'
import { leaves, props } from './placementsOfLeaves.js'

export const placements: readonly Placement[] = [...leaves, ...props, ...containers, ...parts]
