export { type OpenApiOptions, openapi, openapi as default } from './plugin.js'
