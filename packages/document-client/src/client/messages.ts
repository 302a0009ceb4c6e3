import { fieldMessages } from '@dynaseal/core/formats'
import type { Features } from './features.js'

/** Fields of format 1, which are messages of the AWS Encryption SDK. */
export const messages: Features = { messages: fieldMessages }
