import { repositories } from './commands/repositories.js'
import { describeMatrix } from './matrix.js'

describeMatrix('repositories', repositories)
