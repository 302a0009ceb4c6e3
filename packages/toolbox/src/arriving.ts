export type {
  Bytes,
  ItemOpener,
  NativeItem,
  OpenedChange,
  OpenedRecord,
  RecordResult,
  StreamRecord,
  StreamRecordOptions,
} from '@dynaseal/document-client/arriving'
export { arrivals } from './arrivals.js'
export type { EntityItemOpener } from './entityItems.js'
