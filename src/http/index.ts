// The public entry point `faultline/http`: the server and its contract.
export { API_PREFIX, type App } from './context.ts';
export * from './contract.ts';
export { createServer, type ServerOptions } from './server.ts';
