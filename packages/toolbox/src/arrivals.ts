import { arriving } from '@dynaseal/document-client/mapper'
import { openEntities } from './entityItems.js'
import type { ToolboxFeatures } from './sealEntities.js'

/** Items that arrive without a command: records of streams, exports, single items; for an entity, formatted and typed. */
export const arrivals: ToolboxFeatures = { arriving, entities: openEntities }
