export { wholeItems } from './changing/feature.js'
