export { messages } from './client/messages.js'
