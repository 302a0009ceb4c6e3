import toolbox = require('@dynaseal/toolbox')
import core = require('@dynaseal/core')
import keyrings = require('@dynaseal/mrk-keyring')
import cloud = require('@dynaseal/local-cloud')

export const used = [toolbox.encrypted, core.createFormat, keyrings.MrkKeyring, cloud.startLocalCloud]
