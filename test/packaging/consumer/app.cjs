const assert = require('node:assert/strict')

assert.equal(typeof require('@dynaseal/toolbox').encrypted, 'function')
assert.equal(typeof require('@dynaseal/core').createFormat, 'function')
assert.equal(typeof require('@dynaseal/mrk-keyring').MrkKeyring, 'function')
assert.equal(typeof require('@dynaseal/local-cloud').startLocalCloud, 'function')
