export { FieldError, type FieldErrorCode, SealError, type SealErrorCode } from '@dynaseal/core'
export { encrypted } from './encrypted.js'
export { FieldsNotOpenedError, ToolboxError, type ToolboxErrorCode } from './errors.js'
export { type SealedDocumentClient, type SealOptions, sealDocumentClient } from './sealDocumentClient.js'
