// Host and origin checks, security headers, and a limit on writes.
// A page of another site can make a browser send requests here; these checks prevent it from changing anything.

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { httpError } from './errors.ts';

export interface SecurityOptions {
  /** Host names of this server beside those of loopback, without port. */
  allowed_hosts?: readonly string[];
  /** Other origins whose pages may write: `http://localhost:5173`. */
  allowed_origins?: readonly string[];
  /** Writes per minute and address (6,000). */
  writes_per_minute?: number;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export async function secure(app: FastifyInstance, options: SecurityOptions): Promise<void> {
  const hosts = new Set([...LOOPBACK, ...(options.allowed_hosts ?? [])].map((host) => host.toLowerCase()));
  const origins = new Set(options.allowed_origins ?? []);

  await app.register(helmet, {
    // The server speaks plain HTTP on loopback: a browser that insists on TLS would be locked out.
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Components set styles on elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
  });
  app.addHook('onRequest', async (request) => {
    // A host name that an attacker points at loopback (DNS rebinding) would have the origin of this server.
    if (!hosts.has(hostOf(request))) throw httpError('HOST_NOT_ALLOWED', 'This server does not have this host name.');
    if (!SAFE_METHODS.has(request.method)) refuseForeignOrigin(request, origins);
  });
  await app.register(rateLimit, {
    max: options.writes_per_minute ?? 6_000,
    timeWindow: 60_000,
    allowList: (request) => SAFE_METHODS.has(request.method),
    // A connection that was reset has no address any more.
    keyGenerator: (request) => request.ip ?? '',
    errorResponseBuilder: (_request, { after }) => httpError('RATE_LIMITED', `Too many writes; continue in ${after}.`),
  });
}

/** The host header without its port. */
function hostOf(request: FastifyRequest): string {
  return (request.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
}

function refuseForeignOrigin(request: FastifyRequest, allowed: ReadonlySet<string>): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  // Programs send neither; browsers send an origin with every write.
  const own =
    origin === undefined ? site === undefined || site === 'same-origin' || site === 'none' : isOwn(request, origin);
  if (own || (origin !== undefined && allowed.has(origin))) return;
  throw httpError('ORIGIN_NOT_ALLOWED', 'Pages of another origin may not change anything here.');
}

function isOwn(request: FastifyRequest, origin: string): boolean {
  try {
    const { protocol, host } = new URL(origin);
    // URL drops the default port of both.
    return host === new URL(`${protocol}//${request.headers.host}`).host;
  } catch {
    return false;
  }
}
