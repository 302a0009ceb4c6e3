import { negativeFields } from './negativeFields.mjs'
import { negativeForms } from './negativeForms.mjs'
import { negativeKeys } from './negativeKeys.mjs'
import { negativePlaces } from './negativePlaces.mjs'

export const negatives = () => [
  ...negativePlaces(),
  ...negativeForms(),
  ...negativeKeys(),
  ...negativeFields(),
]
