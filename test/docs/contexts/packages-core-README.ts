import { keyArns } from './cloud.js'

export { keyArns }
