// The public entry point `faultline/http`: the server, and the wire it speaks.
export * from './contract.ts';
export { API_PREFIX, type App, createServer, type ServerOptions } from './server.ts';
