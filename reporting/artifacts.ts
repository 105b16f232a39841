// The documents that steps store: where they lie, how they are written, read, listed and deleted.
// A repeated attempt overwrites, never doubles; a reader sees a whole document or none; no path comes from a request.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ArtifactContent } from 'faultline';
import { ConfigurationError } from 'faultline';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import type { DriverContract, WriteOptions } from 'flydrive/types';

/** Whose document: the place of a process in its batch decides the folder. */
export interface ArtifactOwner {
  process_id: string;
  batch_id: string | null;
  ordinal: number;
}

const CONTENT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const;
export type ArtifactExtension = keyof typeof CONTENT_TYPES;

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const FOLDER = new RegExp(`^(?:standalone|${ID})/\\d{1,9}/${ID}/$`);
const NAME = new RegExp(`^[a-z][a-z0-9_]*\\.(?:${Object.keys(CONTENT_TYPES).join('|')})$`);

/** Processes of a batch: as many as `count`, from the place of the first on. */
export interface ArtifactWindow {
  batch_id: string;
  first_ordinal: number;
  count: number;
}

const folderOf = (ordinal: number) => Math.floor(ordinal / 1000);

/** Folders hold the documents of at most 1,000 processes of a batch: `<batch_id or standalone>/<ordinal div 1000>/<process_id>`. */
export function artifactFolder({ process_id, batch_id, ordinal }: ArtifactOwner): string {
  return `${batch_id ?? 'standalone'}/${folderOf(ordinal)}/${process_id}`;
}

export function artifactPath(owner: ArtifactOwner, step: string, extension: ArtifactExtension): string {
  return `${artifactFolder(owner)}/${step}.${extension}`;
}

/** The last folder that was one: a verdict asks of half a million paths, those of a process one after another. */
let known_folder: string | null = null;

function isFolder(folder: string): boolean {
  if (folder === known_folder) return true;
  if (!FOLDER.test(folder)) return false;
  known_folder = folder;
  return true;
}

/** What a path says, or null when it is not one of ours: anything that climbs, hides or is half-written. */
export function parseArtifactPath(
  path: string,
): { process_id: string; step: string; extension: ArtifactExtension } | null {
  const at = path.lastIndexOf('/') + 1;
  const name = path.slice(at);
  if (!isFolder(path.slice(0, at)) || !NAME.test(name)) return null;
  // Cut where it must be: a match costs twice as much as a test.
  const dot = name.indexOf('.');
  return {
    process_id: path.slice(at - 37, at - 1),
    step: name.slice(0, dot),
    extension: name.slice(dot + 1) as ArtifactExtension,
  };
}

export interface StoredArtifact {
  process_id: string;
  step: string;
  path: string;
}

/** Every key below a folder, half-written ones included. */
type ListKeys = (folder: string) => Promise<string[]>;

export class ArtifactStore {
  readonly #disk: Disk;
  readonly #listKeys: ListKeys;

  constructor(driver: DriverContract, listKeys?: ListKeys) {
    this.#disk = new Disk(driver);
    this.#listKeys = listKeys ?? ((folder) => listPages(this.#disk, folder));
  }

  /** Stores a document, in place of an earlier one. An abort before it is in place leaves nothing of it. */
  async put(path: string, contents: string | Uint8Array, signal: AbortSignal): Promise<void> {
    requireOwnPath(path);
    signal.throwIfAborted();
    await this.#disk.put(path, contents, { signal, contentType: contentTypeOf(path) });
  }

  /** The text of a document, or null when there is none. */
  async read(path: string): Promise<string | null> {
    requireOwnPath(path);
    try {
      return await this.#disk.get(path);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  /** A document as a stream, for whoever serves it, or null when there is none. The caller reads or destroys the stream. */
  async open(path: string): Promise<ArtifactContent | null> {
    const parts = parseArtifactPath(path);
    if (!parts) return null;
    try {
      const { contentLength } = await this.#disk.getMetaData(path);
      const stream = await this.#disk.getStream(path);
      const file_name = `${FILE_NAMES[parts.step] ?? parts.step}-${parts.process_id}.${parts.extension}`;
      return { stream, content_type: contentTypeOf(path), size_bytes: contentLength, file_name };
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  /** Deletes what a step stored, whole or unfinished. Idempotent. Returns how many documents there were. */
  async discard(owner: ArtifactOwner, step: string): Promise<number> {
    const mine = (await this.#keysIn(artifactFolder(owner))).filter((key) => isOfStep(key, step));
    for (const key of mine) await this.#disk.delete(key);
    return mine.filter((key) => parseArtifactPath(key)).length;
  }

  /**
   * Deletes what attempts killed while they were writing have left of a step. What this very program is writing has not been left: a
   * command that is delivered twice is written twice at once.
   */
  async discardUnfinished(owner: ArtifactOwner, step: string): Promise<void> {
    for (const key of await this.#keysIn(artifactFolder(owner))) {
      if (isOfStep(key, step) && !parseArtifactPath(key) && !isOfThisRun(key)) await this.#disk.delete(key);
    }
  }

  /** The whole documents of a process. */
  async list(owner: ArtifactOwner): Promise<StoredArtifact[]> {
    return (await this.#keysIn(artifactFolder(owner))).flatMap(asStored);
  }

  /** The whole documents of processes of a batch, and of those in the same folders; a thousand processes at a time. */
  async *listWindow({ batch_id, first_ordinal, count }: ArtifactWindow): AsyncGenerator<StoredArtifact[]> {
    for (let slice = folderOf(first_ordinal); slice <= folderOf(first_ordinal + count - 1); slice++) {
      yield (await this.#listKeys(`${batch_id}/${slice}`)).flatMap(asStored);
    }
  }

  /** Deletes everything of a batch, half-written documents included. Idempotent. */
  async discardBatch(batch_id: string): Promise<void> {
    requireOwnPath(`${batch_id}/0/${batch_id}/any.csv`);
    await this.#disk.deleteAll(`${batch_id}/`);
  }

  async #keysIn(folder: string): Promise<string[]> {
    return (await this.#listKeys(folder)).sort();
  }
}

export interface ArtifactStoreOptions {
  /** Documents lie in `<data_dir>/artifacts`, unless there is a url. */
  data_dir: string;
  /** `s3://bucket?region=eu-west-1&endpoint=https://...&path_style=true`; credentials as the AWS SDK finds them. */
  url?: string | undefined;
}

/** @throws ConfigurationError for a url that is not understood, or when the S3 client is not installed. */
export async function createArtifactStore({ data_dir, url }: ArtifactStoreOptions): Promise<ArtifactStore> {
  if (!url) {
    const driver = new WholeFileDriver({ location: join(data_dir, 'artifacts'), visibility: 'private' });
    return new ArtifactStore(driver, (folder) => driver.listKeys(folder));
  }
  const { protocol, hostname: bucket, searchParams } = URL.canParse(url) ? new URL(url) : new URL('invalid:');
  if (protocol !== 's3:' || !bucket)
    throw new ConfigurationError('The artifacts url must look like s3://bucket?region=eu-west-1.');
  const { S3Driver } = await import('flydrive/drivers/s3').catch((cause: unknown) => {
    const missing = 'Artifacts on S3 need the packages @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner';
    throw new ConfigurationError(`${missing}: ${cause instanceof Error ? cause.message : cause}`);
  });
  return new ArtifactStore(
    new S3Driver({
      bucket,
      visibility: 'private',
      supportsACL: false,
      region: searchParams.get('region') ?? 'eu-west-1',
      ...(searchParams.has('endpoint') && { endpoint: searchParams.get('endpoint') ?? '' }),
      forcePathStyle: searchParams.get('path_style') === 'true',
    }),
  );
}

const FILE_NAMES: Record<string, string> = { query: 'transactions', aggregation: 'totals', render: 'statement' };

// Two attempts may write one document at once, in one program or in two: each beside under a name of its own.
const RUN = randomBytes(6).toString('hex');
let written = 0;

function isOfThisRun(key: string): boolean {
  return key.includes(`.${RUN}-`);
}

/** Documents are their account's alone. Root's data folder also holds a PostgreSQL of another account, which must get through to it. */
const DATA_FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700;

/**
 * The disk driver, but writing beside and renaming: its own `put` writes in place and its `move` copies,
 * so that a kill in between would leave half a document under the right name. (On S3 a put is atomic as it is.)
 */
class WholeFileDriver extends FSDriver {
  /**
   * Below a folder, side by side, in no order: flydrive's own listing of the 300,000 documents of a large batch takes ten times as
   * long, and a promise for each of its 100,000 folders costs as much as reading them.
   */
  listKeys(folder: string): Promise<string[]> {
    const keys: string[] = [];
    return new Promise((resolve, reject) => {
      let unread = 0;
      const read = (inside: string) => {
        unread++;
        readdir(this.#pathOf(inside), { withFileTypes: true }, (error, entries = []) => {
          if (error !== null && !isAbsence(error)) reject(error);
          for (const entry of entries) {
            const key = `${inside}/${entry.name}`;
            if (entry.isDirectory()) read(key);
            else keys.push(key);
          }
          if (--unread === 0) resolve(keys);
        });
      };
      read(folder);
    });
  }

  #pathOf(key: string): string {
    return `${this.options.location}/${key}`;
  }

  override async put(key: string, contents: string | Uint8Array, options?: WriteOptions): Promise<void> {
    const target = this.#pathOf(key);
    const beside = join(dirname(target), `.${basename(key)}.${RUN}-${++written}.tmp`);
    try {
      await this.#writeMakingFolder(beside, contents, options?.signal);
      options?.signal?.throwIfAborted();
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }

  /** The folder is there except for the first document of a process: asking for it each time would cost as much as the write. */
  async #writeMakingFolder(path: string, contents: string | Uint8Array, signal: AbortSignal | undefined) {
    const options = { signal, mode: 0o600 };
    try {
      await writeFile(path, contents, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(dirname(String(this.options.location)), { recursive: true, mode: DATA_FOLDER_MODE });
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, contents, options);
    }
  }
}

async function listPages(disk: Disk, folder: string): Promise<string[]> {
  const keys: string[] = [];
  let paginationToken: string | undefined;
  do {
    const page = await disk.listAll(folder, { recursive: true, paginationToken });
    for (const entry of page.objects) if (entry.isFile) keys.push(entry.key);
    paginationToken = page.paginationToken;
  } while (paginationToken);
  return keys;
}

function asStored(key: string): StoredArtifact[] {
  const parts = parseArtifactPath(key);
  return parts ? [{ process_id: parts.process_id, step: parts.step, path: key }] : [];
}

/** `query.ndjson`, and `.query.ndjson.3f2a.tmp` that was never renamed. */
function isOfStep(key: string, step: string): boolean {
  return basename(key).replace(/^\./, '').startsWith(`${step}.`);
}

function contentTypeOf(path: string): string {
  return CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1) as ArtifactExtension];
}

function requireOwnPath(path: string): void {
  if (!parseArtifactPath(path)) throw new TypeError(`Not the path of an artifact: ${path}`);
}

/** "It is not there", as flydrive wraps it: from the disk ENOENT, from S3 a 404. */
function isAbsence(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, name } = at as NodeJS.ErrnoException;
    if (code === 'ENOENT' || name === 'NoSuchKey' || name === 'NotFound') return true;
  }
  return false;
}
