// CommonJS, so that every bundler takes the package in, and none runs it before it is asked for.
exports.load = () => require('@aws-crypto/material-management')
