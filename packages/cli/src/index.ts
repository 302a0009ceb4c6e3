export { type Config, defineConfig } from './config/config.js'
