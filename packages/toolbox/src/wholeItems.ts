export { wholeItems } from '@dynaseal/document-client/whole-items'
