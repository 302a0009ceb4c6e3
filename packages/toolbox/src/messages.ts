export { messages } from '@dynaseal/document-client/messages'
